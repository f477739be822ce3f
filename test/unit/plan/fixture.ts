/** A small catalog and a way to bind and plan statements over it. */
import type {
  CatalogChange,
  ColumnDescriptor,
  IndexDescriptor,
  TableDescriptor,
  ViewDescriptor,
} from '../../../src/catalog/catalog.ts';
import { PUBLIC_SCHEMA_OID } from '../../../src/catalog/catalog.ts';
import { emptyCatalog } from '../../../src/catalog/snapshot.ts';
import { builtinRegistry } from '../../../src/functions/registry.ts';
import { initParser, parseStatements } from '../../../src/parse/parser.ts';
import {
  bindStatement,
  type BindEnvironment,
  type BoundStatement,
} from '../../../src/plan/binder.ts';
import { planStatement } from '../../../src/plan/physical-builder.ts';
import type { PhysicalPlan } from '../../../src/plan/physical.ts';
import { OID, sqlType, type Oid } from '../../../src/types/type.ts';
import { NEUTRAL_FORMAT } from '../../../src/types/neutral-format.ts';

export const FORMAT = NEUTRAL_FORMAT;

function column(
  attnum: number,
  name: string,
  oid: Oid,
  more: Partial<ColumnDescriptor> = {},
): ColumnDescriptor {
  return {
    attnum,
    name,
    type: sqlType(oid),
    notNull: false,
    defaultSql: null,
    identity: '',
    ...more,
  };
}

function table(
  oid: Oid,
  name: string,
  columns: ColumnDescriptor[],
  more: Partial<TableDescriptor> = {},
): TableDescriptor {
  return {
    kind: 'table',
    oid,
    name,
    schema: PUBLIC_SCHEMA_OID,
    owner: 10,
    rowType: oid + 1,
    rowArrayType: oid + 2,
    columns,
    constraints: [],
    hypertable: null,
    persistence: 'permanent',
    options: [],
    schemaVersion: 1,
    storageId: oid,
    ...more,
  };
}

export const CUSTOMERS = table(
  20000,
  'customers',
  [
    column(1, 'id', OID.int4, { notNull: true }),
    column(2, 'name', OID.text, { notNull: true }),
    column(3, 'email', OID.varchar, { type: sqlType(OID.varchar, 84) }),
    column(4, 'score', OID.numeric, { type: sqlType(OID.numeric, ((10 << 16) | 2) + 4) }),
  ],
  {
    constraints: [
      { kind: 'primary', oid: 20008, name: 'customers_pkey', index: 20009, columns: [1] },
      {
        kind: 'check',
        oid: 20007,
        name: 'customers_score_check',
        sql: '(score > (0)::numeric)',
        columns: [4],
      },
    ],
  },
);

export const ORDERS = table(20010, 'orders', [
  column(1, 'id', OID.int8, { notNull: true, identity: 'a', identitySequence: 20050 }),
  column(2, 'customer_id', OID.int4),
  column(3, 'placed', OID.timestamptz, { notNull: true, defaultSql: 'now()' }),
  column(4, 'total', OID.float8, { defaultSql: '0' }),
  column(5, 'tags', OID.textArray),
]);

export const CONDITIONS = table(
  20020,
  'conditions',
  [
    column(1, 'time', OID.timestamptz, { notNull: true }),
    column(2, 'device', OID.text),
    column(3, 'temperature', OID.float8),
    column(4, 'humidity', OID.float8),
  ],
  {
    hypertable: { timeColumn: 1, chunkInterval: 86400e6 * 7, segmentBy: null, spaceDimensions: [] },
  },
);

const PKEY: IndexDescriptor = {
  kind: 'index',
  oid: 20009,
  name: 'customers_pkey',
  schema: PUBLIC_SCHEMA_OID,
  table: 20000,
  keys: [{ column: 1, descending: false, nullsFirst: false }],
  include: [],
  unique: true,
  primary: true,
  nullsNotDistinct: false,
  method: 'btree',
  storageId: 1,
};
const BY_CUSTOMER: IndexDescriptor = {
  ...PKEY,
  oid: 20019,
  name: 'orders_customer_idx',
  table: 20010,
  unique: false,
  primary: false,
  keys: [
    { column: 2, descending: false, nullsFirst: false },
    { column: 3, descending: false, nullsFirst: false },
  ],
};
const RICH: ViewDescriptor = {
  kind: 'view',
  oid: 20030,
  name: 'rich',
  schema: PUBLIC_SCHEMA_OID,
  owner: 10,
  rowType: 20031,
  rowArrayType: 20032,
  columns: [column(1, 'id', OID.int4), column(2, 'total', OID.float8)],
  sql: 'SELECT c.id, sum(o.total) AS total FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id',
  searchPath: ['public'],
};

export async function planner() {
  await initParser();
  const objects = [CUSTOMERS, ORDERS, CONDITIONS, PKEY, BY_CUSTOMER, RICH];
  const catalog = emptyCatalog('test').apply(
    objects.map((object): CatalogChange => ({ change: 'put', object })),
  );
  const environment = (sql: string, parameterTypes: Oid[] = []): BindEnvironment => ({
    catalog,
    registry: builtinRegistry,
    searchPath: [PUBLIC_SCHEMA_OID],
    format: FORMAT,
    parameterTypes,
    sql,
    statistics: (relation) => (relation.name === 'customers' ? 100 : 100000),
  });
  const bind = (sql: string, types: Oid[] = []): BoundStatement =>
    bindStatement(parseStatements(sql)[0], environment(sql, types));
  const plan = (sql: string, types: Oid[] = []): PhysicalPlan => {
    const env = environment(sql, types);
    return planStatement(bindStatement(parseStatements(sql)[0], env), env);
  };
  return { bind, plan, environment, catalog };
}
