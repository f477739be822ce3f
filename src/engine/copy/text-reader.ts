/**
 * COPY's text format: fields between delimiters, rows between newlines, backslash escapes. Bytes come
 * with borders anywhere; complete rows are taken, the rest waits for more.
 */
import { dbError } from '../../errors/db-error.ts';
import { FIELD_ODD } from '../../kernels/input-kernels.ts';
import type { ColumnSink } from './column-sink.ts';
import type { CopyPlace, RowReader } from './row-reader.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BACKSLASH = 0x5c;
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class TextReader implements RowReader {
  readonly #columns: readonly ColumnSink[];
  readonly #delimiter: number;
  readonly #nullBytes: Uint8Array;
  readonly #place: CopyPlace;
  readonly #skipHeader: boolean;
  #ended = false;

  constructor(
    columns: readonly ColumnSink[],
    options: { readonly delimiter: string; readonly nullText: string; readonly header: boolean },
    place: CopyPlace,
  ) {
    this.#columns = columns;
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#nullBytes = new TextEncoder().encode(options.nullText);
    this.#place = place;
    this.#skipHeader = options.header;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  get isAtRows(): boolean {
    return !this.#skipHeader || this.#place.line > 0;
  }

  readField(bytes: Uint8Array, start: number, meta: number, column: number, row: number): void {
    const isEscaped = meta >= FIELD_ODD;
    const end = start + (isEscaped ? meta - FIELD_ODD : meta);
    this.#store(bytes, start, end, isEscaped, this.#columns[column] as ColumnSink, row);
  }

  read(bytes: Uint8Array, start: number, row: number, isLast: boolean): number {
    const end = lineEnd(bytes, start);
    if (end < 0 && !(isLast && start < bytes.length)) return -1;
    const lineStop = end < 0 ? bytes.length : end;
    const next = end < 0 ? bytes.length : end + 1;
    this.#place.line++;
    this.#place.column = undefined;
    const stop = lineStop > start && bytes[lineStop - 1] === RETURN ? lineStop - 1 : lineStop;
    if (this.#skipHeader && this.#place.line === 1) return next;
    if (stop - start === 2 && bytes[start] === BACKSLASH && bytes[start + 1] === 0x2e) {
      this.#ended = true;
      return next;
    }
    this.#readRow(bytes, start, stop, row);
    this.#place.rowRead = true;
    return next;
  }

  #readRow(bytes: Uint8Array, start: number, stop: number, row: number): void {
    const columns = this.#columns;
    const count = columns.length;
    const delimiter = this.#delimiter;
    let at = start;
    let field = 0;
    if (count === 0 && start === stop) return;
    for (;;) {
      let escaped = false;
      let i = at;
      for (; i < stop; i++) {
        const byte = bytes[i];
        if (byte === delimiter) break;
        if (byte === BACKSLASH) {
          escaped = true;
          i++;
        }
      }
      const fieldEnd = i < stop ? i : stop;
      if (field >= count) throw this.#wrongCount(bytes, start, stop);
      this.#store(bytes, at, fieldEnd, escaped, columns[field] as ColumnSink, row);
      field++;
      if (fieldEnd >= stop) break;
      at = fieldEnd + 1;
    }
    this.#place.column = undefined;
    if (field < count) throw this.#wrongCount(bytes, start, stop, columns[field]);
  }

  #wrongCount(bytes: Uint8Array, start: number, stop: number, missing?: ColumnSink): Error {
    this.#place.setLine(bytes, start, stop);
    return wrongFieldCount(missing);
  }

  #store(
    bytes: Uint8Array,
    start: number,
    end: number,
    isEscaped: boolean,
    column: ColumnSink,
    row: number,
  ): void {
    this.#place.column = column;
    this.#place.setField(bytes, start, end);
    if (this.#isNull(bytes, start, end)) column.setNull(row);
    else if (isEscaped) column.setText(row, unescape(bytes, start, end));
    else column.setBytes(row, bytes, start, end);
  }

  #isNull(bytes: Uint8Array, start: number, end: number): boolean {
    const { length } = this.#nullBytes;
    if (end - start !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== this.#nullBytes[i]) return false;
    return true;
  }
}

/** A line has more fields than there are columns, or none for this one. */
export function wrongFieldCount(missing: ColumnSink | undefined): Error {
  const message =
    missing === undefined
      ? 'extra data after last expected column'
      : `missing data for column "${missing.name}"`;
  return dbError('bad_copy_file_format', message);
}

/** Offset of the newline that ends the line, skipping escaped ones; -1 where it has not come yet. */
function lineEnd(bytes: Uint8Array, start: number): number {
  for (let at = start; ;) {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline < 0) return -1;
    let backslashes = 0;
    while (newline - 1 - backslashes >= start && bytes[newline - 1 - backslashes] === BACKSLASH)
      backslashes++;
    if (backslashes % 2 === 0) return newline;
    at = newline + 1;
  }
}

const SIMPLE_ESCAPES = new Map<number, number>([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x76, 0x0b],
]);

/** Resolves \b \f \n \r \t \v, octal and hexadecimal escapes; any other character stands for itself. */
function unescape(bytes: Uint8Array, start: number, end: number): string {
  const out = new Uint8Array(end - start);
  let length = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte !== BACKSLASH || i + 1 >= end) {
      out[length++] = byte;
      continue;
    }
    const next = bytes[++i] as number;
    const simple = SIMPLE_ESCAPES.get(next);
    if (simple !== undefined) out[length++] = simple;
    else if (next >= 0x30 && next <= 0x37) {
      let value = next - 0x30;
      for (let n = 0; n < 2 && i + 1 < end && isOctal(bytes[i + 1] as number); n++) {
        value = value * 8 + (bytes[++i] as number) - 0x30;
      }
      out[length++] = value & 0xff;
    } else if (next === 0x78 && i + 1 < end && hexDigit(bytes[i + 1] as number) >= 0) {
      let value = hexDigit(bytes[++i] as number);
      if (i + 1 < end && hexDigit(bytes[i + 1] as number) >= 0)
        value = value * 16 + hexDigit(bytes[++i] as number);
      out[length++] = value;
    } else out[length++] = next;
  }
  return DECODER.decode(out.subarray(0, length));
}

function isOctal(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x37;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
