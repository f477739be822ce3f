/** InfluxDB 1.x from Debian's package; it fsyncs its log before it acknowledges, as by default. */
import { spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { AnswerCollector, type Answer } from '../answers/answer.ts';
import type { DataFile } from '../encode/files.ts';
import type { HttpClient } from '../lib/http-client.ts';
import { diskBytes } from '../lib/process-stats.ts';
import { freePort } from './child.ts';
import {
  ensureProgram,
  LineProtocolSystem,
  spawnQuietly,
  startHttpProcess,
  type HttpTraits,
} from './line-protocol-system.ts';
import type { AskOptions, SystemStarter } from './system.ts';

interface Series {
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly (string | number | null)[])[];
}

interface Chunk {
  readonly results: readonly { readonly series?: readonly Series[]; readonly error?: string }[];
  readonly error?: string;
}

export const influx: SystemStarter = {
  dialect: 'influx',
  title: 'InfluxDB 1.6',
  start: async ({ scratch }) => {
    const missing = ensureProgram('influxd', 'influxdb');
    if (missing !== undefined) return missing;
    const started = await startHttpProcess(scratch, 'influx', spawnInflux, '/ping');
    const system = new LineProtocolSystem(started, traits(started.directory));
    await system.client.post(`/query?q=${encodeURIComponent('CREATE DATABASE bench')}`, EMPTY);
    return system;
  },
};

const EMPTY = Buffer.alloc(0);

async function spawnInflux(directory: string, port: number): Promise<ChildProcess> {
  const rpcPort = await freePort();
  return spawnQuietly('influxd', ['-config', '/dev/null'], {
    INFLUXDB_REPORTING_DISABLED: 'true',
    INFLUXDB_BIND_ADDRESS: `127.0.0.1:${rpcPort}`,
    INFLUXDB_META_DIR: `${directory}/meta`,
    INFLUXDB_DATA_DIR: `${directory}/data`,
    INFLUXDB_DATA_WAL_DIR: `${directory}/wal`,
    INFLUXDB_DATA_INDEX_VERSION: 'tsi1',
    INFLUXDB_DATA_MAX_SERIES_PER_DATABASE: '0',
    INFLUXDB_DATA_MAX_VALUES_PER_TAG: '0',
    // Writes its memory out soon after the load, so that the size on disk is the final one.
    INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION: '3s',
    INFLUXDB_COORDINATOR_WRITE_TIMEOUT: '120s',
    INFLUXDB_DATA_QUERY_LOG_ENABLED: 'false',
    INFLUXDB_HTTP_BIND_ADDRESS: `127.0.0.1:${port}`,
    INFLUXDB_HTTP_LOG_ENABLED: 'false',
    INFLUXDB_HTTP_MAX_BODY_SIZE: '0',
    INFLUXDB_MONITOR_STORE_ENABLED: 'false',
  });
}

function traits(directory: string): HttpTraits {
  const version = spawnSync('influxd', ['version']).stdout.toString().split('(')[0].trim();
  return {
    dialect: 'influx',
    title: 'InfluxDB 1.6',
    version,
    writePath: '/write?db=bench&precision=ns',
    queryPath: (query) => `/query?db=bench&epoch=u&q=${encodeURIComponent(query)}`,
    answer,
    countRows,
    settle: () => untilWritten(join(directory, 'wal')),
  };
}

/** Its log is emptied when the memory has been written out; then compactions get a moment. */
async function untilWritten(log: string): Promise<void> {
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1000));
  for (let i = 0; i < 60 && diskBytes(log) > 1 << 20; i++) await pause();
  for (let i = 0; i < 5; i++) await pause();
}

async function countRows(client: HttpClient, file: DataFile): Promise<number> {
  const field = file.table.columns.findLast(
    (column) => column.tag !== true && column.only !== 'sql',
  );
  const query = `SELECT count(${field?.name}) FROM ${file.table.name}`;
  const chunk = JSON.parse(
    await client.text(`/query?db=bench&q=${encodeURIComponent(query)}`),
  ) as Chunk;
  return Number(chunk.results[0].series?.[0].values[0][1] ?? 0);
}

/** Answers come as lines of at most 10,000 rows. */
async function answer(client: HttpClient, query: string, options: AskOptions): Promise<Answer> {
  const collector = new AnswerCollector(options.kinds);
  let rest = '';
  const path = `/query?db=bench&epoch=u&chunked=true&q=${encodeURIComponent(query)}`;
  const take = (line: string): void => {
    if (line.trim() === '') return;
    const chunk = JSON.parse(line) as Chunk;
    const error = chunk.error ?? chunk.results.find((result) => result.error)?.error;
    if (error !== undefined) throw new Error(error);
    for (const result of chunk.results) {
      for (const series of result.series ?? []) addSeries(collector, series, options);
    }
  };
  const decoder = new TextDecoder();
  await client.get(path, (data) => {
    const lines = (rest + decoder.decode(data, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  take(rest);
  return collector.result();
}

function addSeries(collector: AnswerCollector, series: Series, options: AskOptions): void {
  const names = options.columns ?? [];
  if (names.length === 0) {
    for (const row of series.values) collector.add(row.slice(1));
    return;
  }
  const from = names.map((name) => series.columns.indexOf(name));
  const tags = names.map((name) => series.tags?.[name] ?? null);
  for (const row of series.values) collector.add(from.map((at, i) => (at < 0 ? tags[i] : row[at])));
}
