/**
 * Rows of ordinary tables as bytes (docs/format/row-store.md): schema version, column count, null
 * bitmap, then each value behind its length, by attnum. A row knows how many columns it was written
 * with, so ADD and DROP COLUMN never rewrite.
 */
import { ByteWriter } from '../../base/byte-writer.ts';
import { finishInTurns, type Stepped } from '../../base/steps.ts';
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
import type { Turns } from '../turns.ts';
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
  const builders = columnBuilders(table, rows, attnums);
  if (builders.length > 0) fillRows(rows.bodies, 0, rows.bodies.length, builders);
  return finishBatch(table, rows, attnums, builders);
}

/** What rows may take together that are decoded in one go: most batches do. */
const QUICK_BYTES = 256 * 1024;
/** Bytes of the rows that are decoded in one step. */
const STEP_BYTES = 64 * 1024;
/** A row that may itself take steps. */
const HEAVY_BYTES = 16 * 1024;

/** The same, where rows may be large: these in steps, with the turns of others between them. */
export function decodeInTurns(
  table: TableDescriptor,
  rows: EncodedRows,
  attnums: readonly number[],
  turns: Pick<Turns, 'checkpoint'>,
): Batch | Promise<Batch> {
  let bytes = 0;
  for (let row = 0; row < rows.bodies.length; row++)
    bytes += (rows.bodies[row] as Uint8Array).length;
  if (bytes <= QUICK_BYTES) return decodeRows(table, rows, attnums);
  return finishInTurns(decodeSteps(table, rows, attnums), () => turns.checkpoint());
}

function* decodeSteps(
  table: TableDescriptor,
  rows: EncodedRows,
  attnums: readonly number[],
): Stepped<Batch> {
  const builders = columnBuilders(table, rows, attnums);
  const { bodies } = rows;
  for (let row = 0; row < bodies.length;) {
    const end = endOfStep(bodies, row);
    const first = bodies[row] as Uint8Array;
    if (first.length > HEAVY_BYTES) yield* fillRowSteps(first, row, builders);
    else fillRows(bodies, row, end, builders);
    yield;
    row = end;
  }
  return finishBatch(table, rows, attnums, builders);
}

/** Where the rows of a step end: one that is heavy by itself, or light ones of some bytes together. */
function endOfStep(bodies: readonly Uint8Array[], start: number): number {
  let left = STEP_BYTES - (bodies[start] as Uint8Array).length;
  let end = start + 1;
  if (STEP_BYTES - left > HEAVY_BYTES) return end;
  for (; end < bodies.length && left > 0; end++) {
    const { length } = bodies[end] as Uint8Array;
    if (length > HEAVY_BYTES) break;
    left -= length;
  }
  return end;
}

/** A builder for each of the table's own columns among these, in their order. */
function columnBuilders(
  table: TableDescriptor,
  { bodies: { length } }: EncodedRows,
  attnums: readonly number[],
): readonly ColumnBuilder[] {
  const own = [...new Set(attnums)].filter((attnum) => attnum > 0).sort((a, b) => a - b);
  return own.map((attnum) => {
    const column = table.columns[attnum - 1];
    if (column === undefined) throw new InternalError(`no column ${attnum} in "${table.name}"`);
    return new ColumnBuilder(column, length);
  });
}

function finishBatch(
  table: TableDescriptor,
  rows: EncodedRows,
  attnums: readonly number[],
  builders: readonly ColumnBuilder[],
): Batch {
  const { length } = rows.bodies;
  const columns = attnums.map((attnum): Vector => {
    if (attnum === ROW_REF_ATTNUM) return rowRefVector(Float64Array.from(rows.refs));
    if (attnum === TABLE_OID_ATTNUM) return tableOidVector(table.oid, length);
    const builder = builders.find((each) => each.attnum === attnum);
    if (builder === undefined) throw new InternalError(`no hidden column ${attnum}`);
    return builder.finish();
  });
  return { columns, length };
}

/** Where a row's null bitmap starts. */
const BITMAP_AT = 6;

function fillRows(
  bodies: readonly Uint8Array[],
  start: number,
  end: number,
  builders: readonly ColumnBuilder[],
): void {
  for (let row = start; row < end; row++) {
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

/** The same of one row, with a yield at least every few milliseconds. */
function* fillRowSteps(
  bytes: Uint8Array,
  row: number,
  builders: readonly ColumnBuilder[],
): Stepped<void> {
  const columnCount = ((bytes[4] as number) << 8) | (bytes[5] as number);
  let at = BITMAP_AT + ((columnCount + 7) >>> 3);
  let attnum = 1;
  for (const builder of builders) {
    if (builder.attnum > columnCount) {
      builder.setMissing(row);
      continue;
    }
    for (; attnum < builder.attnum; attnum++) {
      if (!isNullBit(bytes, attnum)) at = endOfValue(bytes, at);
    }
    if (isNullBit(bytes, attnum)) builder.setNull(row);
    else at = yield* builder.readSteps(bytes, at, row);
    attnum++;
  }
}

function isNullBit(bytes: Uint8Array, attnum: number): boolean {
  const position = attnum - 1;
  return ((bytes[BITMAP_AT + (position >>> 3)] as number) & (1 << (position & 7))) !== 0;
}
