/**
 * Rows of ordinary tables as bytes (docs/format/row-store.md): schema version, column count, null
 * bitmap, then each value behind its length, by attnum. A row knows how many columns it was written
 * with, so ADD and DROP COLUMN never rewrite.
 */
import { ByteReader } from '../../base/byte-reader.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import type { ColumnDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { liveColumns } from '../../catalog/catalog.ts';
import { InternalError } from '../../errors/db-error.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { isNullAt, vectorFromValues, type Batch, type Vector } from '../../vector/vector.ts';
import {
  ROW_REF_ATTNUM,
  TABLE_OID_ATTNUM,
  rowRefVector,
  tableOidVector,
} from '../system-columns.ts';
import {
  missingValue,
  readLength,
  readValue,
  storedForm,
  valueWriter,
  type StoredForm,
} from './value-format.ts';

/** Rows as they are stored, one behind the other. */
export interface RowBytes {
  readonly bytes: Uint8Array;
  /** Where each row starts, and after the last one its end. */
  readonly starts: Uint32Array;
}

/** What most columns take less than. */
const COLUMN_BYTES = 12;

/** Encodes rows that have the live columns in attnum order. */
export function encodeRows(table: TableDescriptor, rows: Batch): RowBytes {
  const columns = liveColumns(table);
  if (columns.length !== rows.columns.length) {
    throw new InternalError(
      `table "${table.name}" has ${columns.length} columns, the rows have ${rows.columns.length}`,
    );
  }
  const columnCount = table.columns.length;
  const writers = rows.columns.map(valueWriter);
  const positions = columns.map((column) => column.attnum - 1);
  const bitmap = new Uint8Array((columnCount + 7) >>> 3);
  const writer = new ByteWriter(rows.length * (8 + columnCount * COLUMN_BYTES));
  const starts = new Uint32Array(rows.length + 1);
  for (let row = 0; row < rows.length; row++) {
    bitmap.fill(0xff);
    for (let c = 0; c < positions.length; c++) {
      if (isNullAt(rows.columns[c] as Vector, row)) continue;
      const position = positions[c] as number;
      bitmap[position >>> 3] = (bitmap[position >>> 3] as number) & ~(1 << (position & 7));
    }
    writer.u32(table.schemaVersion);
    writer.u16(columnCount);
    for (let i = 0; i < bitmap.length; i++) writer.u8(bitmap[i] as number);
    for (let c = 0; c < positions.length; c++) {
      if (!isNullAt(rows.columns[c] as Vector, row)) writers[c]?.(writer, row);
    }
    starts[row + 1] = writer.length;
  }
  return { bytes: writer.view(), starts };
}

/** Rows in encoded form with the refs that name them. */
export interface EncodedRows {
  readonly refs: readonly number[];
  readonly bodies: readonly Uint8Array[];
}

/** Decodes the asked-for columns, hidden ones included. */
export function decodeRows(
  table: TableDescriptor,
  rows: EncodedRows,
  attnums: readonly number[],
): Batch {
  const length = rows.bodies.length;
  const builders = new Map<number, ColumnBuilder>();
  for (const attnum of attnums) {
    if (attnum > 0 && !builders.has(attnum)) {
      const column = table.columns[attnum - 1];
      if (column === undefined) throw new InternalError(`no column ${attnum} in "${table.name}"`);
      builders.set(attnum, new ColumnBuilder(column, length));
    }
  }
  if (builders.size > 0) fillBuilders(rows.bodies, [...builders.values()]);
  const columns = attnums.map((attnum): Vector => {
    if (attnum === ROW_REF_ATTNUM) return rowRefVector(Float64Array.from(rows.refs));
    if (attnum === TABLE_OID_ATTNUM) return tableOidVector(table.oid, length);
    const builder = builders.get(attnum);
    if (builder === undefined) throw new InternalError(`no hidden column ${attnum}`);
    return builder.finish();
  });
  return { columns, length };
}

