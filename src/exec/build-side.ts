/** The right side of a hash join. */
import type { LongBatch, LongColumn } from '../vector/long-column.ts';
import type { Vector } from '../vector/vector.ts';
import { KeyTable } from './key-table.ts';
import { inTurns, type ExecContext } from './operator.ts';
import { MemoryBudget } from './run.ts';

/** Rows put into the hash table between two checkpoints. */
const STEP_ROWS = 4096;
/** Numbers counted or summed between two checkpoints. */
const COUNT_STEP = 131_072;

/** What a row takes in the hash table for each of its keys, and besides, as a guess. */
const KEY_BYTES = 24;
const ROW_BYTES = 8;

export function tableBytes(rows: number, keys: number): number {
  return rows * (ROW_BYTES + KEY_BYTES * keys);
}

/** The right side with its hash table: key number to row numbers, in the order of the rows. */
export class BuildSide {
  readonly rows: LongBatch;
  readonly keys: readonly LongColumn[];
  readonly #table: KeyTable;
  /** Rows of key k are rowList[starts[k]] ... rowList[starts[k + 1] - 1]. */
  readonly starts: Int32Array;
  readonly rowList: Int32Array;
  /** Rows with a NULL among their keys: they match nothing. */
  readonly nullRows: Uint8Array | undefined;

  private constructor(
    rows: LongBatch,
    keys: readonly LongColumn[],
    table: KeyTable,
    nullRows: Uint8Array | undefined,
  ) {
    this.rows = rows;
    this.keys = keys;
    this.#table = table;
    this.nullRows = nullRows;
    this.starts = new Int32Array(table.count + 2);
    this.rowList = new Int32Array(rows.length);
  }

  static async create(
    rows: LongBatch,
    keys: readonly LongColumn[],
    context: ExecContext,
  ): Promise<BuildSide> {
    const { length } = rows;
    const budget = new MemoryBudget('Hash', context);
    const table = new KeyTable(keys.length);
    const numbers = new Int32Array(length);
    let nullRows: Uint8Array | undefined;
    budget.add(8 * length);
    for (let start = 0; start < length; start += STEP_ROWS) {
      const end = Math.min(start + STEP_ROWS, length);
      const before = table.bytes;
      const part = keys.map((key) => key.slice(start, end));
      table.insert(part, end - start, numbers.subarray(start, end));
      budget.add(table.bytes - before);
      if (table.nullRows !== undefined) {
        nullRows ??= new Uint8Array(length);
        nullRows.set(table.nullRows, start);
      }
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
    }
    const build = new BuildSide(rows, keys, table, nullRows);
    await inTurns(build.#listRows(numbers), context);
    return build;
  }

  /** Brings the rows of each key together. */
  *#listRows(numbers: Int32Array): Generator<void, void, void> {
    const { starts, rowList, nullRows } = this;
    const { length } = numbers;
    for (let row = 0; row < length; row++) {
      if (nullRows?.[row] !== 1) starts[numbers[row] + 2]++;
      if (row % COUNT_STEP === 0) yield;
    }
    for (let key = 2; key < starts.length; key++) {
      starts[key] += starts[key - 1];
      if (key % COUNT_STEP === 0) yield;
    }
    for (let row = 0; row < length; row++) {
      if (nullRows?.[row] !== 1) rowList[starts[numbers[row] + 1]++] = row;
      if (row % COUNT_STEP === 0) yield;
    }
  }

  /** The key number of each probing row, -1 for none. */
  find(keys: readonly Vector[], length: number, out: Int32Array): void {
    this.#table.find(keys, length, out);
    const { nullRows } = this.#table;
    if (nullRows !== undefined) {
      for (let row = 0; row < length; row++) if (nullRows[row] === 1) out[row] = -1;
    }
  }
}
