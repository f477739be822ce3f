/** Rough numbers of rows, for the order of joins and the choice of access paths. */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { ArrayOpExpr, CallExpr, Expr } from '../expr.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID } from '../../types/type.ts';
import { conjuncts } from '../expr-walk.ts';
import type { LogicalNode } from '../logical.ts';

export const DEFAULT_TABLE_ROWS = 1000;

/** Rows of a stored table. */
export type RowCounts = (table: TableDescriptor) => number;

/** Share of rows that a condition keeps. */
export function selectivity(condition: Expr | null): number {
  let share = 1;
  for (const part of conjuncts(condition)) share *= partSelectivity(part);
  return share;
}

function anySelectivity({ operator, quantifier, array }: ArrayOpExpr): number {
  const value = array.kind === 'constant' ? array.value : undefined;
  if (operator !== '=' || quantifier !== 'any' || !(value instanceof PgArray)) return 0.05;
  return Math.min(0.5, 0.005 * value.values.length);
}

function comparisonSelectivity({ operator, args }: CallExpr): number {
  if (operator !== '=' && operator !== '<>') return 1 / 3;
  // There are but two values.
  if (args[0].type.oid === OID.bool) return 0.5;
  return operator === '=' ? 0.005 : 0.995;
}

function partSelectivity(part: Expr): number {
  switch (part.kind) {
    case 'call':
      return comparisonSelectivity(part);
    case 'in-list':
      return Math.min(0.5, 0.005 * part.items.length);
    case 'array-op':
      return anySelectivity(part);
    case 'is-null':
      return part.negated ? 0.99 : 0.01;
    case 'or':
      return Math.min(
        1,
        part.args.reduce((sum, arg) => sum + selectivity(arg), 0),
      );
    case 'not':
      return 1 - selectivity(part.arg);
    default:
      return 0.5;
  }
}

/** What one planning has estimated: each node of a deep plan is asked for from every one above it. */
const ESTIMATES = new WeakMap<RowCounts, WeakMap<LogicalNode, number>>();

/** Estimated rows of a logical plan; `counts` is one planning's own. */
export function estimateRows(node: LogicalNode, counts: RowCounts): number {
  let estimates = ESTIMATES.get(counts);
  if (estimates === undefined) ESTIMATES.set(counts, (estimates = new WeakMap()));
  let rows = estimates.get(node);
  if (rows === undefined) estimates.set(node, (rows = computeRows(node, counts)));
  return rows;
}

function computeRows(node: LogicalNode, counts: RowCounts): number {
  switch (node.kind) {
    case 'scan':
      return node.table.kind === 'table' ? Math.max(1, counts(node.table)) : 100;
    case 'values':
      return node.rows.length;
    case 'function-scan':
      return 100;
    case 'filter':
      return Math.max(1, estimateRows(node.input, counts) * selectivity(node.condition));
    case 'aggregate':
      return node.groups.length === 0 ? 1 : Math.max(1, estimateRows(node.input, counts) / 10);
    case 'join':
      return joinRows(node, counts);
    case 'limit': {
      const rows = estimateRows(node.input, counts);
      return node.limit?.kind === 'constant' && node.limit.value !== null
        ? Math.min(rows, Number(node.limit.value))
        : rows;
    }
    case 'append':
      return node.inputs.reduce((sum, input) => sum + estimateRows(input, counts), 0);
    case 'set-operation':
      return estimateRows(node.left, counts);
    case 'project-set':
      return estimateRows(node.input, counts) * 10;
    case 'with':
      return estimateRows(node.body, counts);
    case 'recursive-union':
      return estimateRows(node.seed, counts) * 10;
    case 'cte-scan':
    case 'work-table':
      return 100;
    case 'insert':
    case 'update':
    case 'delete':
      return node.returning === null ? 0 : estimateRows(node.input, counts);
    default:
      return estimateRows(node.input, counts);
  }
}

function joinRows(node: Extract<LogicalNode, { kind: 'join' }>, counts: RowCounts): number {
  const left = estimateRows(node.left, counts);
  const right = estimateRows(node.right, counts);
  if (node.joinType === 'semi' || node.joinType === 'anti') return Math.max(1, left / 2);
  const equal = conjuncts(node.condition).some(
    (part) => part.kind === 'call' && part.operator === '=',
  );
  const joined = equal ? Math.max(left, right) : left * right * selectivity(node.condition);
  if (node.joinType === 'left') return Math.max(left, joined);
  if (node.joinType === 'right') return Math.max(right, joined);
  return Math.max(1, joined);
}
