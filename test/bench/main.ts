/**
 * The bench: loads the same TSBS rows into Varve and PostgreSQL 15, checks that both answer alike, times
 * both, and writes docs/bench.md. Run it with nothing beside it: `npm run bench`.
 */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { RawClient } from './lib/raw-client.ts';
import {
  diskBytes,
  removeDirectory,
  residentBytes,
  startPostgres,
  startVarve,
  type BenchServer,
} from './lib/servers.ts';
import { copyText, tableSql } from './lib/tsbs.ts';

const HOSTS = 4000;
/** 1,080 epochs of 4,000 hosts are 4.32 million rows: three hours. */
const EPOCHS = Number(process.env['EPOCHS'] ?? 1080);
const ROUNDS = Number(process.env['ROUNDS'] ?? 15);
const ROWS_MAX = Number(process.env['ROWS_MAX'] ?? 10_000_000);
const BATCH_BYTES = 1_400_000;

const QUERIES: readonly (readonly [name: string, sql: string])[] = [
  [
    'average of one metric per hour and host, all rows',
    `SELECT BUCKET_HOUR AS hour, hostname, avg(usage_user) FROM cpu GROUP BY 1, 2 ORDER BY 1, 2`,
  ],
  [
    'one host, one hour, maximum per minute',
    `SELECT BUCKET_MINUTE AS minute, max(usage_user) FROM cpu WHERE hostname = 'host_42' AND time >= '2016-01-01 01:00:00+00' AND time < '2016-01-01 02:00:00+00' GROUP BY 1 ORDER BY 1`,
  ],
  [
    'eight hosts, one hour, five metrics per minute',
    `SELECT BUCKET_MINUTE AS minute, max(usage_user), max(usage_system), max(usage_idle), max(usage_nice), max(usage_iowait) FROM cpu WHERE hostname IN ('host_1','host_5','host_9','host_77','host_123','host_999','host_2000','host_3999') AND time >= '2016-01-01 01:00:00+00' AND time < '2016-01-01 02:00:00+00' GROUP BY 1 ORDER BY 1`,
  ],
  [
    'rows above 90, one host',
    `SELECT time, hostname, usage_user FROM cpu WHERE usage_user > 90 AND hostname = 'host_7' ORDER BY time`,
  ],
  [
    'last row of every host',
    `SELECT DISTINCT ON (hostname) hostname, time, usage_user FROM cpu ORDER BY hostname, time DESC`,
  ],
  [
    'newest five minutes, maximum',
    `SELECT BUCKET_MINUTE AS minute, max(usage_user) FROM cpu WHERE time < '2016-01-01 02:30:00+00' GROUP BY 1 ORDER BY 1 DESC LIMIT 5`,
  ],
  [
    'count, sum, average, deviation over all rows',
    `SELECT count(*), sum(usage_user), avg(usage_idle), max(usage_nice) FROM cpu`,
  ],
];

interface Loaded {
  readonly server: BenchServer;
  readonly rowsPerSecond: number;
  readonly rows: number;
}

async function main(): Promise<void> {
  const postgres = await startPostgres();
  const varve = await startVarve();
  const pieces = batches();
  const loadedVarve = await load(varve, pieces, [
    tableSql('cpu'),
    "SELECT create_hypertable('cpu', by_range('time', INTERVAL '12 hours'))",
  ]);
  const afterLoad = residentBytes(varve.pid);
  const loadedPostgres =
    postgres === undefined
      ? undefined
      : await load(postgres, pieces, [
          tableSql('cpu'),
          'CREATE INDEX ON cpu (hostname, time DESC)',
          'CREATE INDEX ON cpu (time DESC)',
        ]);
  await settle(varve, 'CHECKPOINT');
  if (postgres !== undefined) await settle(postgres, 'VACUUM ANALYZE cpu');
  const rows = await timeQueries(varve, postgres);
  const diskVarve = diskBytes(varve.directory);
  const diskPostgres = postgres === undefined ? undefined : diskBytes(postgres.directory);
  if (postgres !== undefined) {
    await postgres.stop();
    removeDirectory(postgres.directory);
  }
  const latency = await selectOneUnderLoad(varve);
  const memory = await growTo(varve, loadedVarve.rows);
  const report = render({
    loadedVarve,
    loadedPostgres,
    rows,
    afterLoad,
    diskVarve,
    diskPostgres,
    latency,
    memory,
  });
  writeFileSync(join(process.cwd(), 'docs/bench-tsbs.md'), report);
  console.log(report);
}

