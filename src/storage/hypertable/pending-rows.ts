/** Rows that a transaction has gathered for one chunk, as a source that a segment is written from. */
import type { HeadContext } from './head.ts';
import { HeadColumn } from './head.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import { sliceColumn, type StoredColumn } from './stored-column.ts';
import { timesOf, type Times } from './times.ts';
import type { InsertEntry, PendingRows } from './writes.ts';

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
  /** The column that was asked for last: a writer takes one after the other. */
  #last: { readonly attnum: number; readonly column: StoredColumn } | undefined;

  constructor(pending: PendingRows, context: HeadContext) {
    this.rows = pending.rows;
    this.#entries = pending.entries;
    this.#context = context;
  }

  /** A whole column; undefined where the rows lack it. */
  column(attnum: number): StoredColumn | undefined {
    if (this.#last?.attnum === attnum) return this.#last.column;
    const position = this.#entries[0].attnums.indexOf(attnum);
    if (position < 0) return undefined;
    const first = this.#entries[0].batch.columns[position];
    const joined = new HeadColumn(first.type, first.rep, () => this.#context.dictionaryOf(attnum));
    joined.reserve(this.rows);
    for (const { batch } of this.#entries) joined.append(batch.columns[position], batch.length);
    const column = joined.stored();
    this.#last = { attnum, column };
    return column;
  }

  whole(attnum: number): StoredColumn | undefined {
    return this.column(attnum);
  }

  piece(attnum: number, index: number): StoredColumn | undefined {
    const column = this.column(attnum);
    if (column === undefined) return undefined;
    const start = index * PIECE_ROWS;
    return sliceColumn(column, start, Math.min(this.rows, start + PIECE_ROWS));
  }

  times(index: number): Times {
    return timesOf(this.piece(this.#entries[0].timeColumn, index) as StoredColumn);
  }

  zones(): undefined {
    return undefined;
  }

  /** Numbers in the transaction of the rows in a segment's order. */
  numbersOf(order: Int32Array): Int32Array {
    const numbers = new Int32Array(this.rows);
    let at = 0;
    for (const { firstRow, batch } of this.#entries) {
      for (let i = 0; i < batch.length; i++) numbers[at++] = firstRow + i;
    }
    return order.map((row) => numbers[row]);
  }
}
