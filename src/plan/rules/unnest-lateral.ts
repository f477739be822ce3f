/**
 * LATERAL (SELECT ... FROM hypertable WHERE key = outer ORDER BY time DESC LIMIT 1) becomes a join with
 * DISTINCT ON (key): the last values of all keys come from one scan, which knows where they are. For a few
 * outer rows running the subquery for each is faster, and it stays.
 */
import type { ExecParamBinding, Expr } from '../expr.ts';
import {
  columnExpr,
  columnsOf,
  conjunction,
  conjuncts,
  hasVolatileCall,
  someExpr,
  transformExpr,
} from '../expr-walk.ts';
import type { LogicalColumn, LogicalNode, LogicalScan } from '../logical.ts';
import type { RuleState } from '../optimize.ts';
import { estimateRows } from '../physical/estimate.ts';
import type { SortKey } from '../physical.ts';
import { exprsOf, transformPlan } from '../plan-walk.ts';

/** Outer rows, as estimated, from which on one scan for all keys is taken to be faster. */
const OUTER_ROWS_MIN = 10;

type Join = Extract<LogicalNode, { kind: 'join' }>;
type Step = Extract<LogicalNode, { kind: 'project' | 'filter' }>;

export function unnestLateral(plan: LogicalNode, state: RuleState): LogicalNode {
  return transformPlan(plan, (node) => (node.kind === 'join' ? unnest(node, state) : node));
}

function unnest(node: Join, state: RuleState): LogicalNode {
  const isMany = estimateRows(node.left, state.counts) >= OUTER_ROWS_MIN;
  return (isMany && joinOfLatest(node)) || node;
}

/** The join with the last rows of all keys; undefined where the join is of another kind. */
export function joinOfLatest(node: Join): LogicalNode | undefined {
  const { joinType, bindings, left } = node;
  if (bindings.length === 0 || (joinType !== 'inner' && joinType !== 'left')) return undefined;
  const lastRow = lastRowOf(node.right);
  const keys = lastRow && keysOf(lastRow, bindings);
  if (lastRow === undefined || keys === undefined) return undefined;
  const right = latestOfEach(lastRow, keys);
  const condition = conjunction([
    ...keys.map((key) => key.condition),
    ...conjuncts(node.condition),
  ]);
  const columns = [...left.columns, ...right.columns];
  const input: LogicalNode = { ...node, right, condition, bindings: [], columns };
  return { kind: 'project', input, exprs: node.columns.map(columnExpr), columns: node.columns };
}

/** A subquery for the row of the extreme time of those that fulfil its conditions. */
interface LastRow {
  readonly scan: LogicalScan;
  readonly conditions: readonly Expr[];
  /** What stands over the scan, the innermost first; from `sortAt` on above the sort, with filters among it. */
  readonly steps: readonly Step[];
  readonly sortAt: number;
  readonly time: SortKey;
}

function lastRowOf(plan: LogicalNode): LastRow | undefined {
  const above: Step[] = [];
  let node = plan;
  for (; node.kind === 'project' || node.kind === 'filter'; node = node.input) above.push(node);
  if (node.kind !== 'limit' || node.offset !== null || node.tiesKeys !== null) return undefined;
  if (node.limit?.kind !== 'constant' || Number(node.limit.value) !== 1) return undefined;
  for (node = node.input; node.kind === 'project'; node = node.input) above.push(node);
  if (node.kind !== 'sort' || node.keys.length !== 1) return undefined;
  const [time] = node.keys;
  const below: Step[] = [];
  for (node = node.input; node.kind === 'project'; node = node.input) below.push(node);
  const conditions: Expr[] = [];
  for (; node.kind === 'filter'; node = node.input) conditions.push(...conjuncts(node.condition));
  if (node.kind !== 'scan' || node.table.kind !== 'table') return undefined;
  const steps = [...below.reverse(), ...above.reverse()];
  const exprs = steps.flatMap((step) => exprsOf(step));
  if (exprs.some((expr) => hasVolatileCall(expr) || hasParam(expr))) return undefined;
  const lastRow = { scan: node, conditions, steps, sortAt: below.length, time };
  return isTime(lastRow) ? lastRow : undefined;
}

/** Whether the rows are sorted by the hypertable's time column. */
function isTime({ scan, steps, sortAt, time }: LastRow): boolean {
  let expr = time.expr;
  for (const step of steps.slice(0, sortAt).reverse()) {
    const { columns } = step;
    const exprs = step.kind === 'project' ? step.exprs : [];
    const at = columns.findIndex(({ id }) => expr.kind === 'column' && expr.index === id);
    if (at < 0) return false;
    expr = exprs[at];
  }
  const column = scan.columns.find(({ id }) => expr.kind === 'column' && expr.index === id);
  const hypertable = scan.table.kind === 'table' ? scan.table.hypertable : null;
  return hypertable !== null && hypertable.timeColumn === column?.attnum;
}

