/**
 * Rows of ordinary tables as bytes (docs/format/row-store.md): schema version, column count, null
 * bitmap, then each value behind its length, by attnum. A row knows how many columns it was written
 * with, so ADD and DROP COLUMN never rewrite.
 */
import { ByteWriter } from '../../base/byte-writer.ts';
import type { TableDescriptor } from '../../catalog/catalog.ts';
import { liveColumns } from '../../catalog/catalog.ts';
import { InternalError } from '../../errors/db-error.ts';
import { isNullAt, type Batch, type Vector } from '../../vector/vector.ts';
import {
  ROW_REF_ATTNUM,
  TABLE_OID_ATTNUM,
  rowRefVector,
  tableOidVector,
} from '../system-columns.ts';
import { ColumnBuilder } from './column-builder.ts';
import { endOfValue, valueWriter } from './value-format.ts';

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

/** Where a row's null bitmap starts. */
const BITMAP_AT = 6;

function fillBuilders(bodies: readonly Uint8Array[], builders: ColumnBuilder[]): void {
  builders.sort((a, b) => a.attnum - b.attnum);
  for (let row = 0; row < bodies.length; row++) {
    const bytes = bodies[row] as Uint8Array;
    const columnCount = ((bytes[4] as number) << 8) | (bytes[5] as number);
    let at = BITMAP_AT + ((columnCount + 7) >>> 3);
    let attnum = 1;
    for (let b = 0; b < builders.length; b++) {
      const builder = builders[b] as ColumnBuilder;
      if (builder.attnum > columnCount) {
        builder.setMissing(row);
        continue;
      }
      for (; attnum < builder.attnum; attnum++) {
        if (!isNullBit(bytes, attnum)) at = endOfValue(bytes, at);
      }
      if (isNullBit(bytes, attnum)) builder.setNull(row);
      else at = builder.read(bytes, at, row);
      attnum++;
    }
  }
}

function isNullBit(bytes: Uint8Array, attnum: number): boolean {
  const position = attnum - 1;
  return ((bytes[BITMAP_AT + (position >>> 3)] as number) & (1 << (position & 7))) !== 0;
}
