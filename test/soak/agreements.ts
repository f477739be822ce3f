/** Pairs of queries that have to agree in one snapshot, whatever the writers do meanwhile. */
import { WRITERS } from './settings.ts';
import type { Row, SoakSession } from './soak-session.ts';

export interface Agreement {
  readonly name: string;
  /** Two accounts of the same thing; `range` is a condition on `time`. */
  readonly run: (session: SoakSession, range: string) => Promise<[unknown, unknown]>;
}

function sumOf(rows: readonly Row[], column: number): number {
  return rows.reduce((sum, row) => sum + Number(row[column]), 0);
}

const TOTAL = 'SELECT count(*), coalesce(sum(n), 0), count(load) FROM readings';

async function totalsBy(session: SoakSession, key: string, range: string): Promise<[Row, Row]> {
  const { rows } = await session.query(
    `SELECT ${key} AS key, count(*), sum(n), count(load) FROM readings WHERE ${range} GROUP BY key`,
  );
  return [
    [1, 2, 3].map((column) => sumOf(rows, column)),
    await session.row(`${TOTAL} WHERE ${range}`),
  ];
}

export const AGREEMENTS: readonly Agreement[] = [
  {
    name: 'totals = count',
    run: async (session) => [
      await session.row('SELECT count(*) FROM readings'),
      await session.row('SELECT sum(n) FROM totals'),
    ],
  },
  {
    name: 'buckets = total',
    run: (session, range) => totalsBy(session, "time_bucket('1 hour', time)", range),
  },
  { name: 'series = total', run: (session, range) => totalsBy(session, 'series', range) },
  { name: 'states = total', run: (session, range) => totalsBy(session, 'state', range) },
  {
    name: 'last points',
    run: async (session, range) => [
      (
        await session.query(
          `SELECT DISTINCT ON (series) series, time FROM readings WHERE ${range} ORDER BY series, time DESC`,
        )
      ).rows,
      (
        await session.query(
          `SELECT series, max(time) FROM readings WHERE ${range} GROUP BY series ORDER BY series`,
        )
      ).rows,
    ],
  },
  {
    name: 'last values',
    run: async (session, range) => [
      (
        await session.query(
          `SELECT series, last(time, time), first(time, time) FROM readings WHERE ${range} GROUP BY series ORDER BY series`,
        )
      ).rows,
      (
        await session.query(
          `SELECT series, max(time), min(time) FROM readings WHERE ${range} GROUP BY series ORDER BY series`,
        )
      ).rows,
    ],
  },
  {
    name: 'newest rows',
    run: async (session, range) => [
      (await session.query(`SELECT time FROM readings WHERE ${range} ORDER BY time DESC LIMIT 30`))
        .rows,
      (
        await session.query(
          `SELECT time FROM (SELECT time, row_number() OVER (ORDER BY time DESC) r FROM readings WHERE ${range}) t WHERE r <= 30 ORDER BY time DESC`,
        )
      ).rows,
    ],
  },
  {
    name: 'join with series_info',
    run: async (session, range) => [
      (
        await session.query(
          `SELECT i.region, count(*), sum(n) FROM readings r JOIN series_info i ON i.series = r.series WHERE ${range} GROUP BY i.region ORDER BY 1`,
        )
      ).rows,
      (
        await session.query(
          `SELECT region, count(*), sum(n) FROM readings WHERE ${range} GROUP BY region ORDER BY 1`,
        )
      ).rows,
    ],
  },
  {
    name: 'percentile',
    run: async (session, range) => {
      const [median, count] = await session.row(
        `SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY temp), count(*) FROM readings WHERE ${range}`,
      );
      const [below, upTo] = await session.row(
        `SELECT count(*) FILTER (WHERE temp < $1), count(*) FILTER (WHERE temp <= $1) FROM readings WHERE ${range}`,
        [median ?? 0],
      );
      const half = Number(count) / 2;
      return [Number(count) === 0 || (Number(below) < half && Number(upTo) >= half), true];
    },
  },
  {
    name: 'count distinct',
    run: async (session, range) => [
      await session.row(
        `SELECT count(DISTINCT series), count(DISTINCT temp) FROM readings WHERE ${range}`,
      ),
      await session.row(
        `SELECT (SELECT count(*) FROM (SELECT DISTINCT series FROM readings WHERE ${range}) a), (SELECT count(*) FROM (SELECT temp FROM readings WHERE ${range} GROUP BY temp) b)`,
      ),
    ],
  },
  {
    name: 'condition and its opposite',
    run: async (session, range) => [
      await session.row(
        `SELECT (SELECT count(*) FROM readings WHERE ${range} AND load > 50) + (SELECT count(*) FROM readings WHERE ${range} AND NOT load > 50) + (SELECT count(*) FROM readings WHERE ${range} AND load IS NULL)`,
      ),
      await session.row(`SELECT count(*) FROM readings WHERE ${range}`),
    ],
  },
  { name: 'cursor', run: readCursor },
  {
    name: 'copy out',
    run: async (session, range) => {
      let lines = 0;
      const rows = await session.copyOut(
        `COPY (SELECT series, n FROM readings WHERE ${range}) TO STDOUT`,
        (bytes) => {
          for (const byte of bytes) if (byte === 10) lines++;
        },
      );
      const [count] = await session.row(`SELECT count(*) FROM readings WHERE ${range}`);
      return [
        [rows, lines],
        [count, count],
      ];
    },
  },
  {
    name: 'unique keys',
    run: async (session) => [
      await session.row('SELECT count(*) FROM events'),
      await session.row(
        'SELECT count(*) FROM (SELECT series, time FROM events GROUP BY series, time) t',
      ),
    ],
  },
  {
    name: 'last states by index',
    run: async (session) => [
      (
        await session.query(
          'SELECT writer, count(*) FROM last_state WHERE temp >= 0 GROUP BY writer ORDER BY writer',
        )
      ).rows,
      (
        await session.query(
          `SELECT w, (SELECT count(*) FROM last_state s WHERE s.writer = w) AS n FROM generate_series(0, ${WRITERS - 1}) w WHERE EXISTS (SELECT FROM last_state s WHERE s.writer = w) ORDER BY w`,
        )
      ).rows,
    ],
  },
];

async function readCursor(session: SoakSession, range: string): Promise<[unknown, unknown]> {
  await session.query(`DECLARE c CURSOR FOR SELECT n, load FROM readings WHERE ${range}`);
  const sums = [0, 0, 0];
  for (;;) {
    const { rows } = await session.query('FETCH 3000 FROM c');
    if (rows.length === 0) break;
    for (const [n, load] of rows) {
      sums[0]++;
      sums[1] += Number(n);
      if (load !== null) sums[2]++;
    }
  }
  await session.query('CLOSE c');
  return [sums, await session.row(`${TOTAL} WHERE ${range}`)];
}
