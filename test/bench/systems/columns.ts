/** `CREATE TABLE` in each SQL dialect. */
import type { Column, ColumnKind, Table } from '../data/dataset.ts';

const POSTGRES: Readonly<Record<ColumnKind, string>> = {
  time: 'timestamptz',
  timestamp: 'timestamp',
  text: 'text',
  float: 'double precision',
  int: 'integer',
  smallint: 'smallint',
  bigint: 'bigint',
  date: 'date',
};

const DUCKDB: Readonly<Record<ColumnKind, string>> = {
  ...POSTGRES,
  // Without a zone: all times are UTC, and DuckDB keeps zones in an extension.
  time: 'TIMESTAMP',
  text: 'VARCHAR',
  float: 'DOUBLE',
};

export const CLICKHOUSE: Readonly<Record<ColumnKind, string>> = {
  time: "DateTime('UTC')",
  timestamp: "DateTime('UTC')",
  text: 'String',
  float: 'Float64',
  int: 'Int32',
  smallint: 'Int16',
  bigint: 'Int64',
  date: 'Date',
};

/** A column that belongs to rows of SQL, not only to lines of line protocol. */
export function sqlColumns(table: Table): readonly Column[] {
  return table.columns.filter((column) => column.only !== 'line');
}

export function createSql(table: Table, dialect: 'postgres' | 'duckdb'): string {
  const types = dialect === 'duckdb' ? DUCKDB : POSTGRES;
  const columns = sqlColumns(table).map(({ name, kind }) => {
    return `${name} ${types[kind]}${name === table.timeColumn ? ' NOT NULL' : ''}`;
  });
  return `CREATE TABLE ${table.name} (${columns.join(', ')})`;
}

/** Its usual advice: low cardinality for tags, sorted by series and time, default compression. */
export function createClickHouse(table: Table): string {
  const columns = sqlColumns(table).map((column) => `${column.name} ${clickHouseType(column)}`);
  const order = table.orderBy.join(', ');
  return (
    `CREATE TABLE ${table.name} (${columns.join(', ')}) ENGINE = MergeTree ORDER BY (${order})` +
    (table.columns.some((column) => column.nullable === true)
      ? ' SETTINGS allow_nullable_key = 1'
      : '')
  );
}

export function clickHouseType(column: Column): string {
  const type = CLICKHOUSE[column.kind];
  const inner = column.nullable === true ? `Nullable(${type})` : type;
  return column.tag === true ? `LowCardinality(${inner})` : inner;
}
