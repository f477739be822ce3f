/**
 * A chunk's head: recent rows in columns, in the order of arrival. The buffer only ever grows; a state
 * of the chunk sees the rows up to the count that it has noted.
 */
import { InternalError } from '../../errors/db-error.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { vectorFromValues } from '../../vector/vector.ts';
import { HeadColumn } from './head-column.ts';
import type { BatchLanes } from './packing.ts';
import { PIECE_ROWS } from './row-source.ts';
import { giveBackColumn, type PlainColumn } from './stored-column.ts';
import type { TextDictionary } from './text-dictionary.ts';
import { DoubleTimes, doublesOf, timesOf, type Times } from './times.ts';

/** What a head needs to know about its table. */
export interface HeadContext {
  /** The dictionary that a text column of a new head uses. */
  dictionaryOf(attnum: number): TextDictionary;
  /** The value of rows that were there before the column was. */
  missingOf(attnum: number, type: SqlType): Value;
}

export class HeadBuffer {
  readonly timeColumn: number;
  readonly columns = new Map<number, HeadColumn>();
  readonly #context: HeadContext;
  #rows = 0;
  #wideTimes: Float64Array | undefined;
  minTime = Infinity;
  maxTime = -Infinity;
  #holds = 0;

  constructor(timeColumn: number, context: HeadContext) {
    this.timeColumn = timeColumn;
    this.#context = context;
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    let bytes = 0;
    for (const column of this.columns.values()) bytes += column.bytes;
    return bytes;
  }

  /** The head is not retired before `release`. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
  }

  /** No state that somebody may still read has this head. */
  retire(): void {
    if (this.#holds > 0) throw new InternalError('a head is retired while it is read');
    for (const column of this.columns.values()) column.retire();
  }

  /**
   * Appends a batch whose columns have these attnums, and perhaps lanes of the same numbers. Columns that it
   * lacks get NULL.
   */
  append(attnums: readonly number[], batch: Batch, lanes: BatchLanes = []): void {
    const before = this.#rows;
    for (let i = 0; i < attnums.length; i++) {
      const attnum = attnums[i];
      const vector = batch.columns[i];
      let column = this.columns.get(attnum);
      if (column === undefined) {
        column = this.#addColumn(attnum, vector);
      }
      column.append(vector, batch.length, lanes[i]);
      if (attnum === this.timeColumn) this.#noteTimes(vector, batch.length);
    }
    this.#rows = before + batch.length;
    if (this.columns.size > attnums.length) {
      for (const column of this.columns.values()) column.padTo(this.#rows);
    }
  }

  /** Appends rows [from, to) of another head, which are looked at once. */
  appendRows(source: HeadBuffer, from: number, to: number): void {
    for (const [attnum, column] of source.columns) {
      const own = this.columns.get(attnum) ?? this.#addColumn(attnum, column);
      own.appendRows(column, from, to);
      if (attnum !== this.timeColumn) continue;
      const times = column.borrowSlice(from, to);
      this.#noteTimes(times, to - from);
      giveBackColumn(times);
    }
    this.#rows += to - from;
    for (const column of this.columns.values()) column.padTo(this.#rows);
  }

  #addColumn(attnum: number, { type, rep }: Pick<Vector, 'type' | 'rep'>): HeadColumn {
    const column = new HeadColumn(type, rep, () => this.#context.dictionaryOf(attnum));
    if (this.#rows > 0) {
      const missing = this.#context.missingOf(attnum, type);
      const values = Array.from({ length: this.#rows }, () => missing);
      column.append(vectorFromValues(type, values), this.#rows);
    }
    this.columns.set(attnum, column);
    return column;
  }

  /** Times of rows [from, to) as doubles; where a time is beyond 2^53 its nearest double. */
  times(from: number, to: number): Float64Array {
    if (this.#wideTimes !== undefined) return this.#wideTimes.subarray(from, to);
    return doublesOf((this.columns.get(this.timeColumn) as HeadColumn).slice(from, to));
  }

  /** The same for the first rows of piece `index`, which need not become doubles. */
  timesOfPiece(index: number, rows: number): Times {
    const start = index * PIECE_ROWS;
    if (this.#wideTimes !== undefined) return new DoubleTimes(this.times(start, start + rows));
    return timesOf((this.columns.get(this.timeColumn) as HeadColumn).piece(index, rows));
  }

  #noteTimes(vector: Vector | PlainColumn, length: number): void {
    const column = this.columns.get(this.timeColumn) as HeadColumn;
    const end = this.#rows + length;
    if (column.rep !== 'f64') {
      const wide = new Float64Array(end);
      for (let row = 0; row < end; row++) wide[row] = Number(column.valueAt(row));
      this.#wideTimes = wide;
    }
    const times =
      vector.rep === 'f64' ? vector.data : (this.#wideTimes as Float64Array).subarray(this.#rows);
    let { minTime, maxTime } = this;
    for (let i = 0; i < length; i++) {
      const time = times[i];
      if (time < minTime) minTime = time;
      if (time > maxTime) maxTime = time;
    }
    this.minTime = minTime;
    this.maxTime = maxTime;
  }
}
