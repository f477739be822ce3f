/** Statements with parameters in place of some of their literals. */
import type { Node } from './ast.ts';

/**
 * Rebuilds a tree with ParamRefs where `numberAt` has a number for a literal's location (a byte offset).
 * Literals that are no values stay: type modifiers, and numbers in ORDER BY, GROUP BY and DISTINCT ON,
 * which name output columns. So does LIMIT 1, which asks for a row of its kind rather than for so many.
 */
export function replaceLiterals(
  node: Node,
  numberAt: (location: number) => number | undefined,
): Node {
  return rebuild(node, numberAt) as Node;
}

/** Keys of lists whose bare literals name output columns, or that hold no values at all. */
const POSITIONS: ReadonlySet<string> = new Set(['groupClause', 'distinctClause', 'content']);

function rebuild(value: unknown, numberAt: (location: number) => number | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => rebuild(item, numberAt));
  if (typeof value !== 'object' || value === null) return value;
  if ('A_Const' in value) {
    const { location = 0 } = (value as { A_Const: { location?: number } }).A_Const;
    const number = numberAt(location);
    return number === undefined ? value : { ParamRef: { number, location } };
  }
  const result: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    if (key === 'TypeName' || key === 'typeName') result[key] = child;
    else if (POSITIONS.has(key) && Array.isArray(child)) {
      result[key] = child.map((item) => (isLiteral(item) ? item : rebuild(item, numberAt)));
    } else if (key === 'limitCount' && isOne(child)) result[key] = child;
    else if (key === 'SortBy' && isLiteral((child as { node?: unknown }).node)) result[key] = child;
    else result[key] = rebuild(child, numberAt);
  }
  return result;
}

function isLiteral(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'A_Const' in item;
}

function isOne(item: unknown): boolean {
  return (
    isLiteral(item) && (item as { A_Const: { ival?: { ival?: number } } }).A_Const.ival?.ival === 1
  );
}
