/** Changes of `events`, a hypertable with a unique key, and of `last_state`, an ordinary table. */
import type { Change } from './change.ts';
import type { RandomPick } from './random-pick.ts';
import { timeText } from './reading.ts';
import { MINUTE_MS, SERIES_PER_WRITER, seriesName } from './settings.ts';
import { eventKey, type WriterModel } from './writer-model.ts';

interface NewEvent {
  readonly series: number;
  readonly time: number;
  readonly value: number;
}

const DO_UPDATE =
  'ON CONFLICT (series, time) DO UPDATE SET value = excluded.value, hits = events.hits + 1';
const DO_NOTHING = 'ON CONFLICT DO NOTHING';

/** Few series and whole minutes, so that some of them are there. Every key occurs once. */
function randomEvents(model: WriterModel, pick: RandomPick): NewEvent[] {
  const events = new Map<string, NewEvent>();
  const minutes = Math.max(1, Math.floor((model.front - model.oldest) / MINUTE_MS));
  const back = pick.chance(0.8) ? Math.min(30, minutes) : minutes;
  const newest = Math.floor(model.front / MINUTE_MS) * MINUTE_MS;
  for (let count = pick.between(1, 40); count > 0; count--) {
    const series = pick.int(10);
    const time = newest - pick.int(back) * MINUTE_MS;
    events.set(eventKey(series, time), { series, time, value: pick.int(1e6) / 100 });
  }
  return [...events.values()];
}

function eventsText(writer: number, events: readonly NewEvent[]): string {
  const rows = events.map(
    ({ series, time, value }) =>
      `('${timeText(time)}', '${seriesName(writer, series)}', ${writer}, ${value})`,
  );
  return `INSERT INTO events (time, series, writer, value) VALUES ${rows.join(', ')}`;
}

export function upsertEvents(model: WriterModel, pick: RandomPick): Change {
  const events = randomEvents(model, pick);
  const overwrites = pick.chance(0.6);
  const text = `${eventsText(model.writer, events)} ${overwrites ? DO_UPDATE : DO_NOTHING}`;
  return {
    name: overwrites ? 'upsert' : 'insert or nothing',
    sign: 0,
    run: async (session) => (await session.query(text)).count,
    apply: (to) => {
      let count = 0;
      for (const { series, time, value } of events) {
        const key = eventKey(series, time);
        const old = to.events.get(key);
        if (old !== undefined && !overwrites) continue;
        to.events.set(key, { value, hits: old === undefined ? 1 : old.hits + 1 });
        count++;
      }
      return count;
    },
  };
}

export function removeEvents(model: WriterModel, pick: RandomPick): Change {
  const series = pick.int(10);
  const from = pick.between(model.oldest, model.front);
  const to = from + pick.int(60) * MINUTE_MS;
  const text = `DELETE FROM events WHERE series = '${seriesName(model.writer, series)}'
    AND time >= '${timeText(from)}' AND time < '${timeText(to)}'`;
  return {
    name: 'delete events',
    sign: 0,
    run: async (session) => (await session.query(text)).count,
    apply: ({ events }) => {
      let count = 0;
      for (let time = Math.ceil(from / MINUTE_MS) * MINUTE_MS; time < to; time += MINUTE_MS) {
        if (events.delete(eventKey(series, time))) count++;
      }
      return count;
    },
  };
}

/** An INSERT of a key that is there: the server has to answer 23505. */
export function duplicateOf(model: WriterModel, pick: RandomPick): string | undefined {
  const time = Math.floor(model.front / MINUTE_MS) * MINUTE_MS - pick.int(30) * MINUTE_MS;
  for (let series = 0; series < 10; series++) {
    if (!model.events.has(eventKey(series, time)) || time < model.oldest) continue;
    return eventsText(model.writer, [{ series, time, value: -1 }]);
  }
  return undefined;
}

export function upsertLastStates(model: WriterModel, pick: RandomPick): Change {
  const first = pick.int(SERIES_PER_WRITER);
  const count = pick.between(1, SERIES_PER_WRITER - first + 1);
  const time = model.front;
  const temp = pick.int(5000) / 100;
  const rows = Array.from(
    { length: count },
    (_, i) =>
      `('${seriesName(model.writer, first + i)}', ${model.writer}, '${timeText(time)}', ${temp})`,
  );
  const text = `INSERT INTO last_state (series, writer, time, temp) VALUES ${rows.join(', ')}
    ON CONFLICT (series) DO UPDATE SET time = excluded.time, temp = excluded.temp, hits = last_state.hits + 1`;
  return {
    name: 'upsert last state',
    sign: 0,
    run: async (session) => (await session.query(text)).count,
    apply: ({ lastStates }) => {
      for (let series = first; series < first + count; series++) {
        const hits = (lastStates.get(series)?.hits ?? 0) + 1;
        lastStates.set(series, { time, temp, hits });
      }
      return count;
    },
  };
}

export function changeLastStates(model: WriterModel, pick: RandomPick): Change {
  const { writer } = model;
  const limit = pick.int(5000) / 100;
  const removes = pick.chance(0.3);
  const text = removes
    ? `DELETE FROM last_state WHERE writer = ${writer} AND temp < ${limit / 8}`
    : `UPDATE last_state SET temp = temp + 0.25, hits = hits + 1 WHERE writer = ${writer} AND temp > ${limit}`;
  return {
    name: removes ? 'delete last states' : 'update last states',
    sign: 0,
    run: async (session) => (await session.query(text)).count,
    apply: ({ lastStates }) => {
      let count = 0;
      for (const [series, state] of lastStates) {
        if (removes ? state.temp >= limit / 8 : state.temp <= limit) continue;
        if (removes) lastStates.delete(series);
        else lastStates.set(series, { ...state, temp: state.temp + 0.25, hits: state.hits + 1 });
        count++;
      }
      return count;
    },
  };
}
