/**
 * INTERSECT and EXCEPT, with and without ALL. The right side is counted, then the left streams by. Rows
 * that a full table does not have go to disk and are counted and matched a partition at a time.
 */
import type { SetOperationNode } from '../plan/physical.ts';
import { OID, type SqlType } from '../types/type.ts';
import { gatherBatch } from '../vector/gather.ts';
import type { Batch, Vector } from '../vector/vector.ts';
import { execute } from './build.ts';
import { inTurns, type ExecContext, type OperatorRun } from './operator.ts';
import { RowNumbers } from './packed-keys/row-numbers.ts';
import { columnTypes, hashStepRows, inPieces, MemoryBudget } from './run.ts';
import { HashUsage } from './spill/usage.ts';
import { Partitions, pickRows } from './spill/partitions.ts';

export async function* runSetOperation(node: SetOperationNode, context: ExecContext): OperatorRun {
  const usage = new HashUsage();
  const rows = hashStepRows(context);
  const left = inPieces(execute(node.left, context), rows, context);
  const right = inPieces(execute(node.right, context), rows, context);
  yield* new SetOperation(node, usage, 0, context).run(left, right);
  context.instrumentation?.metrics(node).notes.set('Batches', usage.note('HashAgg'));
}

/** One table of counts, and what had no room in it. */
class SetOperation {
  readonly #node: SetOperationNode;
  readonly #usage: HashUsage;
  readonly #level: number;
  readonly #context: ExecContext;
  /** Rows without columns are all equal: a constant key stands for them. */
  readonly #table: RowNumbers;
  readonly #counts = new Counts();
  readonly #budget: MemoryBudget;
  #left: Partitions | undefined;
  #right: Partitions | undefined;

  constructor(node: SetOperationNode, usage: HashUsage, level: number, context: ExecContext) {
    this.#node = node;
    this.#usage = usage;
    this.#level = level;
    this.#context = context;
    this.#table = new RowNumbers(node.columns.length > 0 ? columnTypes(node) : [KEY_TYPE]);
    this.#budget = new MemoryBudget('SetOp', context, context.hashMemoryBytes);
    usage.batches++;
  }

  async *run(left: AsyncIterable<Batch>, right: AsyncIterable<Batch>): OperatorRun {
    try {
      for await (const batch of right) {
        const { numbers, unknown } = await this.#number(batch);
        for (let row = 0; row < batch.length; row++) {
          if (numbers[row] >= 0) this.#counts.add(numbers[row], 1);
        }
        if (unknown > 0) {
          this.#right ??= await this.#newPartitions();
          await keepUnknown(this.#right, batch, numbers, unknown);
        }
      }
      for await (const batch of left) {
        const { numbers, unknown } = await this.#number(batch);
        const taken = this.#take(batch, numbers);
        if (unknown > 0) {
          this.#left ??= await this.#newPartitions();
          await keepUnknown(this.#left, batch, numbers, unknown);
        }
        if (taken.length > 0) yield taken;
      }
      this.#usage.noteMemory(this.#budget.used);
      this.#table.free();
      if (this.#left !== undefined) yield* this.#rest(this.#left);
    } finally {
      await this.#left?.close();
      await this.#right?.close();
    }
  }

  /** What the rows on disk give. Those of the right side alone give nothing. */
  async *#rest(left: Partitions): OperatorRun {
    const right = this.#right;
    await left.finish();
    await right?.finish();
    this.#usage.noteDisk(left.file.bytes + (right?.file.bytes ?? 0));
    for (let i = 0; i < left.runs.length; i++) {
      if (left.runs[i].rows === 0) continue;
      const part = new SetOperation(this.#node, this.#usage, this.#level + 1, this.#context);
      yield* part.run(this.#batches(left, i), this.#batches(right, i));
    }
  }

  async *#batches(partitions: Partitions | undefined, i: number): OperatorRun {
    if (partitions === undefined) return;
    const batches = partitions.file.batches(partitions.runs[i]);
    yield* inPieces(batches, hashStepRows(this.#context), this.#context);
  }

  #newPartitions(): Promise<Partitions> {
    return Partitions.create(columnTypes(this.#node), this.#level, this.#context);
  }

  /** The number of each row; once the table is full, -1 for rows that are not in it. */
  async #number(batch: Batch): Promise<{ numbers: Int32Array; unknown: number }> {
    const numbers = new Int32Array(batch.length);
    const keys = batch.columns.length > 0 ? batch.columns : [constantKey(batch.length)];
    if (!this.#budget.isOver) {
      const before = this.#table.bytes;
      await inTurns(this.#table.insert(keys, batch.length, numbers), this.#context);
      this.#budget.add(this.#table.bytes - before);
      return { numbers, unknown: 0 };
    }
    await inTurns(this.#table.find(keys, batch.length, numbers), this.#context);
    let unknown = 0;
    for (let row = 0; row < batch.length; row++) if (numbers[row] < 0) unknown++;
    return { numbers, unknown };
  }

  /** The left rows with a number that are part of the result. */
  #take(batch: Batch, numbers: Int32Array): Batch {
    const rows = new Int32Array(batch.length);
    let kept = 0;
    for (let row = 0; row < batch.length; row++) {
      if (numbers[row] >= 0 && takes(this.#node, this.#counts, numbers[row])) rows[kept++] = row;
    }
    return gatherBatch(batch, rows.subarray(0, kept), true);
  }
}

async function keepUnknown(
  partitions: Partitions,
  batch: Batch,
  numbers: Int32Array,
  count: number,
): Promise<void> {
  const rows = new Int32Array(count);
  let next = 0;
  for (let row = 0; row < batch.length; row++) if (numbers[row] < 0) rows[next++] = row;
  const some = pickRows(batch, [], rows).batch;
  await partitions.add(some, some.columns);
}

const KEY_TYPE: SqlType = { oid: OID.bool, typmod: -1 };

function constantKey(length: number): Vector {
  return { rep: 'bool', type: KEY_TYPE, length, data: new Uint8Array(length), nulls: undefined };
}

/** Whether a left row with this number is part of the result; notes that it went by. */
function takes(node: SetOperationNode, counts: Counts, number: number): boolean {
  const right = counts.get(number);
  if (node.operation === 'intersect') {
    if (right <= 0) return false;
    counts.add(number, node.all ? -1 : -right);
    return true;
  }
  if (node.all) {
    if (right <= 0) return true;
    counts.add(number, -1);
    return false;
  }
  if (right > 0) return false;
  counts.add(number, 1);
  return true;
}

/** Counts of one page. */
const PAGE_BITS = 14;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

/** A count for each key number, 0 at first. */
class Counts {
  readonly #pages: Int32Array[] = [];

  get(number: number): number {
    return this.#pages[number >>> PAGE_BITS]?.[number & PAGE_MASK] ?? 0;
  }

  add(number: number, by: number): void {
    const page = number >>> PAGE_BITS;
    while (page >= this.#pages.length) this.#pages.push(new Int32Array(PAGE_MASK + 1));
    this.#pages[page][number & PAGE_MASK] += by;
  }
}
