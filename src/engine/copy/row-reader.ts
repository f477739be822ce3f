/** What the formats of COPY FROM have in common: reading row by row out of a growing buffer. */
import { DbError, dbError } from '../../errors/db-error.ts';
import type { ColumnSink } from './column-sink.ts';

export interface RowReader {
  /**
   * Reads one row at `start` into row `row` of the columns and returns the offset after it, or -1 where
   * the row is not complete. `place.rowRead` tells whether a row was stored (headers are not).
   */
  read(bytes: Uint8Array, start: number, row: number, isLast: boolean): number;
  /** The end-of-data mark was read: what follows is ignored. */
  readonly isEnded: boolean;
  /** Headers are read: rows are next. */
  readonly isAtRows: boolean;
  /** Reads one field of a row that a kernel has cut; `meta` as in kernels/input-kernels.ts. */
  readField(bytes: Uint8Array, start: number, meta: number, column: number, row: number): void;
}

/** More of a value than this does not stand in the context line. */
const SHOWN_BYTES_MAX = 100;

/** Where the reader stands, for the context line of errors. */
export class CopyPlace {
  readonly table: string;
  line = 0;
  column: ColumnSink | undefined;
  rowRead = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #showsLine = false;

  constructor(table: string) {
    this.table = table;
  }

  setField(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** The whole line is at fault: the context shows it instead of a field. */
  setLine(bytes: Uint8Array, start: number, end: number): void {
    this.column = undefined;
    this.#showsLine = true;
    this.setField(bytes, start, end);
  }

  /** `COPY t, line 3, column x: "value"`. */
  context(): string {
    const base = `COPY ${this.table}, line ${this.line}`;
    if (this.column !== undefined) return `${base}, column ${this.column.name}: "${this.#shown()}"`;
    return this.#showsLine ? `${base}: "${this.#shown()}"` : base;
  }

  #shown(): string {
    const cut = Math.min(this.#end, this.#start + SHOWN_BYTES_MAX);
    const isCut = cut < this.#end;
    // As a piece of a stream, what is cut ends before the character that it breaks.
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#start, cut), {
      stream: isCut,
    });
    return isCut ? `${text}...` : text;
  }
}

/** Gives an error the place in the input where it arose. */
export function withField(place: CopyPlace, error: unknown): unknown {
  if (error instanceof TypeError) {
    return dbError('character_not_in_repertoire', {
      message: 'invalid byte sequence for encoding "UTF8"',
      where: place.context(),
    });
  }
  return error instanceof DbError ? error.with({ where: place.context() }) : error;
}