function fillBuilders(bodies: readonly Uint8Array[], builders: ColumnBuilder[]): void {
  builders.sort((a, b) => a.attnum - b.attnum);
  for (let row = 0; row < bodies.length; row++) {
    const reader = new ByteReader(bodies[row] as Uint8Array, 4);
    const columnCount = reader.u16();
    const bitmap = reader.take((columnCount + 7) >>> 3);
    let attnum = 1;
    for (const builder of builders) {
      if (builder.attnum > columnCount) {
        builder.setMissing(row);
        continue;
      }
      for (; attnum < builder.attnum; attnum++) {
        if (!isNullBit(bitmap, attnum)) reader.take(readLength(reader));
      }
      if (isNullBit(bitmap, attnum)) builder.setNull(row);
      else builder.read(reader, row);
      attnum++;
    }
  }
}

function isNullBit(bitmap: Uint8Array, attnum: number): boolean {
  const position = attnum - 1;
  return ((bitmap[position >>> 3] as number) & (1 << (position & 7))) !== 0;
}

/** Collects one column of decoded rows. */
class ColumnBuilder {
  readonly attnum: number;
  readonly #type: SqlType;
  readonly #form: StoredForm;
  readonly #missingText: string | undefined;
  readonly #values: Value[];
  readonly #numbers: Float64Array | undefined;
  #wide = false;
  #nulls: Uint8Array | undefined;
  #missing: Value | undefined;

  constructor(column: ColumnDescriptor, length: number) {
    this.attnum = column.attnum;
    this.#type = column.type;
    this.#form = storedForm(column.type.oid);
    this.#missingText = column.missingText;
    const isNumber = this.#form !== 'bool' && this.#form !== 'text' && this.#form !== 'binary';
    this.#numbers = isNumber ? new Float64Array(length) : undefined;
    this.#values = isNumber ? [] : Array.from({ length }, () => null);
  }

  read(reader: ByteReader, row: number): void {
    this.#set(row, readValue(reader, readLength(reader), this.#type, this.#form));
  }

  setMissing(row: number): void {
    this.#missing ??= missingValue(this.#type, this.#missingText);
    if (this.#missing === null) this.setNull(row);
    else this.#set(row, this.#missing);
  }

  setNull(row: number): void {
    const length = this.#numbers?.length ?? this.#values.length;
    this.#nulls ??= new Uint8Array(length);
    this.#nulls[row] = 1;
  }

  finish(): Vector {
    const numbers = this.#numbers;
    if (numbers !== undefined && !this.#wide) {
      return {
        rep: 'f64',
        type: this.#type,
        length: numbers.length,
        data: numbers,
        nulls: this.#nulls,
      };
    }
    if (this.#form === 'text') return this.#finishText();
    return vectorFromValues(this.#type, this.#values);
  }

  #set(row: number, value: NonNullable<Value>): void {
    const numbers = this.#numbers;
    if (numbers === undefined) this.#values[row] = value;
    else if (typeof value === 'number' && !this.#wide) numbers[row] = value;
    else this.#setWide(row, value, numbers);
  }

  /** A 64-bit integer beyond 2^53: the column goes on as plain values. */
  #setWide(row: number, value: NonNullable<Value>, numbers: Float64Array): void {
    if (!this.#wide) {
      this.#wide = true;
      for (let i = 0; i < numbers.length; i++) {
        this.#values.push(this.#nulls?.[i] === 1 || i >= row ? null : (numbers[i] as number));
      }
    }
    this.#values[row] = value;
  }

  #finishText(): Vector {
    const codes = new Int32Array(this.#values.length);
    const dictionary: string[] = [];
    const known = new Map<string, number>();
    for (let i = 0; i < codes.length; i++) {
      const text = (this.#values[i] as string | null) ?? '';
      let code = known.get(text);
      if (code === undefined) {
        code = dictionary.length;
        known.set(text, code);
        dictionary.push(text);
      }
      codes[i] = code;
    }
    return {
      rep: 'text',
      type: this.#type,
      length: codes.length,
      codes,
      dictionary,
      nulls: this.#nulls,
    };
  }
}
