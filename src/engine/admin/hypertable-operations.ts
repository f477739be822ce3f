/** create_hypertable, drop_chunks and the rest, over the catalog and storage. */
import type { HypertableDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import { Interval } from '../../types/interval.ts';
import { PgRecord } from '../../types/pg-record.ts';
import { OID, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { codecFor } from '../../types/codecs.ts';
import {
  chunkIntervalFromMicros,
  defaultChunkInterval,
  requireTimeColumn,
  requireUniqueHasTime,
} from '../ddl/hypertable-options.ts';
import { createTimeIndex } from '../ddl/hypertable-index.ts';
import { replaceStorage } from '../ddl/truncate.ts';
import { intervalMicros } from '../interval-text.ts';
import { requireOwner } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import type { Operation, Rows } from './engine-admin.ts';
import { NEUTRAL_FORMAT } from '../../types/neutral-format.ts';

const DAY_MICROS = 86_400_000_000;
const CHUNK_SCHEMA = '_timescaledb_internal';

function mustTable(session: SessionContext, oid: Value): TableDescriptor {
  if (oid === null) throw dbError('invalid_parameter_value', 'relation cannot be NULL');
  const relation = session.catalog().relation(Number(oid));
  if (relation === undefined)
    throw dbError('undefined_table', `relation with OID ${String(oid)} does not exist`);
  if (relation.kind === 'table') return relation;
  throw dbError('wrong_object_type', `"${relation.name}" is not a table`);
}

function mustHypertable(
  session: SessionContext,
  oid: Value,
): TableDescriptor & { hypertable: HypertableDescriptor } {
  const table = mustTable(session, oid);
  if (table.hypertable !== null) return { ...table, hypertable: table.hypertable };
  throw dbError('invalid_parameter_value', `"${table.name}" is not a hypertable`);
}

interface CreateRequest {
  readonly table: Value;
  readonly timeColumn: string;
  readonly interval: Value;
  readonly intervalType: Oid;
  readonly spaceColumn: string | null;
  readonly partitions: number;
  readonly defaultIndexes: boolean;
  readonly ifNotExists: boolean;
  readonly migrateData: boolean;
}

/** Returns the table and whether it became a hypertable now. */
async function createHypertable(
  session: SessionContext,
  request: CreateRequest,
): Promise<{ table: TableDescriptor; created: boolean }> {
  const transaction = session.transaction.current();
  const before = mustTable(session, request.table);
  requireOwner(session, before);
  if (before.hypertable !== null) {
    if (!request.ifNotExists) {
      throw dbError('duplicate_object', `table "${before.name}" is already a hypertable`);
    }
    session.notice('NOTICE', `table "${before.name}" is already a hypertable, skipping`);
    return { table: before, created: false };
  }
  await transaction.lockTable(before.oid, 'exclusive', 'block');
  await transaction.changeCatalog([]);
  const table = mustTable(session, request.table);
  const column = requireTimeColumn(table.columns, request.timeColumn);
  requireUniqueHasTime(table.name, column, session.catalog().indexesOf(table.oid));
  const rows = session.database.storage.statistics(table).rows;
  const empty = rows === 0 && !(await hasRows(session, table));
  if (!empty && !request.migrateData) {
    throw dbError('feature_not_supported', {
      message: `table "${table.name}" is not empty`,
      hint: "You can migrate data by specifying 'migrate_data => true' when calling this function.",
    });
  }
  const hypertable: HypertableDescriptor = {
    timeColumn: column.attnum,
    chunkInterval: chunkInterval(column.type.oid, request.interval, request.intervalType),
    segmentBy: null,
    spaceDimensions:
      request.spaceColumn === null
        ? []
        : [{ column: mustColumn(table, request.spaceColumn), partitions: request.partitions }],
  };
  await convert(session, table, hypertable, column.attnum, empty);
  const after = mustTable(session, request.table);
  if (request.defaultIndexes) await createTimeIndex(session, after);
  return { table: after, created: true };
}

async function hasRows(session: SessionContext, table: TableDescriptor): Promise<boolean> {
  const request = { attnums: [], predicates: [], timeOrder: null };
  for await (const batch of session.transaction.current().scan(table, request)) {
    if (batch.length > 0) return true;
  }
  return false;
}

/** Gives the table hypertable storage and moves its rows there. */
async function convert(
  session: SessionContext,
  table: TableDescriptor,
  hypertable: HypertableDescriptor,
  timeColumn: number,
  empty: boolean,
): Promise<void> {
  const transaction = session.transaction.current();
  const columns = table.columns.map((column) =>
    column.attnum === timeColumn ? { ...column, notNull: true } : column,
  );
  await transaction.changeCatalog([{ change: 'put', object: { ...table, columns, hypertable } }]);
  await replaceStorage(session, { ...table, columns, hypertable });
  if (empty) return;
  const target = mustTable(session, table.oid);
  const attnums = table.columns
    .filter((column) => column.dropped !== true)
    .map((column) => column.attnum);
  for await (const batch of transaction.scan(table, { attnums, predicates: [], timeOrder: null })) {
    await transaction.insert(target, batch, { onConflict: 'error', arbiters: [] });
  }
}

function mustColumn(table: TableDescriptor, name: string): number {
  const column = table.columns.find(
    (candidate) => candidate.name === name && candidate.dropped !== true,
  );
  if (column !== undefined) return column.attnum;
  throw dbError('undefined_column', `column "${name}" does not exist`);
}

/** A chunk width given as interval, integer or text, in the time column's unit. */
function chunkInterval(timeType: Oid, value: Value, valueType: Oid): number {
  if (value === null) return defaultChunkInterval(timeType);
  if (value instanceof Interval) {
    if (timeType === OID.int2 || timeType === OID.int4 || timeType === OID.int8) {
      throw dbError('invalid_parameter_value', 'invalid interval type for integer dimension');
    }
    return chunkIntervalFromMicros(timeType, intervalMicros(value));
  }
  if (typeof value === 'string') {
    const parsed = codecFor(OID.interval).parseText(value, -1, NEUTRAL_FORMAT);
    return chunkInterval(timeType, parsed, OID.interval);
  }
  const width = Number(value);
  if (
    !Number.isSafeInteger(width) ||
    width <= 0 ||
    typeof value === 'boolean' ||
    valueType === OID.bool
  ) {
    throw dbError(
      'invalid_parameter_value',
      'invalid interval: must be between 1 and 9007199254740991',
    );
  }
  return timeType === OID.date ? Math.max(1, Math.round(width / DAY_MICROS)) : width;
}

function schemaNameOf(session: SessionContext, table: TableDescriptor): string {
  return session.catalog().schema(table.schema)?.name ?? '';
}

const createByColumn: Operation = async (session, args) => {
  const [relation, time, space, partitions, , , interval, indexes, ifNotExists, , migrate] = args;
  if (time === null || time === undefined) {
    throw dbError('invalid_parameter_value', 'partition column cannot be NULL');
  }
  const { table, created } = await createHypertable(session, {
    table: relation ?? null,
    timeColumn: String(time),
    interval: interval ?? null,
    intervalType: Number(args[11 + 6] ?? 0),
    spaceColumn: space === null || space === undefined ? null : String(space),
    partitions: Number(partitions ?? 1),
    defaultIndexes: indexes !== false,
    ifNotExists: ifNotExists === true,
    migrateData: migrate === true,
  });
  return [[table.oid, schemaNameOf(session, table), table.name, created]];
};

const createByDimension: Operation = async (session, args) => {
  const [relation, dimension, indexes, ifNotExists, migrate] = args;
  const { kind, column, argument, argumentType } = readDimension(dimension ?? null);
  if (kind !== 'by_range')
    throw dbError('invalid_parameter_value', 'the first dimension must be by_range');
  const { table, created } = await createHypertable(session, {
    table: relation ?? null,
    timeColumn: column,
    interval: argument,
    intervalType: argumentType,
    spaceColumn: null,
    partitions: 1,
    defaultIndexes: indexes !== false,
    ifNotExists: ifNotExists === true,
    migrateData: migrate === true,
  });
  return [[table.oid, created]];
};

function readDimension(value: Value): {
  kind: string;
  column: string;
  argument: Value;
  argumentType: Oid;
} {
  if (!(value instanceof PgRecord) || value.names[0] !== 'kind') {
    throw dbError(
      'invalid_parameter_value',
      'dimension must be given with by_range() or by_hash()',
    );
  }
  const [kind, column, argument, argumentType] = value.values;
  return {
    kind: String(kind),
    column: String(column),
    argument: argument ?? null,
    argumentType: Number(argumentType),
  };
}

const setChunkInterval: Operation = async (session, args) => {
  await session.transaction.current().changeCatalog([]);
  const table = mustHypertable(session, args[0] ?? null);
  requireOwner(session, table);
  const time = table.columns.find((column) => column.attnum === table.hypertable.timeColumn);
  const width = chunkInterval(time?.type.oid ?? 0, args[1] ?? null, Number(args[4] ?? 0));
  const { chunkInterval: current } = table.hypertable;
  if (width !== current && session.database.storage.chunks(table).length > 0) {
    throw notSupported('set_chunk_time_interval on a hypertable that has chunks');
  }
  await session.transaction.current().changeCatalog([
    {
      change: 'put',
      object: { ...table, hypertable: { ...table.hypertable, chunkInterval: width } },
    },
  ]);
  return [['']];
};

const addDimension: Operation = async (session, args) => {
  await session.transaction.current().changeCatalog([]);
  const table = mustHypertable(session, args[0] ?? null);
  requireOwner(session, table);
  const { kind, column, argument } = readDimension(args[1] ?? null);
  if (kind !== 'by_hash') throw notSupported('a second range dimension');
  const attnum = mustColumn(table, column);
  if (table.hypertable.spaceDimensions.some((dimension) => dimension.column === attnum)) {
    if (args[2] !== true)
      throw dbError('duplicate_object', `column "${column}" is already a dimension`);
    return [[table.hypertable.spaceDimensions.length + 1, false]];
  }
  const spaceDimensions = [
    ...table.hypertable.spaceDimensions,
    { column: attnum, partitions: Number(argument ?? 1) },
  ];
  await session.transaction
    .current()
    .changeCatalog([
      { change: 'put', object: { ...table, hypertable: { ...table.hypertable, spaceDimensions } } },
    ]);
  return [[spaceDimensions.length + 1, true]];
};

/** older_than / newer_than as a point in the time column's unit; an interval counts back from now. */
function timePoint(
  session: SessionContext,
  timeType: Oid,
  value: Value,
  valueType: Oid,
): number | null {
  if (value === null) return null;
  const { format, transactionMicros } = session.evalContext();
  const isInteger = timeType === OID.int2 || timeType === OID.int4 || timeType === OID.int8;
  if (value instanceof Interval) {
    if (isInteger)
      throw dbError(
        'invalid_parameter_value',
        'can only use an INTERVAL with a time column of a timestamp or date type',
      );
    const micros = transactionMicros - intervalMicros(value);
    return timeType === OID.date ? Math.floor(micros / DAY_MICROS) : micros;
  }
  if (typeof value === 'string') {
    return Number(codecFor(timeType).parseText(value, -1, format));
  }
  const number = Number(value);
  if (isInteger) return number;
  const isDate = valueType === OID.date;
  if (timeType === OID.date) return isDate ? number : Math.floor(number / DAY_MICROS);
  return isDate ? number * DAY_MICROS : number;
}

interface ChunkBounds {
  readonly table: TableDescriptor & { hypertable: HypertableDescriptor };
  readonly from: number | null;
  readonly to: number | null;
}

function chunkBounds(
  session: SessionContext,
  args: readonly Value[],
  argCount: number,
): ChunkBounds {
  const table = mustHypertable(session, args[0] ?? null);
  const timeType =
    table.columns.find((column) => column.attnum === table.hypertable.timeColumn)?.type.oid ?? 0;
  return {
    table,
    to: timePoint(session, timeType, args[1] ?? null, Number(args[argCount + 1] ?? 0)),
    from: timePoint(session, timeType, args[2] ?? null, Number(args[argCount + 2] ?? 0)),
  };
}

const showChunks: Operation = (session, args) => {
  const { table, from, to } = chunkBounds(session, args, 3);
  return session.database.storage
    .chunks(table)
    .filter(
      (chunk) =>
        (to === null || chunk.rangeEnd <= to) && (from === null || chunk.rangeStart >= from),
    )
    .map((chunk) => [`${CHUNK_SCHEMA}.${chunk.name}`]);
};

const dropChunks: Operation = async (session, args) => {
  const { table, from, to } = chunkBounds(session, args, 4);
  if (from === null && to === null) {
    throw dbError('invalid_parameter_value', {
      message: 'invalid time range for dropping chunks',
      hint: 'At least one of older_than and newer_than must be provided.',
    });
  }
  requireOwner(session, table);
  const transaction = session.transaction.current();
  await transaction.lockTable(table.oid, 'exclusive', 'block');
  const names = await transaction.dropChunks(table, from, to);
  return names.map((name) => [`${CHUNK_SCHEMA}.${name}`]);
};

const chunkSizes: Operation = (session, args): Rows => {
  const table = mustHypertable(session, args[0] ?? null);
  return session.database.storage
    .chunks(table)
    .map((chunk) => [CHUNK_SCHEMA, chunk.name, chunk.bytes, 0, 0, chunk.bytes, null]);
};

export const hypertableOperations: readonly (readonly [string, Operation])[] = [
  ['create_hypertable', createByColumn],
  ['create_hypertable_dimension', createByDimension],
  ['set_chunk_time_interval', setChunkInterval],
  ['add_dimension', addDimension],
  ['show_chunks', showChunks],
  ['drop_chunks', dropChunks],
  ['chunks_detailed_size', chunkSizes],
];
