/** timescaledb_information: hypertables, their dimensions and chunks, under TimescaleDB's column names. */
import type {
  ColumnDescriptor,
  HypertableDescriptor,
  TableDescriptor,
} from '../../../catalog/catalog.ts';
import { Interval } from '../../../types/interval.ts';
import { OID, type Oid } from '../../../types/type.ts';
import type { Int64, Value } from '../../../types/value.ts';
import type { SessionContext } from '../../session-context.ts';
import type { Row, VirtualTable } from '../virtual-table.ts';

const CHUNK_SCHEMA = '_timescaledb_internal';
const DAY_MICROS = 86_400_000_000;

export type Hypertable = TableDescriptor & { readonly hypertable: HypertableDescriptor };

export function* hypertables(session: SessionContext): Iterable<Hypertable> {
  for (const relation of session.catalog().relations()) {
    if (relation.kind !== 'table' || relation.hypertable === null) continue;
    yield { ...relation, hypertable: relation.hypertable };
  }
}

export function columnOf(table: TableDescriptor, attnum: number): ColumnDescriptor | undefined {
  return table.columns.find((column) => column.attnum === attnum);
}

export function schemaName(table: TableDescriptor, session: SessionContext): string | null {
  return session.catalog().schema(table.schema)?.name ?? null;
}

export function isIntegerType(type: Oid): boolean {
  return type === OID.int2 || type === OID.int4 || type === OID.int8;
}

/** A width or position in the time column's unit as microseconds; dates count days. */
export function toMicros(type: Oid, value: number): Int64 {
  return type === OID.date ? value * DAY_MICROS : value;
}

/** Whole days as days, as TimescaleDB shows them. */
function intervalOf(micros: number): Interval {
  const days = Math.trunc(micros / DAY_MICROS);
  return new Interval(0, days, micros - days * DAY_MICROS);
}

export const timescaleHypertables: VirtualTable = {
  schema: 'timescaledb_information',
  name: 'hypertables',
  columns:
    'hypertable_schema:name hypertable_name:name owner:name num_dimensions:int2 num_chunks:int8 ' +
    'compression_enabled:bool tablespaces:_name primary_dimension:name primary_dimension_type:regtype',
  *rows(session) {
    for (const table of hypertables(session)) {
      const time = columnOf(table, table.hypertable.timeColumn);
      yield [
        schemaName(table, session),
        table.name,
        session.catalog().role(table.owner)?.name ?? null,
        1 + table.hypertable.spaceDimensions.length,
        session.database.storage.chunks(table).length,
        true,
        null,
        time?.name ?? null,
        time?.type.oid ?? null,
      ];
    }
  },
};

function* dimensionRows(table: Hypertable, session: SessionContext): Iterable<Row> {
  const { timeColumn, chunkInterval, spaceDimensions } = table.hypertable;
  const schema = schemaName(table, session);
  const time = columnOf(table, timeColumn);
  const timeType = time?.type.oid ?? 0;
  const isInteger = isIntegerType(timeType);
  const width = Number(toMicros(timeType, chunkInterval));
  yield [
    schema,
    table.name,
    1,
    time?.name ?? null,
    timeType,
    'Time',
    isInteger ? null : intervalOf(width),
    isInteger ? chunkInterval : null,
    null,
    null,
  ];
  for (const [i, { column, partitions }] of spaceDimensions.entries()) {
    const space = columnOf(table, column);
    yield [
      schema,
      table.name,
      i + 2,
      space?.name ?? null,
      space?.type.oid ?? null,
      'Space',
      null,
      null,
      null,
      partitions,
    ];
  }
}

export const timescaleDimensions: VirtualTable = {
  schema: 'timescaledb_information',
  name: 'dimensions',
  columns:
    'hypertable_schema:name hypertable_name:name dimension_number:int8 column_name:name column_type:regtype ' +
    'dimension_type:text time_interval:interval integer_interval:int8 integer_now_func:name num_partitions:int2',
  *rows(session) {
    for (const table of hypertables(session)) yield* dimensionRows(table, session);
  },
};

function* chunkRows(table: Hypertable, session: SessionContext): Iterable<Row> {
  const time = columnOf(table, table.hypertable.timeColumn);
  const type = time?.type.oid ?? 0;
  for (const chunk of session.database.storage.chunks(table)) {
    const range: Value[] = isIntegerType(type)
      ? [null, null, chunk.rangeStart, chunk.rangeEnd]
      : [toMicros(type, chunk.rangeStart), toMicros(type, chunk.rangeEnd), null, null];
    yield [
      schemaName(table, session),
      table.name,
      CHUNK_SCHEMA,
      chunk.name,
      time?.name ?? null,
      type,
      ...range,
      chunk.rows > 0 && chunk.headRows === 0,
      null,
      null,
    ];
  }
}

export const timescaleChunks: VirtualTable = {
  schema: 'timescaledb_information',
  name: 'chunks',
  columns:
    'hypertable_schema:name hypertable_name:name chunk_schema:name chunk_name:name primary_dimension:name ' +
    'primary_dimension_type:regtype range_start:timestamptz range_end:timestamptz range_start_integer:int8 ' +
    'range_end_integer:int8 is_compressed:bool chunk_tablespace:name chunk_creation_time:timestamptz',
  *rows(session) {
    for (const table of hypertables(session)) yield* chunkRows(table, session);
  },
};
