/** Changes of `readings`: rows in order, late rows, updates and deletions. */
import type { Change } from './change.ts';
import type { RandomPick } from './random-pick.ts';
import { COLUMNS, copyBinary, copyText, literals, parametersOf, type Reading } from './reading.ts';
import { MINUTE_MS, STEP_MS, SERIES_PER_WRITER, STATES } from './settings.ts';
import { ASSIGNMENTS, conditionOf, type Match, type UpdateKind } from './shard.ts';
import type { SoakSession } from './soak-session.ts';
import type { WriterModel } from './writer-model.ts';

type Way = 'copy text' | 'copy binary' | 'insert' | 'prepared insert';

const PREPARED = `INSERT INTO readings (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;

function randomReading(series: number, time: number, pick: RandomPick): Reading {
  return {
    series,
    time,
    n: pick.chance(0.05) ? null : pick.int(10_000),
    temp: (2000 + series * 10 + pick.int(700)) / 100,
    load: pick.chance(0.2) ? null : pick.int(100_000) / 1000,
    state: pick.chance(0.1) ? null : pick.int(STATES.length),
  };
}

async function send(session: SoakSession, writer: number, rows: readonly Reading[], way: Way) {
  switch (way) {
    case 'copy text':
      return session.copyIn(`COPY readings (${COLUMNS}) FROM STDIN`, copyText(writer, rows));
    case 'copy binary': {
      const text = `COPY readings (${COLUMNS}) FROM STDIN (FORMAT binary)`;
      return session.copyIn(text, copyBinary(writer, rows));
    }
    case 'insert': {
      const values = literals(writer, rows);
      return (await session.query(`INSERT INTO readings (${COLUMNS}) VALUES ${values}`)).count;
    }
    case 'prepared insert': {
      let count = 0;
      for (const row of rows) {
        count += (await session.query(PREPARED, parametersOf(writer, row), 'reading')).count;
      }
      return count;
    }
  }
}

function addition(model: WriterModel, rows: readonly Reading[], way: Way, front: number): Change {
  return {
    name: way,
    sign: 1,
    run: (session) => send(session, model.writer, rows, way),
    apply: ({ readings }) => {
      for (const row of rows) readings.add(row);
      model.front = Math.max(model.front, front);
      return rows.length;
    },
  };
}

/** The next rows of all series, in order of time. */
export function append(model: WriterModel, pick: RandomPick): Change {
  const way = pick.of<Way>(['copy text', 'copy binary', 'copy text', 'insert']);
  const steps = way === 'insert' ? pick.between(1, 4) : pick.between(1, 21);
  const rows: Reading[] = [];
  for (let step = 0; step < steps; step++) {
    for (let series = 0; series < SERIES_PER_WRITER; series++) {
      rows.push(randomReading(series, model.front + step * STEP_MS, pick));
    }
  }
  return addition(model, rows, way, model.front + steps * STEP_MS);
}

/** Rows of any time that is still kept, at odd milliseconds. */
export function addLate(model: WriterModel, pick: RandomPick): Change {
  const way = pick.of<Way>(['copy text', 'copy binary', 'insert', 'prepared insert']);
  const count = way === 'prepared insert' ? pick.between(1, 15) : pick.between(1, 300);
  const newest = model.front + MINUTE_MS;
  const span = pick.chance(0.6) ? 20 * MINUTE_MS : newest - model.oldest;
  const from = Math.max(model.oldest, newest - span);
  const rows = Array.from({ length: count }, () =>
    randomReading(pick.int(SERIES_PER_WRITER), pick.between(from, newest), pick),
  );
  return addition(model, rows, way, model.front);
}

/** A stretch of one series, or a short one of all; sometimes only rows with some value. */
function randomMatch(model: WriterModel, pick: RandomPick, minutesMax: number): Match {
  const series = pick.chance(0.8) ? pick.int(SERIES_PER_WRITER) : undefined;
  const span = MINUTE_MS * (series === undefined ? pick.between(1, 9) : pick.int(minutesMax));
  const from = pick.between(model.oldest, model.front + MINUTE_MS);
  const digit = pick.chance(0.3) ? pick.int(10) : undefined;
  return { series, from, to: from + span, digit };
}

export function update(model: WriterModel, pick: RandomPick): Change {
  const match = randomMatch(model, pick, 240);
  const kind = pick.of(Object.keys(ASSIGNMENTS) as UpdateKind[]);
  const condition = conditionOf(model.writer, match);
  return {
    name: `update ${kind}`,
    sign: 0,
    run: async (session) =>
      (await session.query(`UPDATE readings SET ${ASSIGNMENTS[kind]} WHERE ${condition}`)).count,
    apply: ({ readings }) => readings.update(match, kind),
  };
}

export function remove(model: WriterModel, pick: RandomPick): Change {
  // Now and then everything of one series that retention does not touch.
  const whole = { from: model.oldest, to: model.front + 60 * MINUTE_MS, digit: undefined };
  const match = pick.chance(0.02)
    ? { ...whole, series: pick.int(SERIES_PER_WRITER) }
    : randomMatch(model, pick, 120);
  const condition = conditionOf(model.writer, match);
  return {
    name: 'delete',
    sign: -1,
    run: async (session) => (await session.query(`DELETE FROM readings WHERE ${condition}`)).count,
    apply: ({ readings }) => readings.remove(match),
  };
}
