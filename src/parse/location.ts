/** Where a node's text starts: the leftmost location in it, as PostgreSQL's exprLocation answers. */
import { nodeKind, type Node } from './ast.ts';

interface Located {
  readonly location?: number;
  readonly lexpr?: Node;
  readonly arg?: Node;
  readonly testexpr?: Node;
  readonly typeName?: { readonly location?: number };
}

/** Byte offset of the expression's first token, or undefined where the tree does not say. */
export function nodeLocation(node: Node | undefined): number | undefined {
  if (node === undefined) return undefined;
  const kind = nodeKind(node);
  if (kind === undefined) return undefined;
  if (kind === 'List') {
    const items = (node as unknown as { List: { items?: Node[] } }).List.items;
    return nodeLocation(items?.[0]);
  }
  const body = (node as unknown as Record<string, Located>)[kind];
  let location = kind === 'SelectStmt' ? undefined : (body.location ?? 0);
  if (location === -1) location = undefined;
  switch (kind) {
    case 'A_Expr':
      return operandLocation(node, location, body.lexpr);
    case 'TypeCast':
      return leftmost(leftmost(location, body.typeName?.location), nodeLocation(body.arg));
    case 'A_Indirection':
    case 'CollateClause':
    case 'NullTest':
    case 'BooleanTest':
    case 'NamedArgExpr':
      return leftmost(kind === 'A_Indirection' ? undefined : location, nodeLocation(body.arg));
    case 'SubLink':
      return leftmost(location, nodeLocation(body.testexpr));
    case 'BoolExpr': {
      const args = (body as { args?: Node[] }).args;
      return leftmost(location, nodeLocation(args?.[0]));
    }
    default:
      return location;
  }
}

/** Those of operators below operators: each is asked for at every level of a long sum. */
const LOCATIONS = new WeakMap<Node, number | undefined>();

function operandLocation(
  node: Node,
  location: number | undefined,
  left: Node | undefined,
): number | undefined {
  if (left === undefined || !('A_Expr' in left)) return leftmost(location, nodeLocation(left));
  if (LOCATIONS.has(node)) return LOCATIONS.get(node);
  const found = leftmost(location, nodeLocation(left));
  LOCATIONS.set(node, found);
  return found;
}

function leftmost(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
