/**
 * Random time-series queries (buckets, first and last, latest rows, ranges of time) over a hypertable
 * in heads, in segments, and in both with deleted and changed rows. PostgreSQL answers the same with
 * date_bin and ordered array_agg. VARVE_SERIES sets how many, SEED repeats a run.
 */
import { expect, test } from 'vitest';
import { judge, printAnswer } from '../support/random-answers.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { PgliteOracle } from '../support/pglite-oracle.ts';
import { must } from '../support/random-run.ts';
import { TextSession } from '../support/text-session.ts';
import { SeededRandom } from './seeded-random.ts';
import { printedSeed } from '../support/seed.ts';

const QUERIES = Number(process.env.VARVE_SERIES ?? 40);
const ROWS = 4000;
const HOURS = 24 * 12;

/** Rows from..to-1 as one INSERT; times never repeat, so first and last have one answer. */
function insertRows(random: SeededRandom, times: readonly number[]): string {
  const rows = times.map((time) => {
    const ts = `timestamptz '2020-01-01 00:00+00' + ${time} * interval '1 second'`;
    const device = random.chance(0.03) ? 'NULL' : `'d${random.int(1, 7)}'`;
    const value = random.chance(0.05) ? 'NULL' : String(random.int(-400, 400) / 4);
    const state = random.chance(0.1) ? 'NULL' : String(random.int(0, 3));
    return `(${ts}, ${device}, ${value}, ${state}, ${random.chance(0.5)})`;
  });
  return `INSERT INTO m VALUES ${rows.join(', ')}`;
}

interface Pair {
  readonly ours: string;
  readonly theirs: string;
}

const same = (sql: string): Pair => ({ ours: sql, theirs: sql });

function aggregate(random: SeededRandom): Pair {
  const column = random.pick(['v', 'n', 'dev', 'ok', 'ts']);
  const number = random.pick(['v', 'n']);
  const ordered = random.pick(['v', 'n', 'dev', 'ts']);
  return random.pick<() => Pair>([
    () => same('count(*)'),
    () => same(`count(${column})`),
    () => same(`sum(${number})`),
    () => same(`avg(${number})::numeric(12,4)`),
    () => same(`${random.pick(['min', 'max'])}(${ordered})`),
    () => same(`count(DISTINCT ${ordered})`),
    () => same(`sum(${number}) FILTER (WHERE n > 1)`),
    () => ({ ours: `first(${column}, ts)`, theirs: `(array_agg(${column} ORDER BY ts))[1]` }),
    () => ({ ours: `last(${column}, ts)`, theirs: `(array_agg(${column} ORDER BY ts DESC))[1]` }),
    () => same('bool_and(ok)'),
    () => same(`max(${number}) - min(${number})`),
  ])();
}

function condition(random: SeededRandom): string {
  const moment = (): string =>
    `timestamptz '2020-01-01 00:00+00' + interval '${random.int(-10, HOURS + 10)} hours'`;
  const one = (): string =>
    random.pick([
      () => `ts >= ${moment()}`,
      () => `ts < ${moment()}`,
      () => `ts BETWEEN ${moment()} AND ${moment()}`,
      () => `ts > '2020-01-0${random.int(1, 9)}'`,
      () => `dev = 'd${random.int(0, 8)}'`,
      () => `dev IN ('d1', 'd${random.int(2, 8)}')`,
      () => `dev <> 'd2'`,
      () => `dev LIKE 'd%'`,
      () => `v > ${random.int(-100, 100)}`,
      () => `v BETWEEN ${random.int(-100, 0)} AND ${random.int(0, 100)}`,
      () => `n = ${random.int(0, 4)}`,
      () => 'n IS NULL',
      () => 'v IS NOT NULL',
      () => 'ok',
      () => 'NOT ok',
      () => `extract(hour from ts) = ${random.int(0, 23)}`,
      () => `(n > 1 OR v < 0)`,
    ])();
  const count = random.int(0, 3);
  const parts = Array.from({ length: count }, () => one());
  return count === 0 ? '' : ` WHERE ${parts.join(random.chance(0.85) ? ' AND ' : ' OR ')}`;
}