const hasParam = (expr: Expr): boolean =>
  someExpr(expr, ({ kind }) => kind === 'exec-param' || kind === 'subquery');

interface Key {
  readonly column: LogicalColumn;
  /** key = outer, over the columns of both sides. */
  readonly condition: Expr;
}

/**
 * The comparisons with the outer row; undefined where there are other conditions than these and such on
 * time, for then the last rows have to be looked for among all rows.
 */
function keysOf(
  { scan, conditions }: LastRow,
  bindings: readonly ExecParamBinding[],
): Key[] | undefined {
  const keys: Key[] = [];
  for (const part of conditions) {
    if (!hasParam(part)) {
      if (!isTimeBound(part, scan)) return undefined;
      continue;
    }
    const key = keyOf(part, scan, bindings);
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return keys.length === 0 ? undefined : keys;
}

function keyOf(
  part: Expr,
  scan: LogicalScan,
  bindings: readonly ExecParamBinding[],
): Key | undefined {
  if (part.kind !== 'call' || part.operator !== '=') return undefined;
  const inner = part.args.find(({ kind }) => kind === 'column');
  const outer = part.args.find(({ kind }) => kind === 'exec-param');
  if (inner?.kind !== 'column' || outer?.kind !== 'exec-param') return undefined;
  const column = scan.columns.find(({ id, attnum }) => id === inner.index && attnum > 0);
  const binding = bindings.find(({ param }) => param === outer.index);
  if (column === undefined || binding === undefined) return undefined;
  // A comparison of two types may hold for values of the column that differ.
  if (inner.type.oid !== outer.type.oid) return undefined;
  if (hasVolatileCall(binding.value) || hasParam(binding.value)) return undefined;
  const condition = transformExpr(part, (node) =>
    node.kind === 'exec-param' && node.index === outer.index ? binding.value : node,
  );
  return { column, condition };
}

const BOUNDS: ReadonlySet<string | undefined> = new Set(['<', '<=', '>', '>=', '=']);

/** A comparison of the time column with a value that is the same for all rows. */
function isTimeBound(part: Expr, { columns, table }: LogicalScan): boolean {
  if (part.kind !== 'call' || !BOUNDS.has(part.operator) || hasVolatileCall(part)) return false;
  const time = columns.find(
    ({ attnum }) => table.kind === 'table' && attnum === table.hypertable?.timeColumn,
  );
  const sides = part.args.map((arg) => columnsOf(arg));
  const isColumn = part.args.some(({ kind }) => kind === 'column');
  return (
    isColumn &&
    sides.every((used) => [...used].every((id) => id === time?.id)) &&
    sides.some((used) => used.size === 0)
  );
}

/** The subquery's rows of all keys at once: DISTINCT ON in the place of LIMIT, and the keys passed up. */
function latestOfEach(
  { scan, conditions, steps, sortAt, time }: LastRow,
  keys: readonly Key[],
): LogicalNode {
  const columns = [...new Map(keys.map(({ column }) => [column.id, column])).values()];
  const exprs = columns.map(columnExpr);
  const condition = conjunction(conditions.filter((part) => !hasParam(part)));
  let node: LogicalNode = scan;
  if (condition !== null) node = { kind: 'filter', input: scan, condition, columns: scan.columns };
  steps.forEach((step, i) => {
    if (i === sortAt) node = distinctOn(node, exprs, time);
    node = withColumns(step, node, columns);
  });
  return steps.length === sortAt ? distinctOn(node, exprs, time) : node;
}

function distinctOn(input: LogicalNode, keys: readonly Expr[], time: SortKey): LogicalNode {
  const leading = keys.map((expr) => ({ expr, descending: false, nullsFirst: false }));
  const { columns } = input;
  const sorted: LogicalNode = { kind: 'sort', input, keys: [...leading, time], columns };
  return { kind: 'distinct-on', input: sorted, keys, columns };
}

function withColumns(
  step: Step,
  input: LogicalNode,
  columns: readonly LogicalColumn[],
): LogicalNode {
  if (step.kind === 'filter') return { ...step, input, columns: input.columns };
  const present = new Set(step.columns.map(({ id }) => id));
  const added = columns.filter(({ id }) => !present.has(id));
  return {
    kind: 'project',
    input,
    exprs: [...step.exprs, ...added.map(columnExpr)],
    columns: [...step.columns, ...added],
  };
}
