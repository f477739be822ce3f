/** INSERT, with ON CONFLICT in conflict-update.ts. RETURNING rows come when all rows are in. */
import type { Expr } from '../plan/expr.ts';
import { someExpr } from '../plan/expr-walk.ts';
import type { InsertNode, PhysicalNode } from '../plan/physical.ts';
import type { Oid } from '../types/type.ts';
import { gatherBatch, sliceBatch } from '../vector/gather.ts';
import type { Batch } from '../vector/vector.ts';
import { execute } from './build.ts';
import { ConflictUpdate } from './conflict-update.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { walkPlan } from './plan-walk.ts';
import { prepareValues } from './prepare-values.ts';
import { checkRows, ForbiddenRows } from './row-checks.ts';
import { collect, countModified } from './run.ts';

export async function* runInsert(node: InsertNode, context: ExecContext): OperatorRun {
  if (node.onConflict === null && node.returning?.some(hasSubplan) === true) {
    yield* runReturningFirst(node, node.returning, context);
    return;
  }
  const insert = inserter(node, context);
  const returning = node.returning === null ? undefined : compileExprs(node.returning);
  const results: Batch[] = [];
  for await (const batch of inputOf(node, context)) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    if (batch.length === 0) continue;
    await checkRows(node.table, node.rowChecks, batch, context);
    await prepareValues(batch, context);
    const forbidden = await ForbiddenRows.among(node.rowChecks, batch, context);
    const rows = await insert(batch, forbidden);
    countModified(node, rows.length, context);
    if (returning === undefined || rows.length === 0) continue;
    results.push({ columns: await evaluateAll(returning, rows, context), length: rows.length });
  }
  yield* results;
}

const hasSubplan = (expr: Expr): boolean => someExpr(expr, (item) => item.kind === 'subplan');

/** Subqueries in RETURNING see the tables as they were before the command: they are asked first. */
async function* runReturningFirst(
  node: InsertNode,
  returning: readonly Expr[],
  context: ExecContext,
): OperatorRun {
  const insert = inserter(node, context);
  const evaluators = compileExprs(returning);
  const batches = await collect(inputOf(node, context), context, 'Insert');
  const results: Batch[] = [];
  for (const rows of batches) {
    await checkRows(node.table, node.rowChecks, rows, context);
    await prepareValues(rows, context);
    results.push({ columns: await evaluateAll(evaluators, rows, context), length: rows.length });
  }
  for (const rows of batches) {
    const forbidden = await ForbiddenRows.among(node.rowChecks, rows, context);
    await insert(rows, forbidden);
    countModified(node, rows.length, context);
  }
  yield* results;
}

/** The rows to insert; read to the end first where they come from the table itself. */
async function* inputOf(node: InsertNode, context: ExecContext): AsyncGenerator<Batch, void, void> {
  const run = execute(node.input, context);
  if (readsOwnTable(node)) yield* await collect(run, context, 'Insert');
  else yield* run;
}

/** Known per plan: prepared statements run often, and a plan takes longer to walk than a row to insert. */
const READERS = new WeakMap<InsertNode, boolean>();

function readsOwnTable(node: InsertNode): boolean {
  let reads = READERS.get(node);
  if (reads === undefined) READERS.set(node, (reads = readsTable(node.input, node.table.oid)));
  return reads;
}

function readsTable(plan: PhysicalNode, table: Oid): boolean {
  let reads = false;
  walkPlan(plan, (item) => {
    if (item.kind === 'table-scan' || item.kind === 'index-scan')
      reads ||= item.table.oid === table;
    // A CTE may read it too, and its plan is not below this node.
    if (item.kind === 'cte-scan' || item.kind === 'function-scan') reads = true;
  });
  return reads;
}

type Insert = (batch: Batch, forbidden: ForbiddenRows | undefined) => Promise<Batch>;

/** Inserts a batch and gives the rows that are in the table for it, in their order. */
function inserter(node: InsertNode, context: ExecContext): Insert {
  const { table, onConflict, isLent } = node;
  const { transaction } = context;
  if (onConflict === null) {
    return async (batch, forbidden) => {
      const rows = forbidden === undefined ? batch : sliceBatch(batch, 0, forbidden.firstRows);
      await transaction.insert(table, rows, { onConflict: 'error', arbiters: [], isLent });
      forbidden?.refuse(batch, context);
      return batch;
    };
  }
  const arbiters = onConflict.arbiters.map(({ index }) => index);
  const update = onConflict.action === 'update' ? new ConflictUpdate(node, context) : undefined;
  return async (batch, forbidden) => {
    const { conflicts } = await transaction.insert(table, batch, {
      onConflict: 'report',
      arbiters,
    });
    const rows: number[] = [];
    for (let row = 0; row < batch.length; row++) {
      if (conflicts === null || Number.isNaN(conflicts[row])) rows.push(row);
    }
    forbidden?.refuse(batch, context, rows);
    if (update !== undefined) return update.resolve(batch, conflicts);
    if (conflicts === null) return batch;
    return gatherBatch(batch, Int32Array.from(rows), true);
  };
}
