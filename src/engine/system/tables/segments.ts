/** varve.segments and varve.segment_columns: how the hypertables that one may read are stored. */
import { OID } from '../../../types/type.ts';
import { PgArray } from '../../../types/pg-array.ts';
import type { Value } from '../../../types/value.ts';
import { hasPrivilege } from '../../privileges.ts';
import type { SessionContext } from '../../session-context.ts';
import type { VirtualTable } from '../virtual-table.ts';
import {
  columnOf,
  hypertables,
  isIntegerType,
  schemaName,
  toMicros,
  type Hypertable,
} from './timescaledb.ts';

function* readableHypertables(session: SessionContext): Iterable<Hypertable> {
  for (const table of hypertables(session)) {
    if (hasPrivilege(session, table, 'r')) yield table;
  }
}

/** Timestamps and dates in the first two columns, integers in the other two. */
function timesOf(table: Hypertable, minTime: number, maxTime: number): Value[] {
  const type = columnOf(table, table.hypertable.timeColumn)?.type.oid ?? 0;
  if (minTime > maxTime) return [null, null, null, null];
  return isIntegerType(type)
    ? [null, null, minTime, maxTime]
    : [toMicros(type, minTime), toMicros(type, maxTime), null, null];
}

function namesOf(table: Hypertable, attnums: readonly number[]): PgArray {
  return new PgArray(
    OID.name,
    attnums.map((attnum) => columnOf(table, attnum)?.name ?? null),
  );
}

export const segments: VirtualTable = {
  schema: 'varve',
  name: 'segments',
  columns:
    'hypertable_schema:name hypertable_name:name chunk_name:name segment_id:int8 rows:int8 deleted_rows:int8 ' +
    'bytes:int8 min_time:timestamptz max_time:timestamptz min_time_integer:int8 max_time_integer:int8 ' +
    'series:int8 segment_by:_name is_compacted:bool',
  async *rows(session) {
    for (const table of readableHypertables(session)) {
      for await (const segment of session.database.storage.segments(table)) {
        const isHead = segment.id === 0;
        yield [
          schemaName(table, session),
          table.name,
          segment.chunk,
          isHead ? null : segment.id,
          segment.rows,
          segment.deletedRows,
          segment.bytes,
          ...timesOf(table, segment.minTime, segment.maxTime),
          isHead ? null : segment.series,
          isHead ? null : namesOf(table, segment.segmentBy),
          segment.isCompacted,
        ];
      }
    }
  },
};

export const segmentColumns: VirtualTable = {
  schema: 'varve',
  name: 'segment_columns',
  columns:
    'hypertable_schema:name hypertable_name:name chunk_name:name segment_id:int8 column_name:name ' +
    'blocks:int4 bytes:int8 encodings:_text',
  async *rows(session) {
    for (const table of readableHypertables(session)) {
      for await (const column of session.database.storage.segmentColumns(table)) {
        yield [
          schemaName(table, session),
          table.name,
          column.chunk,
          column.segment,
          columnOf(table, column.attnum)?.name ?? null,
          column.blocks,
          column.bytes,
          new PgArray(OID.text, column.encodings),
        ];
      }
    }
  },
};
