/**
 * Distinct rows of any number: those that the table has no room for go to disk, and each partition is
 * made distinct on its own, in a table of its own.
 */
import type { SqlType } from '../../types/type.ts';
import { gatherBatch, pickBatch } from '../../vector/gather.ts';
import type { Batch } from '../../vector/vector.ts';
import type { ExecContext, OperatorRun } from '../operator.ts';
import { hashStepRows, inPieces } from '../run.ts';
import { SeenRows } from '../seen-rows.ts';
import { HashUsage } from './usage.ts';
import { Partitions, splitKnown } from './partitions.ts';

export class DistinctRows {
  readonly usage: HashUsage;
  readonly #types: readonly SqlType[];
  readonly #context: ExecContext;
  readonly #level: number;
  readonly #seen: SeenRows;
  #partitions: Partitions | undefined;

  constructor(
    types: readonly SqlType[],
    context: ExecContext,
    level = 0,
    usage: HashUsage = new HashUsage(),
  ) {
    this.#types = types;
    this.#context = context;
    this.#level = level;
    this.#seen = new SeenRows(types, context);
    this.usage = usage;
    usage.batches++;
  }

  /** The rows known to be new, in their order. Others may follow in `rest`. */
  async fresh(batch: Batch): Promise<Batch> {
    return pickBatch(batch, await this.freshRows(batch));
  }

  /** Which these are. */
  async freshRows(batch: Batch): Promise<Int32Array> {
    if (!this.#seen.budget.isOver) return this.#seen.freshRows(batch);
    await this.#spillUnknown(batch);
    return new Int32Array(0);
  }

  async #spillUnknown(batch: Batch): Promise<void> {
    const { unknown } = splitKnown(await this.#seen.find(batch), batch.length);
    if (unknown.length > 0) {
      this.#partitions ??= await Partitions.create(this.#types, this.#level, this.#context);
      const rows = gatherBatch(batch, unknown, true);
      await this.#partitions.add(rows, rows.columns);
    }
  }

  /** After all input: the new rows among those on disk. */
  async *rest(): OperatorRun {
    this.usage.noteMemory(this.#seen.budget.used);
    this.#seen.free();
    const partitions = this.#partitions;
    if (partitions === undefined) return;
    const context = this.#context;
    await partitions.finish();
    this.usage.noteDisk(partitions.file.bytes);
    for (const run of partitions.runs) {
      if (run.rows === 0) continue;
      const rows = new DistinctRows(this.#types, context, this.#level + 1, this.usage);
      yield* distinct(inPieces(partitions.file.batches(run), hashStepRows(context), context), rows);
    }
  }

  /** How many rows are known to be new. */
  get count(): number {
    return this.#seen.count;
  }

  /** All rows that came, each once; undefined where some are on disk. */
  rows(): Iterable<Batch> | undefined {
    return this.#partitions === undefined ? this.#seen.rows() : undefined;
  }

  /** Gives memory back; no row must come any more. */
  free(): void {
    this.#seen.free();
  }

  async close(): Promise<void> {
    await this.#partitions?.close();
  }
}

/** The distinct rows of an input. */
export async function* distinct(input: AsyncIterable<Batch>, rows: DistinctRows): OperatorRun {
  try {
    for await (const batch of input) {
      const known = await rows.fresh(batch);
      if (known.length > 0) yield known;
    }
    yield* rows.rest();
  } finally {
    await rows.close();
  }
}
