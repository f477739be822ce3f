/** Running operators to the end, and the helpers that most operators share. */
import type { Expr } from '../plan/expr.ts';
import type { PhysicalNode } from '../plan/physical.ts';
import { dbError } from '../errors/db-error.ts';
import { LongBatch, type LongColumn } from '../vector/long-column.ts';
import { BATCH_ROWS, valueAt, type Batch, type Vector } from '../vector/vector.ts';
import type { SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import { batchBytes, concatBatches, concatSteps } from '../vector/concat.ts';
import { sliceBatch, sliceWithRuns } from '../vector/gather.ts';
import { execute } from './build.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import { paceOf, steadyPace, type Pace } from './pace.ts';
import { inTurns, turn, type ExecContext, type OperatorRun } from './operator.ts';

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

/** How far an operator that cannot spill may exceed the work memory before it fails. */
const MEMORY_FACTOR = 64;

/** Counts the bytes that one operator keeps: past its budget it spills, or fails far beyond it. */
export class MemoryBudget {
  /** Bytes that the operator should not exceed. */
  readonly bytes: number;
  used = 0;
  readonly #operator: string;
  readonly #limit: number;
  readonly #canSpill: boolean;

  constructor(operator: string, context: ExecContext, bytes = context.workMemoryBytes) {
    this.bytes = bytes;
    this.#operator = operator;
    this.#limit = context.workMemoryBytes * MEMORY_FACTOR;
    this.#canSpill = context.temporaryFiles !== undefined;
  }

  /** True where what comes next must go to disk; never in a database that keeps all in memory. */
  get isOver(): boolean {
    return this.used > this.bytes && this.#canSpill;
  }

  add(bytes: number): void {
    this.used += bytes;
    if (this.used > this.#limit) {
      throw dbError('out_of_memory', {
        message: 'out of memory',
        detail: `Failed on ${this.#operator}: more than ${Math.round(this.#limit / 1024)} kB needed.`,
        hint: 'Increase work_mem, or let the query read or keep fewer rows.',
      });
    }
  }
}

/** Rows hashed between two checkpoints: no more than may exceed a small budget by a little. */
export function hashStepRows(context: Pick<ExecContext, 'hashMemoryBytes'>): number {
  return Math.min(4096, Math.max(256, Math.floor(context.hashMemoryBytes / 64)));
}

export function columnTypes(node: PhysicalNode): SqlType[] {
  return node.columns.map((column) => column.type);
}

/** All rows of an input as one batch. */
export async function materialize(
  node: PhysicalNode,
  context: ExecContext,
  operator: string,
): Promise<Batch> {
  const batches = await collect(execute(node, context), context, operator);
  return await concatInTurns(columnTypes(node), batches, context);
}

/** concatBatches with turns for the event loop. */
export async function concatInTurns(
  types: readonly SqlType[],
  batches: readonly Batch[],
  context: Checkpoint,
): Promise<Batch> {
  if (batches.length <= 1) return concatBatches(types, batches);
  const columns: Vector[] = [];
  for (const [i, type] of types.entries()) {
    const vectors = batches.map((batch) => batch.columns[i]);
    columns.push(await inTurns(concatSteps(type, vectors), context));
  }
  return { columns, length: batches.reduce((sum, batch) => sum + batch.length, 0) };
}

/** All rows of the batches, however many. */
export function joinInTurns(
  types: readonly SqlType[],
  batches: readonly Batch[],
  context: Checkpoint,
): Promise<LongBatch> {
  return inTurns(LongBatch.join(types, batches), context);
}

/** Rows evaluated between two checkpoints. */
const STEP_ROWS = 4096;

/** evaluateAll over any number of rows, with turns for the event loop. */
export async function evaluateLong(
  exprs: readonly Expr[],
  batch: LongBatch,
  context: ExecContext,
): Promise<LongColumn[]> {
  const others = exprs.filter(isComputed);
  const pace = paceOf(others, STEP_ROWS, context.eval.clock);
  const rows = lightPieces(batch.pieces(pace), pace);
  const parts = await evaluatePieces(others, rows, pace, context);
  const { columns } = await joinInTurns(typesOf(others), parts, context);
  return withColumns(exprs, batch.columns, columns);
}

/** evaluateAll over the rows of a large batch, with turns for the event loop. */
export async function evaluateInTurns(
  exprs: readonly Expr[],
  batch: Batch,
  context: ExecContext,
): Promise<Vector[]> {
  const pace = paceOf(exprs, STEP_ROWS, context.eval.clock);
  if (pace.endOf(batch, 0) === batch.length) {
    return await evaluateAll(compileExprs(exprs), batch, context);
  }
  const others = exprs.filter(isComputed);
  const parts = await evaluatePieces(others, pieces(batch, pace), pace, context);
  const { columns } = await concatInTurns(typesOf(others), parts, context);
  return withColumns(exprs, batch.columns, columns);
}

function* lightPieces(batches: Iterable<Batch>, pace: Pace): Generator<Batch, void, void> {
  for (const batch of batches) yield* pieces(batch, pace);
}

const isComputed = (expr: Expr): boolean => expr.kind !== 'column';
const typesOf = (exprs: readonly Expr[]): SqlType[] => exprs.map((expr) => expr.type);

async function evaluatePieces(
  exprs: readonly Expr[],
  rows: Iterable<Batch>,
  pace: Pace,
  context: ExecContext,
): Promise<Batch[]> {
  const parts: Batch[] = [];
  if (exprs.length === 0) return parts;
  const compiled = compileExprs(exprs);
  for (const piece of rows) {
    await turn(context);
    pace.begin();
    parts.push({ columns: await evaluateAll(compiled, piece, context), length: piece.length });
    pace.end(piece.length);
  }
  return parts;
}

/** The values of expressions: columns as they are, and those that were computed. */
function withColumns<C>(
  exprs: readonly Expr[],
  columns: readonly C[],
  computed: readonly C[],
): C[] {
  let next = 0;
  return exprs.map((expr) => (expr.kind === 'column' ? columns[expr.index] : computed[next++]));
}

/** A run of one batch. */
export async function* once(batch: Batch): OperatorRun {
  yield batch;
}

/** All batches of a run that have rows. */
export async function collect(
  run: AsyncIterable<Batch>,
  context: ExecContext,
  operator: string,
): Promise<Batch[]> {
  const budget = new MemoryBudget(operator, context);
  const batches: Batch[] = [];
  for await (const batch of run) {
    if (batch.length > 0) {
      budget.add(batchBytes(batch));
      batches.push(batch);
    }
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
  }
  return batches;
}

/** A large batch in pieces that the next operators like. */
export function* pieces(
  batch: Batch,
  rows: Pace | number = BATCH_ROWS,
): Generator<Batch, void, void> {
  const pace = typeof rows === 'number' ? steadyPace(rows) : rows;
  let start = 0;
  while (start < batch.length) {
    const end = pace.endOf(batch, start);
    if (start === 0 && end === batch.length) {
      yield batch;
      return;
    }
    yield sliceBatch(batch, start, end);
    start = end;
  }
}

/** The batches of a run, large ones in pieces, with a checkpoint for each. */
export async function* inPieces(
  run: AsyncIterable<Batch>,
  rows: Pace | number,
  context: Checkpoint,
): OperatorRun {
  const pace = typeof rows === 'number' ? steadyPace(rows) : rows;
  for await (const batch of run) {
    if (pace.endOf(batch, 0) === batch.length) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      yield batch;
      continue;
    }
    for (const piece of piecesWithRuns(batch, pace)) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      yield piece;
    }
  }
}

