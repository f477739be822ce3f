/** What a server that has just begun runs in a database of its own: the usual forms of statements. */
import { copyIn, extendedQuery, simpleQuery } from './loop-client.ts';
import { LOADED_TABLE, loadsOf } from './warm-up-loads.ts';

const HOSTS = 40;
const STEP_SECONDS = 30;
const HOURS = 14;
const ROWS = (HOSTS * HOURS * 3600) / STEP_SECONDS;
const START_MS = Date.UTC(2024, 0, 1);
const HOUR_MS = 3_600_000;

/** Tables with some hours of readings in compacted segments, made in the one and the other way. */
export function* setup(): Generator<Uint8Array> {
  for (const sql of SETUP) yield simpleQuery(sql);
  for (const rows of metricRows()) yield copyIn('COPY metrics FROM STDIN', Buffer.from(rows));
  yield simpleQuery('VACUUM FULL readings');
  yield simpleQuery('VACUUM FULL metrics');
}

const TAGS = ['hostname', 'region', 'datacenter', 'os', 'team'];
const METRICS = ['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9'];

const SETUP: readonly string[] = [
  'CREATE TABLE hosts (id int PRIMARY KEY, name text, region text, weight float8)',
  `INSERT INTO hosts SELECT i, 'host_' || i, 'region ' || i % 5, i FROM generate_series(0, ${HOSTS - 1}) i`,
  `CREATE TABLE readings (time timestamptz NOT NULL, host text, region text, a float8, b float8, c float8,
    n int, m bigint, d float8, k bigint) WITH (tsdb.hypertable, tsdb.partition_column = 'time', tsdb.segmentby = 'host')`,
  `INSERT INTO readings SELECT '2024-01-01'::timestamptz + (i / ${HOSTS}) * interval '${STEP_SECONDS} seconds',
    'host_' || i % ${HOSTS}, 'region ' || i % 5, i % 101, i % 97 / 10.0, i % 89, i % 83, i, i % 79,
    4611686018427387904 + i % 1009
    FROM generate_series(0, ${ROWS - 1}) i`,
  `CREATE TABLE metrics (time timestamptz NOT NULL, ${TAGS.map((tag) => `${tag} text`).join(', ')},
    ${METRICS.map((metric) => `${metric} float8`).join(', ')})`,
  "SELECT create_hypertable('metrics', by_range('time', INTERVAL '12 hours'))",
  ...LOADED_TABLE,
];

const METRIC_HOSTS = 80;
/** Rows of one COPY. */
const COPIED_ROWS = 8_000;

function* metricRows(): Generator<string> {
  const all = (METRIC_HOSTS * HOURS * 3600) / STEP_SECONDS;
  for (let first = 0; first < all; first += COPIED_ROWS) {
    let rows = '';
    for (let i = first; i < Math.min(all, first + COPIED_ROWS); i++) {
      const host = i % METRIC_HOSTS;
      const step = (i - host) / METRIC_HOSTS;
      const time = timeText(START_MS + step * STEP_SECONDS * 1000);
      rows += `${time}\thost_${host}\tregion ${host % 5}\tcentre ${host % 11}\tos ${host % 3}\tteam ${host % 4}`;
      for (let m = 0; m < METRICS.length; m++) rows += `\t${(step * (m + 3) + host * 7) % 101}`;
      rows += '\n';
    }
    yield rows;
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '+00');
}

/** The messages of a round, each for one turn; results in text and binary by turns. */
export function roundOf(round: number): Uint8Array[] {
  const isBinary = round % 2 === 0;
  const hosts = (count: number): string =>
    Array.from({ length: count }, (_, i) => `'host_${(round * 7 + i) % HOSTS}'`).join(', ');
  const during = (hours: number): string => {
    const from = START_MS + ((round * 37) % ((HOURS - hours) * 60 + 1)) * 60_000;
    return `time >= '${timeText(from)}' AND time < '${timeText(from + hours * HOUR_MS)}'`;
  };
  const reads = [
    `SELECT time_bucket('1 minute', time) AS minute, max(a) FROM readings
      WHERE host = ${hosts(1)} AND ${during(1)} GROUP BY minute ORDER BY minute`,
    `SELECT time_bucket('1 minute', time) AS minute, max(a), min(b), avg(c), sum(n), max(d) FROM readings
      WHERE host IN (${hosts(8)}) AND ${during(1)} GROUP BY minute ORDER BY minute`,
    `SELECT time_bucket('1 hour', time) AS hour, max(a), max(b), max(c), max(n), max(m), max(d) FROM readings
      WHERE host IN (${hosts(8)}) AND ${during(8)} GROUP BY hour ORDER BY hour`,
    `SELECT time_bucket('1 hour', time) AS hour, host, avg(a), avg(n) FROM readings
      WHERE ${during(12)} GROUP BY hour, host ORDER BY hour, host`,
    `SELECT * FROM readings WHERE a > 90 AND ${during(12)} AND host IN (${hosts(1)})`,
    `SELECT time_bucket('1 minute', time) AS minute, max(a) FROM readings
      WHERE time < '${timeText(START_MS + (1 + (round % 13)) * HOUR_MS)}'
      GROUP BY minute ORDER BY minute DESC LIMIT 5`,
    'SELECT DISTINCT ON (host) * FROM readings ORDER BY host, time DESC',
    `SELECT host, last(a, time), max(time) FROM readings WHERE ${during(2)} GROUP BY host`,
    'SELECT count(*), min(a), max(b), sum(n), avg(m) FROM readings',
    `SELECT time, a, b FROM readings WHERE host = ${hosts(1)} ORDER BY time DESC LIMIT 10`,
    `SELECT r.region, count(*), avg(a * weight) FROM readings r JOIN hosts h ON h.name = r.host
      WHERE ${during(1)} GROUP BY r.region ORDER BY r.region`,
    'SELECT 1',
    ...scans(round),
  ];
  const all = [...reads, ...metricReads(round)];
  return [...all.map((sql) => extendedQuery(sql, [], isBinary)), ...changes(round, isBinary)];
}

