/**
 * What scans read from: a numbered set of rows with columns in pieces. Heads (as they arrived, or in
 * sorted order), segments and a transaction's own rows all look alike.
 */
import type { DeletedRows } from './deleted-rows.ts';
import type { HeadBuffer } from './head.ts';
import type { HeadState } from './state.ts';
import type { RowRanges } from './select-rows.ts';
import type { SeriesTable } from './series-table.ts';
import type { SourceSketch } from './source-sketch.ts';
import type { LaneColumn, StoredColumn } from './stored-column.ts';
import { DoubleTimes, type Times } from './times.ts';

/** Rows of one decoded piece of a column, and the most that a scan puts into one batch. */
export const PIECE_ROWS = 65_536;

/** Rows of one encoded vector, the unit of zone maps. */
export const VECTOR_ROWS = 1024;

/** Smallest and largest value of each vector; an unknown one is -Infinity and Infinity. */
export interface Zones {
  readonly minimums: Float64Array;
  readonly maximums: Float64Array;
}

export interface RowSource {
  readonly rows: number;
  /** A row's ref is refBase + its number. */
  readonly refBase: number;
  /** Number of each row; undefined where row i has number i. */
  readonly numbers: Int32Array | undefined;
  /** Deleted rows, by number. */
  readonly deleted: DeletedRows | undefined;
  /** Present where rows are sorted by series and time. */
  readonly series: SeriesTable | undefined;
  readonly minTime: number;
  readonly maxTime: number;
  /**
   * Rows [index * PIECE_ROWS, ...) of a column; undefined where the source lacks the column. With `rows`
   * (numbers of the source, of this piece) no others may be looked at: they need not be decoded.
   */
  piece(
    attnum: number,
    index: number,
    rows?: RowRanges,
  ): StoredColumn | undefined | Promise<StoredColumn | undefined>;
  /** A whole column, where the source has it in one piece; in borrowed memory, perhaps. */
  whole?(attnum: number): StoredColumn | undefined | Promise<StoredColumn | undefined>;
  /** A whole column of numbers as lanes of one kind, where there are such: a copy for the caller to free. */
  wholeLanes?(attnum: number): LaneColumn | undefined | Promise<LaneColumn | undefined>;
  /**
   * By series, the value at its last row, or at one that is `back` rows before it or else the first.
   * Undefined where the source lacks the column. Present where such columns are kept.
   */
  lastRows?(
    attnum: number,
    back: 0 | 1,
  ): StoredColumn | undefined | Promise<StoredColumn | undefined>;
  /**
   * By series the step between its times, 0 where they are not evenly spaced. All times are read for it once:
   * for those who want most series.
   */
  evenSteps?(): Float64Array | Promise<Float64Array>;
  /** What is kept of intervals of the rows; undefined where nothing is. */
  readonly sketch?: SourceSketch | undefined;
  /** Present where columns cost something to read: whether a column is stored row by row. */
  stores?(attnum: number): boolean;
  /** Times of a piece, or of its `rows` alone. */
  times(index: number, rows?: RowRanges): Times | Promise<Times>;
  zones(attnum: number): Zones | undefined;
}

export function pieceCount(source: RowSource): number {
  return Math.ceil(source.rows / PIECE_ROWS);
}

/** Rows [from, from + rows) of a head in the order of arrival. */
export class ArrivalSource implements RowSource {
  readonly rows: number;
  readonly refBase: number;
  readonly numbers: Int32Array | undefined;
  readonly deleted: DeletedRows | undefined;
  readonly series = undefined;
  readonly minTime: number;
  readonly maxTime: number;
  readonly #buffer: HeadBuffer;
  readonly #from: number;

  /** All rows of a head. */
  static all({ buffer, rows, deleted }: HeadState): ArrivalSource {
    return new ArrivalSource(buffer, 0, rows, 0, undefined, deleted);
  }

  constructor(
    buffer: HeadBuffer,
    from: number,
    rows: number,
    refBase: number,
    numbers: Int32Array | undefined,
    deleted: DeletedRows | undefined,
  ) {
    this.#buffer = buffer;
    this.#from = from;
    this.rows = rows;
    this.refBase = refBase;
    this.deleted = deleted;
    this.minTime = buffer.minTime;
    this.maxTime = buffer.maxTime;
    if (numbers === undefined && from > 0) {
      numbers = new Int32Array(rows);
      for (let i = 0; i < rows; i++) numbers[i] = from + i;
    }
    this.numbers = numbers;
  }

  whole(attnum: number): StoredColumn | undefined {
    return this.#buffer.columns.get(attnum)?.borrowSlice(this.#from, this.#from + this.rows);
  }

  wholeLanes(attnum: number): LaneColumn | undefined {
    return this.#from > 0 ? undefined : this.#buffer.columns.get(attnum)?.laneColumn(this.rows);
  }

  piece(attnum: number, index: number): StoredColumn | undefined {
    const column = this.#buffer.columns.get(attnum);
    const { start, end } = this.#borders(index);
    if (start % PIECE_ROWS > 0) return column?.slice(start, end);
    return column?.piece(start / PIECE_ROWS, end - start);
  }

  times(index: number): Times {
    const { start, end } = this.#borders(index);
    if (start % PIECE_ROWS > 0) return new DoubleTimes(this.#buffer.times(start, end));
    return this.#buffer.timesOfPiece(start / PIECE_ROWS, end - start);
  }

  zones(): undefined {
    return undefined;
  }

  /** The head's rows that are a piece. */
  #borders(index: number): { start: number; end: number } {
    const start = this.#from + index * PIECE_ROWS;
    return { start, end: Math.min(this.#from + this.rows, start + PIECE_ROWS) };
  }
}
