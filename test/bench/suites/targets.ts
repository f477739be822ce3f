/** The first version's targets: `select 1` beside slow statements, memory with many rows, time to start. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import { dataFiles, type DataFile } from '../encode/files.ts';
import { peakBytes, residentBytes } from '../lib/process-stats.ts';
import { quantile } from '../lib/statistics.ts';
import type { Options } from '../options.ts';
import { removeDirectory } from '../systems/child.ts';
import type { WireSystem } from '../systems/postgres-wire.ts';
import { connectVarve, startVarveProcess } from '../systems/varve.ts';
import { RawClient } from '../lib/raw-client.ts';

export interface SelectOne {
  readonly what: string;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface TargetsResult {
  readonly suite: 'targets';
  readonly data: string;
  readonly selectOne: readonly SelectOne[];
  readonly selectOneRows: number;
  readonly rows: number;
  readonly residentBytes: number;
  readonly residentAfterScansBytes: number;
  readonly peakBytes: number;
  readonly startMs: number;
  readonly startEmptyMs: number;
}

const ROWS = 10_320_000;
const SELECT_ONE_ROWS = 4_320_000;

export async function runTargets(dataset: Dataset, options: Options): Promise<TargetsResult> {
  console.log('\ntargets: Varve');
  const [file] = dataFiles(dataset, ['text'], options.scratch).get('text') ?? [];
  const server = await startVarveProcess(options.scratch);
  const system = await connectVarve(server, options);
  await system.createTable(file.table);
  const first = prefix(file, SELECT_ONE_ROWS);
  await system.load(first, options.workers);
  const selectOne = await besideSlowStatements(system, prefix(file, 400_000));
  const rest = prefix(file, ROWS);
  await loadRest(system, first, rest, options.workers);
  const residentAfterLoad = residentBytes(server.pid);
  for (let i = 0; i < 5; i++) {
    await system.execute(
      "SELECT time_bucket('1 hour', time), hostname, avg(usage_user) FROM cpu GROUP BY 1, 2",
    );
  }
  const residentAfterScans = residentBytes(server.pid);
  const peak = peakBytes(server.pid);
  await server.stop();
  const startMs = await timeStart(options.scratch, server.directory);
  const startEmptyMs = await timeStart(
    options.scratch,
    mkdtempSync(join(options.scratch, 'varve-')),
  );
  return {
    suite: 'targets',
    data: dataset.key,
    selectOne,
    selectOneRows: first.rows,
    rows: rest.rows,
    residentBytes: residentAfterLoad,
    residentAfterScansBytes: residentAfterScans,
    peakBytes: peak,
    startMs,
    startEmptyMs,
  };
}

/** The first sections of a file. */
function prefix(file: DataFile, rows: number): DataFile {
  let sum = 0;
  const sections = file.sections.filter((section) => {
    const isWanted = sum < rows;
    if (isWanted) sum += section.rows;
    return isWanted;
  });
  return { ...file, sections, rows: sum };
}

async function loadRest(
  system: WireSystem,
  loaded: DataFile,
  all: DataFile,
  workers: number,
): Promise<void> {
  const sections = all.sections.slice(loaded.sections.length);
  if (sections.length > 0) await system.load({ ...all, sections }, workers);
}

/** Starts on a directory, stops, and removes it. */
async function timeStart(scratch: string, directory: string): Promise<number> {
  const server = await startVarveProcess(scratch, directory);
  await server.stop();
  removeDirectory(directory);
  return server.readyMs;
}

async function besideSlowStatements(system: WireSystem, extra: DataFile): Promise<SelectOne[]> {
  await system.createTable({ ...extra.table, name: 'latency' });
  const statement =
    (sql: string, times = 1) =>
    async (): Promise<void> => {
      for (let i = 0; i < times; i++) await system.execute(sql);
    };
  const loads: readonly (readonly [string, () => Promise<void>])[] = [
    ['nothing', () => new Promise((resolve) => setTimeout(resolve, 1000))],
    [
      `COPY of ${extra.rows.toLocaleString('en-US')} rows, 10,000 in a transaction`,
      async () => {
        await system.load({ ...extra, table: { ...extra.table, name: 'latency' } }, 1);
      },
    ],
    [
      'a full aggregate, ten times',
      statement('SELECT hostname, avg(usage_user), stddev(usage_idle) FROM cpu GROUP BY 1', 10),
    ],
    [
      'a sort of all rows',
      statement(
        'SELECT count(*) FROM (SELECT * FROM cpu ORDER BY usage_idle, hostname OFFSET 0) x',
      ),
    ],
    [
      'a join with itself',
      statement(
        'SELECT count(*) FROM cpu a JOIN cpu b ON a.time = b.time AND a.hostname = b.hostname WHERE a.usage_user > 90',
      ),
    ],
    ['CHECKPOINT', statement('CHECKPOINT')],
  ];
  const prober = await RawClient.connect(system.endpoint);
  const results: SelectOne[] = [];
  for (const [what, run] of loads) {
    results.push(await probeBeside(prober, what, run));
    console.log(`  select 1 during ${what}: max ${results.at(-1)?.max.toFixed(1)} ms`);
  }
  prober.close();
  await system.execute('DROP TABLE latency');
  return results;
}

async function probeBeside(
  prober: RawClient,
  what: string,
  run: () => Promise<void>,
): Promise<SelectOne> {
  let done = false;
  const times: number[] = [];
  const finished = run().finally(() => {
    done = true;
  });
  do {
    times.push((await prober.query('SELECT 1')).milliseconds);
    await new Promise((resolve) => setTimeout(resolve, 1));
  } while (!done);
  await finished;
  return { what, p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: quantile(times, 1) };
}
