/** VictoriaMetrics from Debian's package: answers for whole buckets are compared, those at the edges not. */
import { spawnSync } from 'node:child_process';
import { AnswerCollector, type Answer } from '../answers/answer.ts';
import type { DataFile } from '../encode/files.ts';
import type { HttpClient } from '../lib/http-client.ts';
import {
  ensureProgram,
  LineProtocolSystem,
  spawnQuietly,
  startHttpProcess,
  type HttpTraits,
} from './line-protocol-system.ts';
import type { AskOptions, SystemStarter } from './system.ts';

interface RangeAnswer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [seconds: number, value: string])[];
    }[];
  };
}

const PROGRAM = 'victoria-metrics';

export const victoria: SystemStarter = {
  dialect: 'victoria',
  title: 'VictoriaMetrics',
  start: async ({ scratch }) => {
    const missing = ensureProgram(PROGRAM, 'victoria-metrics');
    if (missing !== undefined) return missing;
    const started = await startHttpProcess(scratch, 'victoria', spawnVictoria, '/health');
    return new LineProtocolSystem(started, traits());
  },
};

function spawnVictoria(directory: string, port: number): ReturnType<typeof spawnQuietly> {
  return spawnQuietly(PROGRAM, [
    `-storageDataPath=${directory}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    // The data is of 2016.
    '-retentionPeriod=100y',
    '-search.latencyOffset=0s',
    '-search.disableCache',
    '-search.maxUniqueTimeseries=20000000',
    '-search.maxQueryLen=1MB',
  ]);
}

function traits(): HttpTraits {
  const version = spawnSync('dpkg-query', ['-W', '-f', '${Version}', 'victoria-metrics']);
  return {
    dialect: 'victoria',
    title: 'VictoriaMetrics',
    version: `VictoriaMetrics ${version.stdout.toString()}`,
    writePath: '/write',
    queryPath: (query) => query,
    answer,
    countRows,
    settle: async (client) => {
      await client.get('/internal/force_flush');
      await client.get('/internal/force_merge');
      await new Promise((resolve) => setTimeout(resolve, 3000));
    },
  };
}

/** New rows are shown a second later, unless asked for. */
async function countRows(client: HttpClient, { table }: DataFile): Promise<number> {
  await client.get('/internal/force_flush');
  const field = table.columns.findLast((column) => column.tag !== true && column.only !== 'sql');
  const query = `sum(count_over_time(${table.name}_${field?.name}[1y]))`;
  const text = await client.text(
    `/api/v1/query?time=1467331200&query=${encodeURIComponent(query)}`,
  );
  const { data } = JSON.parse(text) as { data: { result: { value: [number, string] }[] } };
  return Number(data.result[0]?.value[1] ?? 0);
}

/** One series for each metric becomes one column. */
async function answer(client: HttpClient, query: string, options: AskOptions): Promise<Answer> {
  const { data } = JSON.parse(await client.text(query)) as RangeAnswer;
  const step = Number(new URL(query, 'http://localhost').searchParams.get('step'));
  const names = options.columns ?? [];
  const rows = new Map<string, (string | number | null)[]>();
  for (const { metric, values } of data.result) {
    const column = names.findIndex((name) => metric['__name__']?.endsWith(metricOf(name)));
    for (const [seconds, value] of values) {
      // The end of a bucket of points ten seconds apart, as the queries ask for it, is its last second.
      const time = (seconds - step + 1) * 1e6;
      const key = `${time} ${metric['hostname'] ?? ''}`;
      let row = rows.get(key);
      if (row === undefined) {
        row = names.map((name) => (name === 'time' ? time : (metric[name] ?? null)));
        rows.set(key, row);
      }
      row[column < 0 ? names.length - 1 : column] = value;
    }
  }
  const collector = new AnswerCollector(options.kinds);
  for (const row of rows.values()) collector.add(row);
  return collector.result();
}

function metricOf(column: string): string {
  return `_${column.replace(/^(max|mean)_/, '')}`;
}
