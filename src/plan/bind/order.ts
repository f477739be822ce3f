/** ORDER BY, and names and positions that stand for select-list entries. */
import { nameList, nodeAs, type Node, type SortBy } from '../../parse/ast.ts';
import { nodeLocation } from '../../parse/location.ts';
import type { Expr } from '../expr.ts';
import type { SortKey } from '../physical.ts';
import { sameExpr } from './same-expr.ts';
import { resolveUnknown } from './coerce.ts';
import { bindExpr } from './expr.ts';
import { requireOrdering } from './operators.ts';
import type { Scope } from './scope.ts';
import type { Target, TargetList } from './target.ts';

/** Sort keys of aggregates and windows: plain expressions, no positions. */
export function bindSortKeys(nodes: readonly Node[], scope: Scope): SortKey[] {
  return nodes.map((node) => {
    const sort = sortNode(node);
    const expr = resolveUnknown(scope.context, bindExpr(sort.node as Node, scope));
    return sortKey(scope, sort, expr);
  });
}

export function sortNode(node: Node): SortBy {
  return nodeAs(node, 'SortBy') ?? { node };
}

export function sortKey(scope: Scope, sort: SortBy, expr: Expr): SortKey {
  const context = scope.context;
  let descending = sort.sortby_dir === 'SORTBY_DESC';
  if (sort.sortby_dir === 'SORTBY_USING') {
    const names = nameList(sort.useOp);
    const name = names[names.length - 1];
    if (name !== '<' && name !== '>') {
      throw context.error(
        'wrong_object_type',
        `operator ${name} is not a valid ordering operator`,
        sort.location,
        {
          hint: 'Ordering operators must be "<" or ">" members of btree operator families.',
        },
      );
    }
    descending = name === '>';
  }
  requireOrdering(context, expr.type, context.locationOf(expr));
  const nulls = sort.sortby_nulls ?? 'SORTBY_NULLS_DEFAULT';
  const nullsFirst = nulls === 'SORTBY_NULLS_DEFAULT' ? descending : nulls === 'SORTBY_NULLS_FIRST';
  return { expr, descending, nullsFirst };
}

/**
 * The select-list entry that an ORDER BY, GROUP BY or DISTINCT ON item means, added as a hidden one
 * where it is a new expression.
 */
export function findTarget(
  node: Node,
  targets: TargetList,
  scope: Scope,
  clause: 'ORDER BY' | 'GROUP BY' | 'DISTINCT ON',
): Target {
  const context = scope.context;
  const name = bareName(node);
  if (name !== undefined) {
    const byName = targetByName(node, name, targets.entries, scope, clause);
    if (byName !== undefined) return byName;
  }
  const constant = nodeAs(node, 'A_Const');
  if (constant !== undefined) {
    const location = nodeLocation(node);
    if (constant.ival === undefined) {
      throw context.error('syntax_error', `non-integer constant in ${clause}`, location);
    }
    const position = constant.ival.ival ?? 0;
    const target = targets.entries[position - 1];
    if (target === undefined || target.hidden) {
      throw context.error(
        'invalid_column_reference',
        `${clause} position ${position} is not in select list`,
        location,
      );
    }
    return target;
  }
  const expr = resolveUnknown(
    context,
    scope.during(clause, () => bindExpr(node, scope)),
  );
  return targets.find(expr) ?? targets.addHidden(expr, nodeLocation(node));
}

function bareName(node: Node): string | undefined {
  const reference = nodeAs(node, 'ColumnRef');
  return reference?.fields?.length === 1 ? nodeAs(reference.fields[0], 'String')?.sval : undefined;
}

function targetByName(
  node: Node,
  name: string,
  targets: readonly Target[],
  scope: Scope,
  clause: string,
): Target | undefined {
  const location = nodeLocation(node);
  // In GROUP BY a column of the input goes before an output name, as SQL92 has it.
  if (clause === 'GROUP BY' && scope.localColumn(name, location) !== undefined) return undefined;
  let found: Target | undefined;
  for (const target of targets) {
    if (target.hidden || target.name !== name) continue;
    if (found !== undefined && !sameExpr(found.expr, target.expr)) {
      throw scope.context.error('ambiguous_column', `${clause} "${name}" is ambiguous`, location);
    }
    found ??= target;
  }
  return found;
}
