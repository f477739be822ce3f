/** COPY's CSV format: quoted fields may hold delimiters and newlines; NULL is an unquoted null string. */
import { dbError } from '../../errors/db-error.ts';
import { FIELD_ODD, FIELD_QUOTED } from '../../kernels/input-kernels.ts';
import type { ColumnSink } from './column-sink.ts';
import type { CopyOptions } from './options.ts';
import type { CopyPlace, RowReader } from './row-reader.ts';
import { wrongFieldCount } from './text-reader.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class CsvReader implements RowReader {
  readonly #columns: readonly ColumnSink[];
  readonly #options: CopyOptions;
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  /** Columns whose fields without quotes may be null. */
  readonly #nullable: readonly boolean[];
  readonly #forceNull: readonly boolean[];
  readonly #place: CopyPlace;
  #ended = false;
  /** Fields of the row at hand: their bytes, whether quotes appeared, and resolved bytes if so. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #quoted: boolean[] = [];
  readonly #resolved: (Uint8Array | undefined)[] = [];

  constructor(columns: readonly ColumnSink[], options: CopyOptions, place: CopyPlace) {
    this.#columns = columns;
    this.#options = options;
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#quote = options.quote.charCodeAt(0);
    this.#escape = options.escape.charCodeAt(0);
    this.#nullable = columns.map((column) => !options.forceNotNull.includes(column.name));
    this.#forceNull = columns.map((column) => options.forceNull.includes(column.name));
    this.#place = place;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  get isAtRows(): boolean {
    return this.#options.header === false || this.#place.line > 0;
  }

  readField(bytes: Uint8Array, start: number, meta: number, column: number, row: number): void {
    this.#forget();
    if (meta >= FIELD_ODD) {
      const end = start + meta - FIELD_ODD;
      this.#field(bytes.subarray(0, end), start, true);
    } else {
      const isQuoted = meta >= FIELD_QUOTED;
      const margin = isQuoted ? 1 : 0;
      const end = start + (isQuoted ? meta - FIELD_QUOTED : meta);
      this.#starts.push(start - margin);
      this.#ends.push(end + margin);
      this.#quoted.push(isQuoted);
      this.#resolved.push(isQuoted ? bytes.subarray(start, end) : undefined);
    }
    this.#storeField(bytes, 0, column, row);
  }

  read(bytes: Uint8Array, start: number, row: number, isLast: boolean): number {
    const next = this.#split(bytes, start, isLast);
    if (next < 0) return -1;
    this.#place.line++;
    this.#place.column = undefined;
    if (this.#options.header !== false && this.#place.line === 1) {
      if (this.#options.header === 'match') this.#matchHeader(bytes);
      return next;
    }
    if (this.#isEndMark(bytes)) {
      this.#ended = true;
      return next;
    }
    this.#store(bytes, row);
    this.#place.rowRead = true;
    return next;
  }

  #forget(): void {
    this.#starts.length = 0;
    this.#ends.length = 0;
    this.#quoted.length = 0;
    this.#resolved.length = 0;
  }

  /** Finds the fields of one record; -1 where it is not complete. */
  #split(bytes: Uint8Array, start: number, isLast: boolean): number {
    this.#forget();
    let at = start;
    for (;;) {
      const end = this.#field(bytes, at, isLast);
      if (end < 0) return -1;
      if (end >= bytes.length) return end;
      const byte = bytes[end];
      if (byte === NEWLINE) return end + 1;
      if (byte === RETURN) {
        if (end + 1 >= bytes.length) return isLast ? end + 1 : -1;
        return bytes[end + 1] === NEWLINE ? end + 2 : end + 1;
      }
      at = end + 1;
    }
  }

  /** Scans one field; returns the offset of the byte that ends it. */
  #field(bytes: Uint8Array, start: number, isLast: boolean): number {
    const [quote, escape] = [this.#quote, this.#escape];
    let i = start;
    let inQuotes = false;
    /** What the field is made of, once it has quotes; the part at hand begins at `from`. */
    let parts: Uint8Array[] | undefined;
    let from = start;
    for (; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (inQuotes) {
        if (byte !== quote && byte !== escape) continue;
        if (byte === escape) {
          if (i + 1 >= bytes.length && !isLast) return -1;
          const next = bytes[i + 1];
          if (next === quote || (next === escape && byte !== quote)) {
            parts?.push(bytes.subarray(from, i));
            from = ++i;
            continue;
          }
        }
        if (byte !== quote) continue;
        inQuotes = false;
      } else if (byte === quote) {
        parts ??= [];
        inQuotes = true;
      } else if (byte === this.#delimiter || byte === NEWLINE || byte === RETURN) break;
      else continue;
      parts?.push(bytes.subarray(from, i));
      from = i + 1;
    }
    if (i >= bytes.length && !isLast) return -1;
    if (inQuotes) throw dbError('bad_copy_file_format', 'unterminated CSV quoted field');
    parts?.push(bytes.subarray(from, i));
    this.#starts.push(start);
    this.#ends.push(i);
    this.#quoted.push(parts !== undefined);
    this.#resolved.push(parts === undefined ? undefined : joined(parts));
    return i;
  }

  #text(bytes: Uint8Array, field: number): string {
    const resolved = this.#resolved[field];
    return DECODER.decode(resolved ?? bytes.subarray(this.#starts[field], this.#ends[field]));
  }

  #isEndMark(bytes: Uint8Array): boolean {
    if (this.#starts.length !== 1 || this.#quoted[0] === true) return false;
    const [start, end] = [this.#starts[0] as number, this.#ends[0] as number];
    return end - start === 2 && bytes[start] === 0x5c && bytes[start + 1] === 0x2e;
  }

  #matchHeader(bytes: Uint8Array): void {
    if (this.#starts.length !== this.#columns.length) {
      throw dbError(
        'bad_copy_file_format',
        `wrong number of fields in header line: got ${this.#starts.length}, expected ${this.#columns.length}`,
      );
    }
    for (const [i, column] of this.#columns.entries()) {
      const name = this.#text(bytes, i);
      if (name === column.name) continue;
      throw dbError(
        'bad_copy_file_format',
        `column name mismatch in header line field ${i + 1}: got "${name}", expected "${column.name}"`,
      );
    }
  }

  #store(bytes: Uint8Array, row: number): void {
    const columns = this.#columns;
    const fields = this.#starts.length;
    for (let i = 0; i < fields; i++) {
      if (i >= columns.length) {
        if (columns.length === 0 && fields === 1 && this.#text(bytes, 0) === '') return;
        throw this.#wrongCount(bytes);
      }
      this.#storeField(bytes, i, i, row);
    }
    this.#place.column = undefined;
    if (fields < columns.length) throw this.#wrongCount(bytes, columns[fields]);
  }

  #wrongCount(bytes: Uint8Array, missing?: ColumnSink): Error {
    this.#place.setLine(bytes, this.#starts[0] ?? 0, this.#ends.at(-1) ?? 0);
    return wrongFieldCount(missing);
  }

  /** Stores field `i` of those found. */
  #storeField(bytes: Uint8Array, i: number, position: number, row: number): void {
    const column = this.#columns[position] as ColumnSink;
    const [from, to] = [this.#starts[i] as number, this.#ends[i] as number];
    this.#place.column = column;
    this.#place.setField(bytes, from, to);
    const resolved = this.#resolved[i];
    const rules = this.#quoted[i] === true ? this.#forceNull : this.#nullable;
    if (rules[position] === true && this.#text(bytes, i) === this.#options.nullText) {
      column.setNull(row);
    } else if (resolved === undefined) column.setBytes(row, bytes, from, to);
    else column.setBytes(row, resolved, 0, resolved.length);
  }
}

/** The parts as one; mostly there is only one that is not empty. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const some = parts.filter((part) => part.length > 0);
  if (some.length === 1) return some[0] as Uint8Array;
  const all = new Uint8Array(some.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of some) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