/** The same as `pieces`, with what each holds of the batch's runs. */
export function* piecesWithRuns(batch: Batch, pace: Pace): Generator<Batch, void, void> {
  let start = 0;
  while (start < batch.length) {
    const end = pace.endOf(batch, start);
    yield sliceWithRuns(batch, start, end);
    start = end;
  }
}

/** Runs a plan for its effects; the number of rows that it gave. */
export async function drain(run: OperatorRun): Promise<number> {
  let rows = 0;
  for await (const batch of run) rows += batch.length;
  return rows;
}

/** All rows as arrays of values; for tests and small internal queries. */
export async function collectRows(run: OperatorRun): Promise<Value[][]> {
  const rows: Value[][] = [];
  for await (const batch of run) {
    for (let i = 0; i < batch.length; i++) {
      rows.push(batch.columns.map((column) => valueAt(column, i)));
    }
  }
  return rows;
}

/** Notes that an insert, update or delete has changed rows. */
export function countModified(node: PhysicalNode, rows: number, context: ExecContext): void {
  context.modified.set(node, (context.modified.get(node) ?? 0) + rows);
}

/** Rows changed by the statement itself: its outermost insert, update or delete. */
export function modifiedRows(root: PhysicalNode, context: ExecContext): number {
  let node = root;
  while (node.kind === 'with') node = node.body;
  return context.modified.get(node) ?? 0;
}
