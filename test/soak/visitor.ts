/** Connections that come and go, most of them rudely, and statements that are cancelled. */
import { connect } from 'node:net';
import { sleep } from './gate.ts';
import type { RandomPick } from './random-pick.ts';
import { COLUMNS, copyText, literals, type Reading } from './reading.ts';
import { codeOf, SoakSession } from './soak-session.ts';
import type { Statistics } from './statistics.ts';

/** Writes what must never be seen, as its transactions do not end. */
export const GHOST = 99;

const CANCELLED = '57014';
const DEADLOCK = '40P01';

type Visit = (session: SoakSession, pick: RandomPick) => Promise<void>;

const SLOW = [
  'SELECT count(*) FROM readings a JOIN readings b ON a.n = b.n WHERE a.temp < b.temp',
  'SELECT * FROM readings ORDER BY temp, load, time',
  'SELECT series, array_agg(temp ORDER BY load) FROM readings GROUP BY series',
  'SELECT count(DISTINCT (temp, load, time)) FROM readings',
  'SELECT sum(g) FROM generate_series(1, 1000000000) g',
  'COPY (SELECT * FROM readings) TO STDOUT',
];

const RUDE: readonly Visit[] = [
  async (session, pick) => {
    await session.query('BEGIN');
    await session.query(
      `INSERT INTO readings (${COLUMNS}) VALUES ${literals(GHOST, ghosts(pick))}`,
    );
    await session.query(
      `INSERT INTO last_state VALUES ('ghost ${pick.int(3)}', ${GHOST}, now(), 1)`,
    );
  },
  async (session, pick) => {
    const text = `COPY readings (${COLUMNS}) FROM STDIN`;
    session.copyIn(text, copyText(GHOST, ghosts(pick)), false).catch(() => {});
    await sleep(pick.int(50));
  },
  async (session, pick) => {
    session.query('SELECT * FROM readings').catch(() => {});
    await sleep(pick.int(200));
  },
  async (session, pick) => {
    session.query(pick.of(SLOW)).catch(() => {});
    await sleep(pick.int(100));
  },
  async (session) => {
    await session.query('BEGIN');
    await session.query('DECLARE c CURSOR FOR SELECT * FROM readings ORDER BY temp');
    await session.query('FETCH 10 FROM c');
  },
];

function ghosts(pick: RandomPick): Reading[] {
  const time = Date.UTC(2024, 0, 1 + pick.int(30));
  return Array.from({ length: pick.between(1, 2000) }, (_, series) => ({
    series,
    time: time + series,
    n: series,
    temp: 1,
    load: null,
    state: null,
  }));
}

/** Tables that come and go, too: nothing of them may stay. */
async function useScratch(session: SoakSession, pick: RandomPick): Promise<void> {
  const name = `scratch_${pick.int(1e9)}`;
  const kind = pick.of(['', 'TEMP', "WITH (tsdb.hypertable, tsdb.partition_column = 'time')"]);
  const columns = '(time timestamptz NOT NULL, name text, value float8)';
  const create = kind === 'TEMP' ? `CREATE TEMP TABLE ${name}` : `CREATE TABLE ${name}`;
  await session.query(`${create} ${columns} ${kind === 'TEMP' ? '' : kind}`);
  await session.query(`INSERT INTO ${name} SELECT now() + g * interval '1 minute', 'name ' || g, g
    FROM generate_series(1, ${pick.between(1, 3000)}) g`);
  if (kind === '') await session.query(`CREATE INDEX ON ${name} (name)`);
  await session.query(`DROP TABLE ${name}`);
}

/** Leaves before it has said who it is. */
async function knock(port: number, pick: RandomPick): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(Buffer.from([0, 0, 0, 40, 0, 3, 0, 0].slice(0, pick.int(9))));
  await sleep(pick.int(30));
  socket.destroy();
}

export async function visit(port: number, pick: RandomPick, statistics: Statistics): Promise<void> {
  if (pick.chance(0.2)) return knock(port, pick);
  const session = await SoakSession.connect(port, statistics);
  if (pick.chance(0.3)) {
    await useScratch(session, pick);
    return session.end();
  }
  try {
    await pick.of(RUDE)(session, pick);
  } catch (error) {
    // Retention takes the chunks in its own order.
    if (codeOf(error) !== DEADLOCK) throw error;
  } finally {
    session.destroy();
  }
}

/** Whatever becomes of the statement, the connection goes on. */
export async function cancelOne(
  session: SoakSession,
  pick: RandomPick,
  statistics: Statistics,
): Promise<void> {
  const timesOut = pick.chance(0.3);
  const ms = pick.between(1, 300);
  if (timesOut) await session.query(`SET statement_timeout = ${ms}`);
  const deletes = pick.chance(0.2);
  if (deletes) await session.query('BEGIN');
  const text = deletes ? `DELETE FROM readings WHERE writer = ${pick.int(4)}` : pick.of(SLOW);
  const running = text.startsWith('COPY') ? session.copyOut(text, () => {}) : session.query(text);
  const ended = running.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!timesOut) {
    await Promise.race([ended, sleep(ms)]);
    await session.cancel();
  }
  const error = await ended;
  if (error !== undefined && ![CANCELLED, DEADLOCK].includes(codeOf(error) ?? '')) throw error;
  if (codeOf(error) === CANCELLED) statistics.cancels++;
  if (deletes) await settled(session, 'ROLLBACK');
  await settled(session, 'SET statement_timeout = 0');
}

/** A cancel may arrive late and meet the next statement. */
async function settled(session: SoakSession, text: string): Promise<void> {
  for (;;) {
    try {
      await session.query(text);
      return;
    } catch (error) {
      if (codeOf(error) !== CANCELLED) throw error;
    }
  }
}