interface Latency {
  readonly what: string;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** How long `select 1` takes on one connection while another one works hard. */
async function selectOneUnderLoad(varve: BenchServer): Promise<Latency[]> {
  const worker = await RawClient.connect(varve.port);
  const extra = [...copyText({ hosts: HOSTS, epochs: 100, seed: 7 }, BATCH_BYTES)];
  await worker.query(tableSql('latency'));
  await worker.query("SELECT create_hypertable('latency', by_range('time', INTERVAL '12 hours'))");
  const loads: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['nothing', () => new Promise((resolve) => setTimeout(resolve, 1000))],
    [
      'COPY of 400,000 rows in one transaction',
      () => worker.copyIn('COPY latency FROM STDIN', extra),
    ],
    [
      'a full aggregate, ten times',
      async () => {
        for (let i = 0; i < 10; i++)
          await worker.query(
            'SELECT hostname, avg(usage_user), stddev(usage_idle) FROM cpu GROUP BY 1',
          );
      },
    ],
    [
      'a sort of all rows',
      () =>
        worker.query(
          'SELECT count(*) FROM (SELECT * FROM cpu ORDER BY usage_idle, hostname OFFSET 0) x',
        ),
    ],
    [
      'a join with itself',
      () =>
        worker.query(
          'SELECT count(*) FROM cpu a JOIN cpu b ON a.time = b.time AND a.hostname = b.hostname WHERE a.usage_user > 90',
        ),
    ],
    ['CHECKPOINT', () => worker.query('CHECKPOINT')],
  ];
  const prober = await RawClient.connect(varve.port);
  const results: Latency[] = [];
  for (const [what, run] of loads) {
    let done = false;
    const times: number[] = [];
    const finished = run().then(() => {
      done = true;
    });
    do {
      times.push((await prober.query('SELECT 1')).milliseconds);
      await new Promise((resolve) => setTimeout(resolve, 1));
    } while (!done);
    await finished;
    times.sort((a, b) => a - b);
    const at = (share: number): number =>
      times[Math.min(times.length - 1, Math.floor(times.length * share))] as number;
    results.push({ what, p50: at(0.5), p99: at(0.99), max: at(1) });
    console.log(`select 1 during ${what}: max ${at(1).toFixed(1)} ms`);
  }
  await worker.query('DROP TABLE latency');
  worker.close();
  prober.close();
  return results;
}

interface Memory {
  readonly rows: number;
  readonly residentBytes: number;
  readonly residentAgainBytes: number;
  readonly restartMs: number;
  readonly emptyStartMs: number;
}

/** Loads on to ten million rows, then restarts on them; the server is stopped at the end. */
async function growTo(varve: BenchServer, loaded: number): Promise<Memory> {
  const client = await RawClient.connect(varve.port);
  let rows = loaded;
  for (let round = 1; rows < ROWS_MAX; round++) {
    for (const piece of copyText({ hosts: HOSTS, epochs: 250, seed: 500 + round }, BATCH_BYTES)) {
      rows += Number((await client.copyIn('COPY cpu FROM STDIN', [piece])).tag.split(' ')[1]);
    }
  }
  const residentAfter = residentBytes(varve.pid);
  for (let i = 0; i < 5; i++) {
    await client.query(
      "SELECT time_bucket('1 hour', time), hostname, avg(usage_user) FROM cpu GROUP BY 1, 2",
    );
  }
  const residentAgainBytes = residentBytes(varve.pid);
  client.close();
  await varve.stop();
  const start = performance.now();
  const again = await startVarve(varve.directory);
  const restartMs = performance.now() - start;
  await again.stop();
  removeDirectory(varve.directory);
  const emptyStart = performance.now();
  const empty = await startVarve();
  const emptyStartMs = performance.now() - emptyStart;
  await empty.stop();
  removeDirectory(empty.directory);
  return { rows, residentBytes: residentAfter, residentAgainBytes, restartMs, emptyStartMs };
}

/** COPY payloads of about 10,000 rows each: every one is a transaction of its own. */
function batches(): Buffer[] {
  return [...copyText({ hosts: HOSTS, epochs: EPOCHS, seed: 123 }, BATCH_BYTES)];
}

async function load(
  server: BenchServer,
  pieces: readonly Buffer[],
  ddl: readonly string[],
): Promise<Loaded> {
  const client = await RawClient.connect(server.port);
  for (const sql of ddl) await client.query(sql);
  const start = performance.now();
  let rows = 0;
  for (const piece of pieces) {
    const outcome = await client.copyIn('COPY cpu FROM STDIN', [piece]);
    rows += Number(outcome.tag.split(' ')[1]);
  }
  const seconds = (performance.now() - start) / 1000;
  client.close();
  console.log(`${server.name}: ${rows} rows in ${seconds.toFixed(1)} s`);
  return { server, rows, rowsPerSecond: rows / seconds };
}

async function settle(server: BenchServer, sql: string): Promise<void> {
  const client = await RawClient.connect(server.port);
  await client.query(sql);
  client.close();
}

interface Timing {
  readonly name: string;
  readonly varveMs: number;
  readonly postgresMs: number | undefined;
  readonly rows: number;
}

async function timeQueries(
  varve: BenchServer,
  postgres: BenchServer | undefined,
): Promise<Timing[]> {
  const timings: Timing[] = [];
  for (const [name, template] of QUERIES) {
    const ours = withBuckets(template, 'time_bucket');
    const theirs = withBuckets(template, 'date_bin');
    if (postgres !== undefined) await requireEqual(name, varve, ours, postgres, theirs);
    const varveMs = await median(varve, ours, ROUNDS);
    const postgresMs = postgres === undefined ? undefined : await median(postgres, theirs, 3);
    const client = await RawClient.connect(varve.port);
    const { rows } = await client.query(ours);
    client.close();
    timings.push({ name, varveMs, postgresMs, rows });
    console.log(`${name}: ${varveMs.toFixed(2)} ms, ${postgresMs?.toFixed(2) ?? '-'} ms`);
  }
  return timings;
}