/** Rows that no summary answers: conditions on values, groups by them. */
function scans(round: number): string[] {
  const least = round % 50;
  return [
    `SELECT d, count(*) AS c FROM readings WHERE d <> ${least} GROUP BY d ORDER BY c DESC`,
    `SELECT k, sum(n), count(*) AS c, avg(d) FROM readings
      WHERE k <> ${least} GROUP BY k ORDER BY c DESC LIMIT 10`,
    `SELECT region, count(*) AS c FROM readings
      WHERE n >= ${least} AND d <= 70 AND a <> 3 AND region <> '' GROUP BY region ORDER BY c DESC LIMIT 10`,
    `SELECT k FROM readings WHERE k = 4611686018427387904 + ${least}`,
    'SELECT avg(k) FROM readings',
    `SELECT a, d, count(*) AS c FROM readings
      WHERE k = 4611686018427387904 + ${least} AND n >= 0 AND d <= 70 GROUP BY a, d ORDER BY c DESC LIMIT 10`,
  ];
}

/** Windows that cut buckets, of some hosts of many. */
function metricReads(round: number): string[] {
  const hosts = (count: number): string =>
    Array.from({ length: count }, (_, i) => `'host_${(round * 7 + i * 11) % METRIC_HOSTS}'`).join(
      ', ',
    );
  const zoned = (ms: number, micros: number): string =>
    timeText(ms).replace(/.000\+00$/, `.${String(micros).padStart(6, '0')} +0000`);
  const during = (hours: number): string => {
    const ms = START_MS + ((round * 3557) % ((HOURS - hours) * 3600 + 1)) * 1000;
    const micros = (round * 7919) % 1_000_000;
    return `time >= '${zoned(ms, micros)}' AND time < '${zoned(ms + hours * HOUR_MS, micros)}'`;
  };
  const each = (name: string, count: number): string =>
    METRICS.slice(0, count)
      .map((metric) => `${name}(${metric}) AS ${name}_${metric}`)
      .join(', ');
  const maxima = (count: number, hostCount: number, hours: number, seconds: number): string =>
    `SELECT time_bucket('${seconds} seconds', time) AS bucket, ${each('max', count)} FROM metrics
      WHERE hostname IN (${hosts(hostCount)}) AND ${during(hours)} GROUP BY bucket ORDER BY bucket`;
  return [
    maxima(1, 1, 1, 60),
    maxima(1, 8, 12, 60),
    maxima(5, 1, 12, 60),
    maxima(5, 8, 1, 60),
    maxima(10, 8, 8, 3600),
    `SELECT time_bucket('3600 seconds', time) AS hour, hostname, ${each('avg', 5)} FROM metrics
      WHERE ${during(12)} GROUP BY hour, hostname ORDER BY hour, hostname`,
    `SELECT * FROM metrics WHERE m0 > 90.0 AND ${during(12)} AND hostname IN (${hosts(1)})`,
    `SELECT time_bucket('60 seconds', time) AS minute, max(m0) FROM metrics
      WHERE time < '${zoned(START_MS + (1 + (round % 13)) * HOUR_MS, round)}'
      GROUP BY minute ORDER BY minute DESC LIMIT 5`,
    'SELECT DISTINCT ON (hostname) * FROM metrics ORDER BY hostname, time DESC',
  ];
}

function changes(round: number, isBinary: boolean): Uint8Array[] {
  const id = String(round % HOSTS);
  const more = String(HOSTS + round);
  const at = (row: number): string => timeText(START_MS + (HOURS * 3600 + round * 60 + row) * 1000);
  const copied = Array.from(
    { length: 50 },
    (_, i) =>
      `${at(i)}\thost_${i % HOSTS}\tregion ${i % 5}\t${i}\t${i / 8}\t${i}\t${i}\t${i}\t${i}\n`,
  );
  const inserted = Array.from(
    { length: 20 },
    (_, i) => `('${at(i)}', 'host_${i}', 'region ${i % 5}', ${i}, ${i}.5, ${i}, ${i}, ${i}, ${i})`,
  );
  return [
    simpleQuery(`SELECT name FROM hosts WHERE id = ${id}`),
    extendedQuery('SELECT name, weight FROM hosts WHERE id = $1', [id], isBinary),
    extendedQuery('INSERT INTO hosts VALUES ($1, $2, $3, $4)', [more, 'a', 'b', '1.5'], isBinary),
    extendedQuery('UPDATE hosts SET weight = weight + 1 WHERE id = $1', [id], isBinary),
    extendedQuery('DELETE FROM hosts WHERE id = $1', [more], isBinary),
    simpleQuery(
      `INSERT INTO readings (time, host, region, a, b, c, n, m, d) VALUES ${inserted.join(', ')}`,
    ),
    copyIn(
      'COPY readings (time, host, region, a, b, c, n, m, d) FROM STDIN',
      Buffer.from(copied.join('')),
    ),
    ...loadsOf(round),
  ];
}
