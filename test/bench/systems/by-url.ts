/**
 * TimescaleDB and QuestDB, where a connection string to an empty database is given in TIMESCALE_URL or
 * QUESTDB_URL. Tables of the bench are dropped before and after.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { ColumnKind, Table } from '../data/dataset.ts';
import { HttpClient } from '../lib/http-client.ts';
import { RawClient, type Endpoint } from '../lib/raw-client.ts';
import { createSql, sqlColumns } from './columns.ts';
import { WireSystem, type WireTraits } from './postgres-wire.ts';
import type { StartOptions, SystemStarter } from './system.ts';
import { primaryKey } from './varve.ts';

function endpointOf(text: string, defaults: { port: number; user: string }): Endpoint {
  const url = new URL(text);
  return {
    host: url.hostname,
    port: Number(url.port === '' ? defaults.port : url.port),
    user: decodeURIComponent(url.username === '' ? defaults.user : url.username),
    database: url.pathname.length > 1 ? url.pathname.slice(1) : 'postgres',
    password: decodeURIComponent(url.password),
  };
}

interface UrlTraits extends Pick<
  WireTraits,
  'dialect' | 'title' | 'forms' | 'createSql' | 'settleSql' | 'storedBytes' | 'load'
> {}

async function connect(
  endpoint: Endpoint,
  traits: UrlTraits,
  options: StartOptions,
): Promise<WireSystem> {
  const probe = await RawClient.connect(endpoint);
  let version = '';
  await probe.query('SELECT version()', ([text]) => (version = text ?? ''));
  const created: string[] = [];
  return WireSystem.connect(
    endpoint,
    {
      ...traits,
      version: version.split(' on ')[0],
      pid: undefined,
      createSql: (table) => {
        created.push(table.name);
        return [`DROP TABLE IF EXISTS ${table.name}`, ...traits.createSql(table)];
      },
      stop: async () => {
        for (const name of created) await probe.query(`DROP TABLE IF EXISTS ${name}`);
        probe.close();
      },
    },
    options,
  );
}

export const timescale: SystemStarter = {
  dialect: 'timescale',
  title: 'TimescaleDB',
  start: async (options) => {
    const url = process.env['TIMESCALE_URL'];
    if (url === undefined) return 'TIMESCALE_URL is not set';
    return connect(endpointOf(url, { port: 5432, user: 'postgres' }), TIMESCALE, options);
  },
};

/** Chunks are compressed after the load, by series and time, as its makers advise. */
const TIMESCALE: UrlTraits = {
  dialect: 'timescale',
  title: 'TimescaleDB',
  forms: ['text', 'binary', 'insert'],
  createSql: (table) => [
    createSql(table, 'postgres'),
    ...primaryKey(table),
    ...(table.timeColumn === undefined ? [] : hypertable(table, table.timeColumn)),
  ],
  settleSql: (tables) => [
    ...tables
      .filter(({ timeColumn }) => timeColumn !== undefined)
      .map(({ name }) => `SELECT compress_chunk(c) FROM show_chunks('${name}') c`),
    ...tables.map(({ name }) => `VACUUM ANALYZE ${name}`),
  ],
  storedBytes: async (tables, system) => {
    const sizes = tables.map(({ name, timeColumn }) =>
      timeColumn === undefined ? `pg_total_relation_size('${name}')` : `hypertable_size('${name}')`,
    );
    return Number(await system.scalar(`SELECT ${sizes.join(' + ')}`));
  },
};

function hypertable(table: Table, timeColumn: string): string[] {
  const { name, indexes, orderBy } = table;
  const chunk = table.chunkInterval ?? '12 hours';
  const time = timeColumn.toLowerCase();
  const [series] = orderBy;
  return [
    `SELECT create_hypertable('${name}', '${time}', chunk_time_interval => INTERVAL '${chunk}', create_default_indexes => FALSE)`,
    ...indexes.map((columns) => `CREATE INDEX ON ${name} (${columns.join(', ')})`),
    `ALTER TABLE ${name} SET (timescaledb.compress, timescaledb.compress_segmentby = '${series.toLowerCase()}', timescaledb.compress_orderby = '${time}')`,
  ];
}

export const questdb: SystemStarter = {
  dialect: 'questdb',
  title: 'QuestDB',
  start: async (options) => {
    const url = process.env['QUESTDB_URL'];
    if (url === undefined) return 'QUESTDB_URL is not set';
    const endpoint = endpointOf(url, { port: 8812, user: 'admin' });
    return connect(endpoint, QUESTDB, options);
  },
};

const QUESTDB_TYPES: Readonly<Record<ColumnKind, string>> = {
  time: 'TIMESTAMP',
  timestamp: 'TIMESTAMP',
  text: 'VARCHAR',
  float: 'DOUBLE',
  int: 'INT',
  smallint: 'SHORT',
  bigint: 'LONG',
  date: 'DATE',
};

/** Rows go in as line protocol over its HTTP port, 9000 on the same machine. */
const QUESTDB: UrlTraits = {
  dialect: 'questdb',
  title: 'QuestDB',
  forms: ['line'],
  createSql: (table) => {
    const columns = sqlColumns(table).map(
      ({ name, kind, tag }) => `${name} ${tag === true ? 'SYMBOL' : QUESTDB_TYPES[kind]}`,
    );
    const partitions =
      table.timeColumn === undefined ? '' : ` TIMESTAMP(${table.timeColumn}) PARTITION BY DAY WAL`;
    return [`CREATE TABLE ${table.name} (${columns.join(', ')})${partitions}`];
  },
  settleSql: () => [],
  storedBytes: async (tables, system) => {
    const names = tables.map(({ name }) => `'${name}'`).join(', ');
    const sql = `SELECT sum(diskSize) FROM table_partitions(${names})`;
    return Number(await system.scalar(sql).catch(() => null));
  },
  load: async (file) => {
    const client = new HttpClient(9000);
    const handle = openSync(file.path, 'r');
    for (const { offset, bytes } of file.sections) {
      const body = Buffer.allocUnsafe(bytes);
      readSync(handle, body, 0, bytes, offset);
      await client.post('/write?precision=n', body);
    }
    closeSync(handle);
    client.close();
  },
};
