/**
 * A hash join whose right side does not fit: both sides in partitions on disk, by the hash of their keys.
 * A partition whose right side still does not fit is parted again by another hash, unless all its rows
 * have one: then only memory helps, up to the limit for what cannot spill.
 */
import type { HashJoinNode } from '../../plan/physical.ts';
import type { LongBatch } from '../../vector/long-column.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { BuildSide, tableBytes } from '../build-side.ts';
import { compileExprs, evaluateAll, type CompiledExprs } from '../expression.ts';
import { HashProbe } from '../hash-probe.ts';
import { turn, type ExecContext, type OperatorRun } from '../operator.ts';
import { columnTypes, inPieces, joinInTurns, MemoryBudget, pieces } from '../run.ts';
import type { HashUsage } from './usage.ts';
import { KeyColumns } from './key-columns.ts';
import { memoryBytes } from './memory-bytes.ts';
import { Partitions, pickRows } from './partitions.ts';

/** Rows partitioned or looked up between two checkpoints. */
const STEP_ROWS = 4096;

/** One side of the join: its keys and how its rows lie on disk. */
class Side {
  readonly columns: KeyColumns;
  readonly #keys: CompiledExprs;
  readonly #keepsNulls: boolean;
  readonly #context: ExecContext;

  constructor(node: HashJoinNode, side: 'left' | 'right', context: ExecContext) {
    const { joinType } = node;
    const exprs = side === 'left' ? node.leftKeys : node.rightKeys;
    this.columns = new KeyColumns(exprs, columnTypes(node[side]));
    this.#keys = compileExprs(exprs);
    // A NULL key matches nothing: such rows matter only where they are put out alone.
    this.#keepsNulls =
      joinType === 'full' || joinType === side || (side === 'left' && joinType === 'anti');
    this.#context = context;
  }

  async add(partitions: Partitions, batch: Batch): Promise<void> {
    for (const piece of pieces(batch, STEP_ROWS)) {
      await turn(this.#context);
      const keys = await evaluateAll(this.#keys, piece, this.#context);
      const rows = this.#keepsNulls ? { batch: piece, keys } : withoutNulls(piece, keys);
      await partitions.add(this.columns.widen(rows.batch, rows.keys), rows.keys);
    }
  }
}

/** The rows whose keys are all known. */
function withoutNulls(
  batch: Batch,
  keys: readonly Vector[],
): { readonly batch: Batch; readonly keys: readonly Vector[] } {
  const masks = keys.flatMap(({ nulls }) => (nulls === undefined ? [] : [nulls]));
  if (masks.length === 0) return { batch, keys };
  const rows = new Int32Array(batch.length);
  let count = 0;
  for (let row = 0; row < batch.length; row++) {
    if (masks.every((mask) => mask[row] === 0)) rows[count++] = row;
  }
  return pickRows(batch, keys, rows.subarray(0, count));
}

/** Both sides' partitions, by the same hash. */
interface Pair {
  readonly left: Partitions;
  readonly right: Partitions;
  readonly level: number;
}

export class PartitionedJoin {
  readonly #node: HashJoinNode;
  readonly #usage: HashUsage;
  readonly #context: ExecContext;
  readonly #left: Side;
  readonly #right: Side;
  #rightParts: Partitions | undefined;

  constructor(node: HashJoinNode, usage: HashUsage, context: ExecContext) {
    this.#node = node;
    this.#usage = usage;
    this.#context = context;
    this.#left = new Side(node, 'left', context);
    this.#right = new Side(node, 'right', context);
  }

  async addRight(batch: Batch): Promise<void> {
    this.#rightParts ??= await this.#newPartitions(this.#right, 0);
    await this.#right.add(this.#rightParts, batch);
  }

  /** Takes the left side and gives the joined rows, after all right rows were added. */
  async *join(input: AsyncIterable<Batch>): OperatorRun {
    const right = this.#rightParts ?? (await this.#newPartitions(this.#right, 0));
    const left = await this.#newPartitions(this.#left, 0);
    try {
      for await (const batch of input) await this.#left.add(left, batch);
      yield* this.#joinPair({ left, right, level: 0 });
    } finally {
      await left.close();
    }
  }

  async close(): Promise<void> {
    await this.#rightParts?.close();
  }

  #newPartitions(side: Side, level: number): Promise<Partitions> {
    return Partitions.create(side.columns.types, level, this.#context);
  }

  async *#joinPair(pair: Pair, rightRowsMax = Infinity): OperatorRun {
    const { left, right } = pair;
    await left.finish();
    await right.finish();
    this.#usage.noteDisk(left.file.bytes + right.file.bytes);
    for (let i = 0; i < right.runs.length; i++) {
      const rightRows = right.runs[i].rows;
      if (!this.#gives(left.runs[i].rows, rightRows)) continue;
      const rows = await this.#load(right, i, rightRows >= rightRowsMax);
      if (rows === undefined) yield* this.#joinAgain(pair, i);
      else yield* this.#joinLoaded(rows, left, i);
    }
  }

  /** Whether a partition with so many rows on each side can give any. */
  #gives(leftRows: number, rightRows: number): boolean {
    const { joinType } = this.#node;
    const onlyLeft = joinType === 'left' || joinType === 'anti' || joinType === 'full';
    const onlyRight = joinType === 'right' || joinType === 'full';
    if (leftRows === 0) return onlyRight && rightRows > 0;
    return rightRows > 0 || onlyLeft;
  }

  /** The right rows of a partition; undefined where they are too many and not `forced` into memory. */
  async #load(right: Partitions, i: number, forced: boolean): Promise<LongBatch | undefined> {
    const budget = new MemoryBudget('Hash', this.#context, this.#context.hashMemoryBytes);
    const run = right.runs[i];
    const batches: Batch[] = [];
    for await (const batch of right.file.batches(run)) {
      batches.push(batch);
      budget.add(memoryBytes(batch) + tableBytes(batch.length, this.#node.rightKeys.length));
      if (budget.isOver && !forced) return undefined;
    }
    this.#usage.noteMemory(budget.used);
    this.#usage.batches++;
    return await joinInTurns(run.types, batches, this.#context);
  }

  async *#joinLoaded(rows: LongBatch, left: Partitions, i: number): OperatorRun {
    const context = this.#context;
    const { columns: rightColumns } = this.#right;
    const { columns: leftColumns } = this.#left;
    const keys = rightColumns.keysOf(rows);
    const build = await BuildSide.create(rightColumns.narrowLong(rows), keys, context);
    const probe = new HashProbe(this.#node, build, context);
    for await (const batch of inPieces(left.file.batches(left.runs[i]), STEP_ROWS, context)) {
      yield* probe.probe(leftColumns.narrow(batch), leftColumns.keysOf(batch));
    }
    yield* probe.rest();
  }

  /** Parts a partition by another hash. */
  async *#joinAgain(pair: Pair, i: number): OperatorRun {
    const level = pair.level + 1;
    const right = await this.#newPartitions(this.#right, level);
    const left = await this.#newPartitions(this.#left, level);
    try {
      await partitionAgain(pair.right, i, right, this.#right);
      await partitionAgain(pair.left, i, left, this.#left);
      // Where all rows went to one partition, they have one hash, and another would not part them.
      yield* this.#joinPair({ left, right, level }, pair.right.runs[i].rows);
    } finally {
      await right.close();
      await left.close();
    }
  }
}

async function partitionAgain(
  from: Partitions,
  i: number,
  to: Partitions,
  { columns }: Side,
): Promise<void> {
  for await (const batch of from.file.batches(from.runs[i])) {
    await to.add(batch, columns.keysOf(batch));
  }
}
