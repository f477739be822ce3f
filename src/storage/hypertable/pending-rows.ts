/** Rows that a transaction has gathered for one chunk, as a source that a segment is written from. */
import { finishInTurns } from '../../base/steps.ts';
import type { Timers } from '../../base/env.ts';
import { slice } from '../../vector/gather.ts';
import type { HeadContext } from './head.ts';
import { HeadColumn } from './head-column.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import { sliceColumn, type StoredColumn } from './stored-column.ts';
import { timesOf, type Times } from './times.ts';
import type { InsertEntry, PendingRows } from './writes.ts';

/** Rows that are joined in one go: numbers are copied, of other values each is looked at. */
const NUMBERS_SLICE = 262_144;
const VALUES_SLICE = 4_096;

export class PendingSource implements RowSource {
  readonly rows: number;
  readonly refBase = 0;
  readonly numbers = undefined;
  readonly deleted = undefined;
  readonly series = undefined;
  readonly minTime = -Infinity;
  readonly maxTime = Infinity;
  readonly #entries: readonly InsertEntry[];
  readonly #context: HeadContext;
  readonly #timers: Timers;
  #numbers: Int32Array | undefined;
  /** The column that was asked for last: a writer takes one after the other. */
  #last: { readonly attnum: number; readonly column: StoredColumn } | undefined;

  constructor(pending: PendingRows, context: HeadContext, timers: Timers) {
    this.rows = pending.rows;
    this.#entries = pending.entries;
    this.#context = context;
    this.#timers = timers;
  }

  /** A whole column; undefined where the rows lack it. */
  async whole(attnum: number): Promise<StoredColumn | undefined> {
    if (this.#last?.attnum === attnum) return this.#last.column;
    const steps = this.firstRows(attnum, this.rows);
    const column = await finishInTurns(steps, () => this.#timers.yield());
    if (column !== undefined) this.#last = { attnum, column };
    return column;
  }

  /** The first rows of a column, at least `rows` if there are so many; undefined where they lack it. */
  *firstRows(attnum: number, rows: number): Generator<void, StoredColumn | undefined> {
    const position = this.#entries[0].attnums.indexOf(attnum);
    if (position < 0) return undefined;
    const { type, rep } = this.#entries[0].batch.columns[position];
    const joined = new HeadColumn(type, rep, () => this.#context.dictionaryOf(attnum));
    const sliceRows = rep === 'f64' || rep === 'bool' ? NUMBERS_SLICE : VALUES_SLICE;
    let count = 0;
    let unpaused = 0;
    for (const { batch } of this.#entries) {
      if (count >= rows) break;
      const vector = batch.columns[position];
      for (let start = 0; start < batch.length; start += sliceRows) {
        const end = Math.min(batch.length, start + sliceRows);
        joined.append(slice(vector, start, end), end - start);
        unpaused += end - start;
        if (unpaused < sliceRows) continue;
        unpaused = 0;
        yield;
      }
      count += batch.length;
    }
    const column = joined.slice(0, count);
    joined.retire();
    return column;
  }

  async piece(attnum: number, index: number): Promise<StoredColumn | undefined> {
    const column = await this.whole(attnum);
    if (column === undefined) return undefined;
    const start = index * PIECE_ROWS;
    return sliceColumn(column, start, Math.min(this.rows, start + PIECE_ROWS));
  }

  async times(index: number): Promise<Times> {
    return timesOf((await this.piece(this.#entries[0].timeColumn, index)) as StoredColumn);
  }

  zones(): undefined {
    return undefined;
  }

  /** Numbers in the transaction of the rows in a segment's order, in steps of some milliseconds. */
  *numberSteps(order: Int32Array): Generator<void, Int32Array> {
    const all = (this.#numbers ??= yield* this.#allNumbers());
    const numbers = new Int32Array(order.length);
    for (let i = 0; i < order.length; i++) {
      numbers[i] = all[order[i]];
      if (i % NUMBERS_SLICE === NUMBERS_SLICE - 1) yield;
    }
    return numbers;
  }

  *#allNumbers(): Generator<void, Int32Array> {
    const numbers = new Int32Array(this.rows);
    let at = 0;
    for (const { firstRow, batch } of this.#entries) {
      for (let i = 0; i < batch.length; i++) {
        numbers[at++] = firstRow + i;
        if (at % NUMBERS_SLICE === 0) yield;
      }
    }
    return numbers;
  }
}
