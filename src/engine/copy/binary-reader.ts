/** COPY's binary format: signature, header, counted fields in the types' binary form, trailer. */
import { ByteReader } from '../../base/byte-reader.ts';
import { dbError } from '../../errors/db-error.ts';
import type { FormatSettings } from '../../types/codec.ts';
import type { ColumnSink } from './column-sink.ts';
import type { CopyPlace, RowReader } from './row-reader.ts';

export const BINARY_SIGNATURE = Uint8Array.of(
  0x50,
  0x47,
  0x43,
  0x4f,
  0x50,
  0x59,
  0x0a,
  0xff,
  0x0d,
  0x0a,
  0x00,
);
const HEADER_BYTES = BINARY_SIGNATURE.length + 8;

export class BinaryReader implements RowReader {
  readonly #columns: readonly ColumnSink[];
  readonly #place: CopyPlace;
  readonly #settings: FormatSettings;
  #headerRead = false;
  #ended = false;

  constructor(columns: readonly ColumnSink[], settings: FormatSettings, place: CopyPlace) {
    this.#columns = columns;
    this.#settings = settings;
    this.#place = place;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  get isAtRows(): boolean {
    return this.#headerRead;
  }

  readField(bytes: Uint8Array, start: number, meta: number, column: number, row: number): void {
    this.#store(bytes, start, meta | 0, this.#columns[column] as ColumnSink, row);
  }

  read(bytes: Uint8Array, start: number, row: number, isLast: boolean): number {
    if (!this.#headerRead) return this.#readHeader(bytes, start, isLast);
    const end = this.#rowEnd(bytes, start);
    if (end < 0) {
      if (isLast) throw dbError('bad_copy_file_format', 'unexpected EOF in COPY data');
      return -1;
    }
    const reader = new ByteReader(bytes, start, end);
    const count = reader.i16();
    this.#place.line++;
    if (count === -1) {
      this.#ended = true;
      return end;
    }
    if (count !== this.#columns.length) {
      throw dbError(
        'bad_copy_file_format',
        `row field count is ${count}, expected ${this.#columns.length}`,
      );
    }
    for (const column of this.#columns) {
      const length = reader.i32();
      this.#store(bytes, reader.offset, length, column, row);
      reader.offset += Math.max(length, 0);
    }
    this.#place.column = undefined;
    this.#place.rowRead = true;
    return end;
  }

  /** Stores the field of `length` bytes, which is negative for NULL. */
  #store(bytes: Uint8Array, start: number, length: number, column: ColumnSink, row: number): void {
    this.#place.column = column;
    this.#place.setField(bytes, 0, 0);
    if (length < 0) {
      column.setNull(row);
      return;
    }
    const reader = new ByteReader(bytes, start, start + length);
    let value;
    try {
      value = column.codec.readBinary(reader, length, column.type.typmod, this.#settings);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw dbError('invalid_binary_representation', 'insufficient data left in message');
    }
    if (reader.offset !== reader.end) {
      throw dbError('invalid_binary_representation', 'incorrect binary data format');
    }
    column.setValue(row, value);
  }

  #readHeader(bytes: Uint8Array, start: number, isLast: boolean): number {
    if (bytes.length - start < HEADER_BYTES) {
      if (isLast) throw dbError('bad_copy_file_format', 'COPY file signature not recognized');
      return -1;
    }
    for (const [i, byte] of BINARY_SIGNATURE.entries()) {
      if (bytes[start + i] !== byte)
        throw dbError('bad_copy_file_format', 'COPY file signature not recognized');
    }
    const reader = new ByteReader(bytes, start + BINARY_SIGNATURE.length);
    const flags = reader.u32();
    if ((flags & 0x10000) !== 0)
      throw dbError('bad_copy_file_format', 'invalid COPY file header (WITH OIDS)');
    if (flags >>> 16 !== 0)
      throw dbError('bad_copy_file_format', 'unrecognized critical flags in COPY file header');
    const extension = reader.i32();
    if (extension < 0)
      throw dbError('bad_copy_file_format', 'invalid COPY file header (missing length)');
    if (reader.remaining < extension) return -1;
    this.#headerRead = true;
    return start + HEADER_BYTES + extension;
  }

  /** Offset after the row's last field, or -1 where it has not come yet. */
  #rowEnd(bytes: Uint8Array, start: number): number {
    if (bytes.length - start < 2) return -1;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = view.getInt16(start);
    let at = start + 2;
    for (let i = 0; i < count; i++) {
      if (bytes.length - at < 4) return -1;
      const length = view.getInt32(at);
      if (length < -1) throw dbError('bad_copy_file_format', 'invalid field size');
      at += 4 + Math.max(length, 0);
    }
    return at <= bytes.length ? at : -1;
  }
}
