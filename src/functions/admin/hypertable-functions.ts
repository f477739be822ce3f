/**
 * TimescaleDB's functions over hypertables. They only carry their arguments to the engine
 * (`EngineAdmin.call`), which knows storage and the catalog.
 */
import { OID, sqlType, type Oid, type SqlType } from '../../types/type.ts';
import { PgRecord } from '../../types/pg-record.ts';
import type { Value } from '../../types/value.ts';
import type {
  CallInfo,
  FunctionColumn,
  ScalarFunction,
  SqlFunction,
  TableFunction,
} from '../function.ts';

interface AdminSpec {
  readonly name: string;
  readonly args: readonly (readonly [name: string, type: Oid])[];
  readonly optional: number;
  readonly columns: readonly (readonly [name: string, type: Oid])[];
  readonly returnsSet: boolean;
  /** The engine's operation, where it is not the function's name. */
  readonly operation?: string;
}

/** A function whose rows come from the engine; argument types are passed on after the values. */
function adminFunction(spec: AdminSpec): TableFunction {
  const columns: FunctionColumn[] = spec.columns.map(([name, oid]) => ({
    name,
    type: sqlType(oid),
  }));
  return {
    kind: 'table',
    name: spec.name,
    argTypes: spec.args.map(([, type]) => type),
    argNames: spec.args.map(([name]) => name),
    optionalArgs: spec.optional,
    returnType: columns.length === 1 ? (columns[0] as FunctionColumn).type.oid : OID.record,
    volatility: 'volatile',
    strict: false,
    columns: () => columns,
    returnsRecord: columns.length > 1,
    returnsSet: spec.returnsSet,
    async *rows(args, context, call) {
      const values: Value[] = spec.args.map((_, i) => args[i] ?? null);
      const types: Value[] = spec.args.map((_, i) => argumentType(call, i)?.oid ?? 0);
      yield* await context.admin.call(spec.operation ?? spec.name, [...values, ...types]);
    },
  };
}

function argumentType(call: CallInfo, i: number): SqlType | undefined {
  return call.argTypes[i];
}

/** by_range and by_hash describe a dimension; create_hypertable reads the record. */
function dimensionFunction(
  name: string,
  args: readonly (readonly [string, Oid])[],
  optional: number,
): ScalarFunction {
  return {
    kind: 'scalar',
    name,
    argTypes: args.map(([, type]) => type),
    argNames: args.map(([argName]) => argName),
    optionalArgs: optional,
    returnType: OID.record,
    strict: false,
    volatility: 'immutable',
    evaluate(values, _context, call) {
      const second = call.argTypes[1] ?? sqlType(OID.int8);
      return new PgRecord(
        [sqlType(OID.text), sqlType(OID.name), second, sqlType(OID.oid)],
        ['kind', 'column_name', 'argument', 'argument_type'],
        [name, values[0] ?? null, values[1] ?? null, second.oid],
      );
    },
  };
}

const CREATED: readonly (readonly [string, Oid])[] = [
  ['hypertable_id', OID.int4],
  ['schema_name', OID.name],
  ['table_name', OID.name],
  ['created', OID.bool],
];

export const hypertableFunctions: readonly SqlFunction[] = [
  dimensionFunction(
    'by_range',
    [
      ['column_name', OID.name],
      ['partition_interval', OID.anyelement],
    ],
    1,
  ),
  dimensionFunction(
    'by_hash',
    [
      ['column_name', OID.name],
      ['number_partitions', OID.int4],
    ],
    0,
  ),
  adminFunction({
    name: 'create_hypertable',
    operation: 'create_hypertable_dimension',
    args: [
      ['relation', OID.regclass],
      ['dimension', OID.record],
      ['create_default_indexes', OID.bool],
      ['if_not_exists', OID.bool],
      ['migrate_data', OID.bool],
    ],
    optional: 3,
    columns: [
      ['hypertable_id', OID.int4],
      ['created', OID.bool],
    ],
    returnsSet: false,
  }),
  adminFunction({
    name: 'create_hypertable',
    args: [
      ['relation', OID.regclass],
      ['time_column_name', OID.name],
      ['partitioning_column', OID.name],
      ['number_partitions', OID.int4],
      ['associated_schema_name', OID.name],
      ['associated_table_prefix', OID.name],
      ['chunk_time_interval', OID.anyelement],
      ['create_default_indexes', OID.bool],
      ['if_not_exists', OID.bool],
      ['partitioning_func', OID.regproc],
      ['migrate_data', OID.bool],
    ],
    optional: 9,
    columns: CREATED,
    returnsSet: false,
  }),
  adminFunction({
    name: 'set_chunk_time_interval',
    args: [
      ['hypertable', OID.regclass],
      ['chunk_time_interval', OID.anyelement],
      ['dimension_name', OID.name],
    ],
    optional: 1,
    columns: [['set_chunk_time_interval', OID.void]],
    returnsSet: false,
  }),
  adminFunction({
    name: 'add_dimension',
    args: [
      ['hypertable', OID.regclass],
      ['dimension', OID.record],
      ['if_not_exists', OID.bool],
    ],
    optional: 1,
    columns: [
      ['dimension_id', OID.int4],
      ['created', OID.bool],
    ],
    returnsSet: false,
  }),
  adminFunction({
    name: 'show_chunks',
    args: [
      ['relation', OID.regclass],
      ['older_than', OID.any],
      ['newer_than', OID.any],
    ],
    optional: 2,
    columns: [['show_chunks', OID.text]],
    returnsSet: true,
  }),
  adminFunction({
    name: 'drop_chunks',
    args: [
      ['relation', OID.regclass],
      ['older_than', OID.any],
      ['newer_than', OID.any],
      ['verbose', OID.bool],
    ],
    optional: 3,
    columns: [['drop_chunks', OID.text]],
    returnsSet: true,
  }),
  adminFunction({
    name: 'chunks_detailed_size',
    args: [['hypertable', OID.regclass]],
    optional: 0,
    columns: [
      ['chunk_schema', OID.name],
      ['chunk_name', OID.name],
      ['table_bytes', OID.int8],
      ['index_bytes', OID.int8],
      ['toast_bytes', OID.int8],
      ['total_bytes', OID.int8],
      ['node_name', OID.name],
    ],
    returnsSet: true,
  }),
];

function relationNumber(
  name: string,
  read: (
    relation: number,
    admin: { relationBytes(oid: Oid): number; relationRows(oid: Oid): number },
  ) => number,
): ScalarFunction {
  return {
    kind: 'scalar',
    name,
    argTypes: [OID.regclass],
    returnType: OID.int8,
    strict: true,
    volatility: 'volatile',
    evaluate: (args, context) => read(args[0] as number, context.admin),
  };
}

export const hypertableSizeFunctions: readonly SqlFunction[] = [
  relationNumber('hypertable_size', (relation, admin) => admin.relationBytes(relation)),
  relationNumber('approximate_row_count', (relation, admin) => admin.relationRows(relation)),
];