function grouped(random: SeededRandom): Pair {
  const width = random.pick(['1 hour', '15 minutes', '6 hours', '1 day', '90 minutes', '7 days']);
  const zone = `timestamptz '2000-01-03 00:00+00'`;
  const bucket: Pair = {
    ours: `time_bucket('${width}', ts)`,
    theirs: `date_bin('${width}', ts, ${zone})`,
  };
  const keys = random
    .shuffled<Pair>([
      bucket,
      bucket,
      same('dev'),
      same('n'),
      same('ok'),
      same(`date_trunc('day', ts)`),
    ])
    .slice(0, random.int(0, 3));
  const items = [...keys, ...Array.from({ length: random.int(1, 4) }, () => aggregate(random))];
  const where = condition(random);
  const build = (side: keyof Pair): string => {
    const list = items.map((item, i) => `${item[side]} AS x${i}`).join(', ');
    const group = keys.length === 0 ? '' : ` GROUP BY ${keys.map((_, i) => i + 1).join(', ')}`;
    return `SELECT ${list} FROM m${where}${group}`;
  };
  const query: Pair = { ours: build('ours'), theirs: build('theirs') };
  if (!random.chance(0.3) || keys.length === 0) return query;
  const order = keys.map((_, i) => `${i + 1}${random.pick(['', ' DESC'])}`).join(', ');
  const tail = ` ORDER BY ${order} LIMIT ${random.int(1, 9)} OFFSET ${random.int(0, 2)}`;
  return { ours: query.ours + tail, theirs: query.theirs + tail };
}

function plainQuery(random: SeededRandom): Pair {
  const where = condition(random);
  const direction = random.pick(['', ' DESC']);
  const limit = ` LIMIT ${random.int(1, 12)} OFFSET ${random.int(0, 5)}`;
  return random.pick<() => Pair>([
    () => same(`SELECT * FROM m${where} ORDER BY ts${direction}${limit}`),
    () => same(`SELECT ts, v FROM m${where} ORDER BY dev${direction}, ts DESC${limit}`),
    () => same(`SELECT * FROM m${where}`),
    () => same(`SELECT DISTINCT dev, n FROM m${where}`),
    () => same(`SELECT DISTINCT ON (dev) dev, ts, v FROM m${where} ORDER BY dev, ts${direction}`),
    () => same(`SELECT max(ts), min(ts), count(*) FROM m${where}`),
    () =>
      same(
        `SELECT ts, v - lag(v) OVER (PARTITION BY dev ORDER BY ts) AS d FROM m${where} ORDER BY ts${direction}${limit}`,
      ),
    () =>
      same(
        `SELECT ts, avg(n) OVER (ORDER BY ts ROWS 3 PRECEDING)::numeric(8,3) AS a FROM m${where} ORDER BY ts${limit}`,
      ),
    () =>
      same(
        `SELECT ts, count(*) OVER (ORDER BY ts RANGE BETWEEN interval '2 hours' PRECEDING AND CURRENT ROW) AS c FROM m${where} ORDER BY ts${limit}`,
      ),
    () =>
      same(
        `SELECT count(*) FROM m a JOIN m b ON a.ts = b.ts${where.replace(/\b(ts|dev|v|n|ok)\b/g, 'a.$1')}`,
      ),
  ])();
}

test('random time-series queries', { timeout: 60_000 + QUERIES * 1000 }, async () => {
  const seed = printedSeed('time series');
  const random = new SeededRandom(seed);
  const oracle = await PgliteOracle.open();
  const engine = await memoryEngine();
  const session = await TextSession.open(engine);
  const both = async (sql: string): Promise<void> => {
    await must(oracle, sql);
    await must(session, sql);
  };
  await both('CREATE TABLE m (ts timestamptz NOT NULL, dev text, v float8, n int, ok bool)');
  await must(
    session,
    `SELECT create_hypertable('m', 'ts', chunk_time_interval => interval '1 day')`,
  );
  const times = random.shuffled(Array.from({ length: ROWS }, (_, i) => i * 257 + 13));
  const half = ROWS / 2;
  const phases: readonly (() => Promise<void>)[] = [
    () => both(insertRows(random, times.slice(0, half))),
    () => must(session, 'CHECKPOINT'),
    async () => {
      await both(insertRows(random, times.slice(half)));
      await both(`DELETE FROM m WHERE dev = 'd3' AND n = 1`);
      await both(`UPDATE m SET v = v * 2 WHERE n = 2 AND ok`);
      await both(`UPDATE m SET ts = ts + interval '1 second' WHERE n = 3`);
    },
    () => must(session, 'CHECKPOINT'),
  ];
  const wrong: string[] = [];
  for (const [phase, prepare] of phases.entries()) {
    await prepare();
    for (let i = 0; i < QUERIES && wrong.length < 5; i++) {
      const query = random.chance(0.65) ? grouped(random) : plainQuery(random);
      const expected = await oracle.run(query.theirs);
      const actual = await session.run(query.ours);
      const isOrdered = / LIMIT \d+ OFFSET \d+$/.test(query.ours);
      if (judge(expected, actual, isOrdered) !== 'wrong') continue;
      const shown = [expected, actual].map((one) => printAnswer(one, isOrdered).slice(0, 1500));
      wrong.push(
        `-- SEED=${seed} phase ${phase}\n${query.ours};\nexpected: ${shown[0]}\nactual:   ${shown[1]}`,
      );
    }
  }
  await session.close();
  await engine.close();
  await oracle.close();
  expect(wrong.join('\n\n')).toBe('');
});
