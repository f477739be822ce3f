/** Walking physical plans with the expressions and sub-plans inside them. */
import type { Expr } from '../plan/expr.ts';
import type { PhysicalNode } from '../plan/physical.ts';

/** Keys of nodes and expressions that lead out of the plan: descriptors, functions, types. */
const SKIPPED: ReadonlySet<string> = new Set([
  'table',
  'index',
  'fn',
  'call',
  'columns',
  'type',
  'equality',
  'names',
]);

/**
 * Calls `visit` for every object with a `kind` under `root`, parents first: plan nodes, expressions and
 * frame bounds alike. Constants' values are not entered.
 */
export function walkPlan(root: unknown, visit: (item: PhysicalNode | Expr) => void): void {
  if (Array.isArray(root)) {
    for (const item of root) walkPlan(item, visit);
    return;
  }
  if (typeof root !== 'object' || root === null) return;
  if ('kind' in root && typeof root.kind === 'string') {
    visit(root as PhysicalNode | Expr);
    if (root.kind === 'constant') return;
  }
  for (const [key, child] of Object.entries(root)) {
    if (!SKIPPED.has(key) && typeof child === 'object') walkPlan(child, visit);
  }
}

const FREE_PARAMS = new WeakMap<object, ReadonlySet<number>>();

/** exec-params that a plan or expression reads and does not set itself. */
export function freeExecParams(root: object): ReadonlySet<number> {
  let free = FREE_PARAMS.get(root);
  if (free === undefined) {
    const read = new Set<number>();
    const set = new Set<number>();
    walkPlan(root, (item) => {
      if (item.kind === 'exec-param') read.add(item.index);
      if (item.kind === 'subplan') for (const param of item.testParams) set.add(param);
      if (item.kind === 'bucket-window') set.add(item.param);
      if (item.kind === 'subplan' || item.kind === 'nested-loop') {
        for (const { param } of item.bindings) set.add(param);
      }
    });
    for (const param of set) read.delete(param);
    free = read;
    FREE_PARAMS.set(root, free);
  }
  return free;
}

const OUTER_ROWS = new WeakMap<object, readonly string[]>();

/** Keys in `shared` of the CTEs and work tables that a plan reads and does not declare itself. */
export function outerRowKeys(root: object): readonly string[] {
  let keys = OUTER_ROWS.get(root);
  if (keys === undefined) {
    const read = new Set<string>();
    const declared = new Set<string>();
    walkPlan(root, (item) => {
      if (item.kind === 'cte-scan') read.add(cteKey(item.cteId));
      if (item.kind === 'work-table') read.add(workKey(item.cteId));
      if (item.kind === 'recursive-union') declared.add(workKey(item.cteId));
      if (item.kind === 'with') for (const { cteId } of item.ctes) declared.add(cteKey(cteId));
    });
    keys = [...read].filter((key) => !declared.has(key));
    OUTER_ROWS.set(root, keys);
  }
  return keys;
}

/** Where the rows of a CTE are kept. */
export function cteKey(cteId: number): string {
  return `cte:${cteId}`;
}

/** Where a recursion keeps the rows of its last turn. */
export function workKey(cteId: number): string {
  return `work:${cteId}`;
}