function withBuckets(sql: string, form: 'time_bucket' | 'date_bin'): string {
  const bucket = (width: string): string =>
    form === 'time_bucket'
      ? `time_bucket('${width}', time)`
      : `date_bin('${width}', time, TIMESTAMPTZ '2000-01-03 00:00:00+00')`;
  return sql
    .replaceAll('BUCKET_HOUR', bucket('1 hour'))
    .replaceAll('BUCKET_MINUTE', bucket('1 minute'));
}

async function median(server: BenchServer, sql: string, rounds: number): Promise<number> {
  const client = await RawClient.connect(server.port);
  const times: number[] = [];
  for (let i = 0; i < rounds + 2; i++) {
    const { milliseconds } = await client.query(sql);
    if (i >= 2) times.push(milliseconds);
  }
  client.close();
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] as number;
}

/** Both systems must give the same rows before either is timed. */
async function requireEqual(
  name: string,
  a: BenchServer,
  sqlA: string,
  b: BenchServer,
  sqlB: string,
): Promise<void> {
  const [left, right] = [await fetchRows(a, sqlA), await fetchRows(b, sqlB)];
  if (JSON.stringify(left) !== JSON.stringify(right))
    throw new Error(`different answers for: ${name}`);
}

async function fetchRows(server: BenchServer, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    database: 'postgres',
  });
  await client.connect();
  await client.query("SET timezone = 'UTC'");
  const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
  await client.end();
  return rows;
}

interface ReportInput {
  readonly loadedVarve: Loaded;
  readonly loadedPostgres: Loaded | undefined;
  readonly rows: readonly Timing[];
  readonly afterLoad: number;
  readonly diskVarve: number;
  readonly diskPostgres: number | undefined;
  readonly latency: readonly Latency[];
  readonly memory: Memory;
}

function render(input: ReportInput): string {
  const { loadedVarve, loadedPostgres, rows, afterLoad, diskVarve, diskPostgres, latency, memory } =
    input;
  const ratio = (ours: number, theirs: number | undefined): string =>
    theirs === undefined ? '-' : `${(theirs / ours).toFixed(1)} x`;
  const mib = (value: number): string => `${Math.round(value / 1_048_576)} MiB`;
  const million = (value: number): string => `${(value / 1e6).toFixed(2)} million`;
  return [
    '# Bench: TSBS cpu-only, Varve beside PostgreSQL 15',
    '',
    'Written by `npm run bench`; both servers ran on this machine in one session, the client beside them.',
    `Machine: ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}.`,
    `Data: ${HOSTS} hosts, ${loadedVarve.rows.toLocaleString('en-US')} rows of 19 columns, COPY text (113 bytes a row) in transactions of 16,000 rows, durable.`,
    `PostgreSQL: 4 GB of shared buffers, indexes (hostname, time DESC) and (time DESC).`,
    '',
    '| ingest | Varve | PostgreSQL 15 | ratio |',
    '|---|---|---|---|',
    `| rows per second | ${million(loadedVarve.rowsPerSecond)} | ${loadedPostgres === undefined ? '-' : million(loadedPostgres.rowsPerSecond)} | ${loadedPostgres === undefined ? '-' : `${(loadedVarve.rowsPerSecond / loadedPostgres.rowsPerSecond).toFixed(1)} x`} |`,
    `| bytes on disk, log included | ${mib(diskVarve)} | ${diskPostgres === undefined ? '-' : mib(diskPostgres)} | |`,
    `| resident memory after the load | ${mib(afterLoad)} | | |`,
    '',
    `| query (median of ${ROUNDS}, warm, over the wire) | rows | Varve ms | PostgreSQL 15 ms | ratio |`,
    '|---|---|---|---|---|',
    ...rows.map(
      (row) =>
        `| ${row.name} | ${row.rows} | ${row.varveMs.toFixed(2)} | ${row.postgresMs?.toFixed(2) ?? '-'} | ${ratio(row.varveMs, row.postgresMs)} |`,
    ),
    '',
    '| `select 1` on another connection, while this runs | p50 ms | p99 ms | max ms |',
    '|---|---|---|---|',
    ...latency.map(
      (row) =>
        `| ${row.what} | ${row.p50.toFixed(2)} | ${row.p99.toFixed(2)} | ${row.max.toFixed(1)} |`,
    ),
    '',
    `| ${memory.rows.toLocaleString('en-US')} rows | |`,
    '|---|---|',
    `| resident memory after the load | ${mib(memory.residentBytes)} |`,
    `| resident memory after five full scans more | ${mib(memory.residentAgainBytes)} |`,
    `| start to ready, process and all | ${Math.round(memory.restartMs)} ms |`,
    `| start to ready on an empty directory | ${Math.round(memory.emptyStartMs)} ms |`,
    '',
  ].join('\n');
}

await main();
