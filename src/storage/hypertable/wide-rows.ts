/** A head's integers of 64 bits of which some are in no double: words in pages, of which no full one is copied again. */
import { InternalError } from '../../errors/db-error.ts';
import type { Value } from '../../types/value.ts';
import { valueAt, type Vector } from '../../vector/vector.ts';
import {
  putDoubles,
  putInteger,
  wideValue,
  WideVector,
  type WideWords,
} from '../../vector/wide-vector.ts';
import { PIECE_ROWS } from './row-source.ts';
import { WideColumn } from './wide-column.ts';

const FIRST_CAPACITY = 64;
const GROWTH = 4;

interface WidePage {
  words: WideWords;
  nulls: Uint8Array | undefined;
}

export class WideRows {
  length = 0;
  readonly #pages: WidePage[] = [];

  get bytes(): number {
    let bytes = 0;
    for (const { words, nulls } of this.#pages) bytes += words.byteLength + (nulls?.length ?? 0);
    return bytes;
  }

  append(vector: Vector, length: number): void {
    for (let from = 0; from < length;) {
      const at = this.length % PIECE_ROWS;
      const count = Math.min(length - from, PIECE_ROWS - at);
      const page = this.#room(at + count);
      putRows(vector, from, count, page.words, at);
      const nulls = vector.nulls?.subarray(from, from + count);
      if (nulls !== undefined) nullsOf(page).set(nulls, at);
      this.length += count;
      from += count;
    }
  }

  padTo(rows: number): void {
    while (this.length < rows) {
      const at = this.length % PIECE_ROWS;
      const count = Math.min(rows - this.length, PIECE_ROWS - at);
      const page = this.#room(at + count);
      page.words.fill(0, 2 * at, 2 * (at + count));
      nullsOf(page).fill(1, at, at + count);
      this.length += count;
    }
  }

  valueAt(row: number): Value {
    const { words, nulls } = this.#pages[Math.floor(row / PIECE_ROWS)];
    const at = row % PIECE_ROWS;
    return nulls?.[at] === 1 ? null : wideValue(words[2 * at], words[2 * at + 1]);
  }

  /** The first rows of piece `index`, in memory that does not change. */
  piece(index: number, rows: number): WideColumn {
    const { words, nulls } = this.#pages[index];
    return new WideColumn(words.subarray(0, 2 * rows), nulls?.subarray(0, rows));
  }

  /** A copy of rows [from, to). */
  slice(from: number, to: number): WideColumn {
    const words = new Int32Array(2 * (to - from));
    let nulls: Uint8Array | undefined;
    for (let at = from; at < to;) {
      const page = this.#pages[Math.floor(at / PIECE_ROWS)];
      const start = at % PIECE_ROWS;
      const end = Math.min(PIECE_ROWS, start + to - at);
      words.set(page.words.subarray(2 * start, 2 * end), 2 * (at - from));
      if (page.nulls !== undefined) {
        nulls ??= new Uint8Array(to - from);
        nulls.set(page.nulls.subarray(start, end), at - from);
      }
      at += end - start;
    }
    return new WideColumn(words, nulls);
  }

  /** The page that takes rows, with room for so many. */
  #room(rows: number): WidePage {
    const index = Math.floor(this.length / PIECE_ROWS);
    const page = (this.#pages[index] ??= { words: new Int32Array(0), nulls: undefined });
    let capacity = page.words.length / 2;
    if (rows <= capacity) return page;
    // Behind a full page most of the next one will be needed, too.
    if (index > 0) capacity = PIECE_ROWS;
    else for (capacity = Math.max(FIRST_CAPACITY, capacity); capacity < rows;) capacity *= GROWTH;
    const words = new Int32Array(2 * capacity);
    words.set(page.words);
    page.words = words;
    if (page.nulls !== undefined) {
      const nulls = new Uint8Array(capacity);
      nulls.set(page.nulls);
      page.nulls = nulls;
    }
    return page;
  }
}

function nullsOf(page: WidePage): Uint8Array {
  return (page.nulls ??= new Uint8Array(page.words.length / 2));
}

function putRows(vector: Vector, from: number, count: number, words: WideWords, at: number): void {
  const wide = WideVector.from(vector);
  if (wide !== undefined) words.set(wide.words.subarray(2 * from, 2 * (from + count)), 2 * at);
  else if (vector.rep === 'f64') {
    putDoubles(vector.data.subarray(from, from + count), count, words, 2 * at);
  } else if (vector.rep === 'any') {
    for (let i = 0; i < count; i++) putInteger(valueAt(vector, from + i), words, 2 * (at + i));
  } else throw new InternalError('integers come in another form');
}
