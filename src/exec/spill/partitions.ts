/**
 * Rows on disk by the hash of their keys: a hash table that is full sends rows here, and takes them back
 * a partition at a time. Rows with equal keys share a partition, in the order in which they came.
 */
import type { SqlType } from '../../types/type.ts';
import { gather, gatherBatch } from '../../vector/gather.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import type { ExecContext } from '../operator.ts';
import { BatchList } from './batch-list.ts';
import { rowHashes } from './row-hash.ts';
import { blockBytes, SpillFile, SpillRun } from './spill-file.ts';

const PARTITION_BITS_MIN = 2;
const PARTITION_BITS_MAX = 6;

export class Partitions {
  readonly runs: readonly SpillRun[];
  readonly file: SpillFile;
  readonly #level: number;
  readonly #bits: number;
  readonly #waiting: readonly BatchList[];

  private constructor(
    file: SpillFile,
    types: readonly SqlType[],
    level: number,
    context: ExecContext,
  ) {
    // Rows that wait for their block take up to half of the budget.
    const budget = context.hashMemoryBytes / 2;
    const block = blockBytes(budget / 2);
    const fitting = Math.floor(Math.log2(budget / block));
    this.#bits = Math.min(PARTITION_BITS_MAX, Math.max(PARTITION_BITS_MIN, fitting));
    this.#level = level;
    this.file = file;
    this.runs = Array.from({ length: 1 << this.#bits }, () => new SpillRun(types));
    this.#waiting = this.runs.map(() => new BatchList(block));
  }

  /** `level` counts how often the rows were partitioned before. */
  static async create(
    types: readonly SqlType[],
    level: number,
    context: ExecContext,
  ): Promise<Partitions> {
    return new Partitions(await SpillFile.create(context), types, level, context);
  }

  async add(batch: Batch, keys: readonly Vector[]): Promise<void> {
    const { rows, ends } = this.#split(keys, batch.length);
    for (let i = 0, start = 0; i < ends.length; start = ends[i++]) {
      if (ends[i] === start) continue;
      const some = gatherBatch(batch, rows.subarray(start, ends[i]));
      const full = this.#waiting[i].add(some);
      if (full !== undefined) await this.file.append(this.runs[i], full);
    }
  }

  /** Row numbers, partition by partition, and where each partition's end. */
  #split(keys: readonly Vector[], length: number): { rows: Int32Array; ends: Int32Array } {
    const shift = 32 - this.#bits;
    const hashes = rowHashes(keys, length, this.#level);
    const ends = new Int32Array(this.runs.length);
    for (let i = 0; i < length; i++) ends[hashes[i] >>> shift]++;
    for (let i = 1; i < ends.length; i++) ends[i] += ends[i - 1];
    const rows = new Int32Array(length);
    for (let i = length - 1, next = ends.slice(); i >= 0; i--)
      rows[--next[hashes[i] >>> shift]] = i;
    return { rows, ends };
  }

  /** Writes what waits; no rows may come afterwards. */
  async finish(): Promise<void> {
    for (const [i, waiting] of this.#waiting.entries()) {
      await this.file.append(this.runs[i], waiting.take());
    }
    await this.file.flush();
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

/** Parts rows by a flag: those with a number of at least 0, and the others. */
export function splitKnown(
  numbers: Int32Array,
  length: number,
): { readonly known: Int32Array; readonly unknown: Int32Array } {
  const known = new Int32Array(length);
  const unknown = new Int32Array(length);
  let count = 0;
  for (let row = 0; row < length; row++) {
    if (numbers[row] >= 0) known[count++] = row;
    else unknown[row - count] = row;
  }
  return { known: known.subarray(0, count), unknown: unknown.subarray(0, length - count) };
}

/** Some rows of a batch and of their keys. */
export function pickRows(
  batch: Batch,
  keys: readonly Vector[],
  rows: Int32Array,
): { readonly batch: Batch; readonly keys: Vector[] } {
  if (rows.length === batch.length) return { batch, keys: keys.slice() };
  return { batch: gatherBatch(batch, rows), keys: keys.map((key) => gather(key, rows)) };
}
