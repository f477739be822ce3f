/**
 * GROUP BY a, a - 1, 'x': what follows from the other keys makes no more groups. Rows are grouped by columns
 * alone then, and the rest is computed for each group.
 */
import { OID, type Oid } from '../../types/type.ts';
import type { Expr } from '../expr.ts';
import { columnsOf, isVolatile, someExpr, substituteColumns } from '../expr-walk.ts';
import type { LogicalAggregate, LogicalNode } from '../logical.ts';
import { transformPlan } from '../plan-walk.ts';
import { withDerived } from './derived-groups.ts';

type Group = LogicalAggregate['groups'][number];

/** Types of which equal values are the same in every respect: zeros with a sign and blanks at the end are not. */
const EXACT: ReadonlySet<Oid> = new Set<Oid>([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.oid,
  OID.text,
  OID.varchar,
  OID.name,
  OID.uuid,
  OID.date,
  OID.time,
  OID.timestamp,
  OID.timestamptz,
]);

export function deriveGroups(plan: LogicalNode): LogicalNode {
  return transformPlan(plan, (node) => (node.kind === 'aggregate' ? derive(node) : node));
}

function derive(node: LogicalAggregate): LogicalNode {
  if (node.groupingSets !== null || node.groups.length < 2) return node;
  const plain = new Map<number, Expr>();
  for (const { column, expr } of node.groups) {
    if (expr.kind !== 'column' || !EXACT.has(expr.type.oid)) continue;
    plain.set(expr.index, { kind: 'column', type: column.type, index: column.id });
  }
  const derived = new Map<number, Expr>();
  for (const group of node.groups) {
    // Without any key, no rows would make a group.
    const isLast = derived.size === node.groups.length - 1;
    if (!isLast && follows(group, plain)) {
      derived.set(
        group.column.id,
        substituteColumns(group.expr, (id) => plain.get(id)),
      );
    }
  }
  return withDerived(node, derived);
}

/** Whether the key is computed from those columns alone. */
function follows({ expr }: Group, plain: ReadonlyMap<number, Expr>): boolean {
  if (expr.kind === 'column' || isVolatile(expr)) return false;
  if (someExpr(expr, ({ kind }) => kind === 'subquery' || kind === 'subplan')) return false;
  for (const id of columnsOf(expr)) if (!plain.has(id)) return false;
  return true;
}
