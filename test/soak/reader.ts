/** Readers: point queries, and several queries in one snapshot. */
import { AGREEMENTS } from './agreements.ts';
import type { RandomPick } from './random-pick.ts';
import { timeText } from './reading.ts';
import { MINUTE_MS, SERIES_PER_WRITER, seriesName, WRITERS } from './settings.ts';
import type { SoakSession } from './soak-session.ts';
import type { Statistics } from './statistics.ts';

/** What is there: from the oldest row that is kept to the next row in order. */
export interface Times {
  readonly oldest: number;
  readonly front: number;
}

export async function read(
  session: SoakSession,
  pick: RandomPick,
  statistics: Statistics,
  times: Times,
): Promise<void> {
  const dice = pick.int(10);
  if (dice < 4) return pointQuery(session, pick, statistics);
  if (dice === 4) {
    const [difference] = await session.row(
      'SELECT (SELECT count(*) FROM readings) - (SELECT sum(n) FROM totals)',
    );
    if (difference !== 0) throw new Error(`one statement saw ${difference} rows too many`);
    return statistics.check('totals = count, one statement');
  }
  await session.query(
    pick.chance(0.5)
      ? 'BEGIN ISOLATION LEVEL REPEATABLE READ'
      : 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  );
  for (let n = 0; n < 2; n++) await agree(session, pick, statistics, times);
  await session.query('COMMIT');
}

async function agree(
  session: SoakSession,
  pick: RandomPick,
  statistics: Statistics,
  times: Times,
): Promise<void> {
  const agreement = pick.of(AGREEMENTS);
  const recent = pick.between(1, 24 * 60) * MINUTE_MS;
  const from = pick.chance(0.7) ? times.front - recent : pick.between(times.oldest, times.front);
  const to = pick.chance(0.7) ? times.front * 2 : from + recent;
  const range = `time >= '${timeText(from)}' AND time < '${timeText(to)}'`;
  const [one, other] = await agreement.run(session, range);
  if (JSON.stringify(one) !== JSON.stringify(other)) {
    const [first, second] = [one, other].map((part) => JSON.stringify(part)?.slice(0, 500));
    throw new Error(`${agreement.name} where ${range}: ${first}, and ${second}`);
  }
  statistics.check(agreement.name);
}

async function pointQuery(
  session: SoakSession,
  pick: RandomPick,
  statistics: Statistics,
): Promise<void> {
  const series = seriesName(pick.int(WRITERS), pick.int(SERIES_PER_WRITER));
  const start = performance.now();
  await session.query(
    'SELECT time, n, temp FROM readings WHERE series = $1 ORDER BY time DESC LIMIT 1',
    [series],
    'point',
  );
  statistics.pointQuery(performance.now() - start);
}

/** A snapshot that stays as it is, while rows change and chunks are dropped, for as long as `rest` takes. */
export async function readPatiently(
  session: SoakSession,
  statistics: Statistics,
  rest: () => Promise<void>,
): Promise<void> {
  const account = async (): Promise<string> => {
    const { rows } = await session.query(
      `SELECT writer, count(*), sum(n), count(load), min(time), max(time), min(temp), max(temp)
       FROM readings GROUP BY writer ORDER BY writer`,
    );
    const events = await session.row('SELECT count(*), sum(hits) FROM events');
    const states = await session.row('SELECT count(*), sum(hits) FROM last_state');
    return JSON.stringify([rows, events, states]);
  };
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const before = await account();
  await rest();
  const after = await account();
  if (after !== before) throw new Error(`a snapshot changed from ${before} to ${after}`);
  await session.query('COMMIT');
  statistics.check('old snapshot');
}
