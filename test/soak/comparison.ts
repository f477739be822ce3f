/** Compares everything in the database with the models while nobody writes. */
import { firstDifference } from './own-checks.ts';
import { parseTime, type Reading } from './reading.ts';
import { RowsHash } from './row-set.ts';
import { SERIES_PER_WRITER, seriesName, STATES } from './settings.ts';
import { chunkOf, type Shard } from './shard.ts';
import type { Row, SoakSession } from './soak-session.ts';
import type { Statistics } from './statistics.ts';
import { GHOST } from './visitor.ts';
import type { Writer } from './writer.ts';
import { seriesOfKey, timeOfKey, type WriterModel } from './writer-model.ts';

export async function compareAll(
  session: SoakSession,
  writers: readonly Writer[],
  statistics: Statistics,
): Promise<void> {
  for (const writer of writers) {
    let difference = await differenceOf(session, writer.model);
    if (difference !== undefined && writer.pending !== undefined) {
      // The transaction in flight at the server's end may have happened, but only as a whole.
      writer.adoptPending();
      const other = await differenceOf(session, writer.model);
      difference = other && `${difference}; with the transaction in flight: ${other}`;
    }
    writer.pending = undefined;
    if (difference !== undefined) throw new Error(`writer ${writer.model.writer}: ${difference}`);
  }
  for (const table of ['readings', 'last_state', 'events']) {
    const [count] = await session.row(`SELECT count(*) FROM ${table} WHERE writer = ${GHOST}`);
    if (count !== 0) throw new Error(`${count} rows of unfinished transactions in ${table}`);
  }
  const [rows, totals] = await session.row(
    'SELECT (SELECT count(*) FROM readings), (SELECT sum(n) FROM totals)',
  );
  if (rows !== totals) throw new Error(`${rows} rows, and totals say ${totals}`);
  statistics.check('comparison of everything');
}

async function differenceOf(session: SoakSession, model: WriterModel): Promise<string | undefined> {
  return (
    (await readingsDifference(session, model)) ??
    (await seriesDifference(session, model)) ??
    (await eventsDifference(session, model)) ??
    (await lastStatesDifference(session, model))
  );
}

async function readingsDifference(session: SoakSession, { writer, readings }: WriterModel) {
  const hashes = new Map<number, RowsHash>();
  await copyReadings(session, writer, ({ series, time, n, temp, load, state }) => {
    const chunk = chunkOf(time);
    let hash = hashes.get(chunk);
    if (hash === undefined) hashes.set(chunk, (hash = new RowsHash()));
    hash.add(series, time, n ?? NaN, temp, load ?? NaN, state ?? -1);
  });
  for (const chunk of new Set([...hashes.keys(), ...readings.chunks.keys()])) {
    const actual = String(hashes.get(chunk) ?? new RowsHash());
    const expected = String(readings.chunks.get(chunk)?.hash() ?? new RowsHash());
    if (actual === expected) continue;
    const rows = await rowDifference(session, writer, readings, chunk);
    return `chunk ${chunk} has ${actual}, not ${expected}: ${rows}`;
  }
  return undefined;
}

/** Names the first rows that are missing or too many. */
async function rowDifference(session: SoakSession, writer: number, shard: Shard, chunk: number) {
  const counts = new Map<string, number>();
  const count = (row: Reading, by: number): void => {
    const key = JSON.stringify(row);
    counts.set(key, (counts.get(key) ?? 0) + by);
  };
  const rows = shard.chunks.get(chunk);
  for (let at = 0; at < (rows?.length ?? 0); at++) count(rows!.get(at), -1);
  await copyReadings(session, writer, (row) => {
    if (chunkOf(row.time) === chunk) count(row, 1);
  });
  const unequal = [...counts].filter(([, by]) => by !== 0);
  const examples = unequal
    .slice(0, 6)
    .map(([row, by]) => `${by > 0 ? 'too many' : 'missing'} ${row}`);
  return `${unequal.length} rows differ: ${examples.join('; ')}`;
}

async function copyReadings(
  session: SoakSession,
  writer: number,
  onRow: (row: Reading) => void,
): Promise<void> {
  const seriesOf = new Map<string, number>();
  for (let i = 0; i < SERIES_PER_WRITER; i++) seriesOf.set(seriesName(writer, i), i);
  const columns = 'time, series, n, temp, load, state';
  const decoder = new TextDecoder();
  let rest = '';
  const text = `COPY (SELECT ${columns} FROM readings WHERE writer = ${writer}) TO STDOUT`;
  await session.copyOut(text, (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) onRow(readingOf(line, seriesOf));
  });
}

function readingOf(line: string, seriesOf: Map<string, number>): Reading {
  const [time, series, n, temp, load, state] = line.split('\t') as string[];
  return {
    series: seriesOf.get(series as string) ?? -1,
    time: parseTime(time as string),
    n: n === '\\N' ? null : Number(n),
    temp: Number(temp),
    load: load === '\\N' ? null : Number(load),
    state:
      state === '\\N'
        ? null
        : (STATES as readonly string[]).indexOf((state as string).replaceAll('\\t', '\t')),
  };
}

/** By aggregates, which have plans of their own. */
async function seriesDifference(session: SoakSession, { writer, readings }: WriterModel) {
  const sums = new Map<number, number[]>();
  for (const rows of readings.chunks.values()) {
    for (let at = 0; at < rows.length; at++) {
      const { series, n, load } = rows.get(at);
      let sum = sums.get(series);
      if (sum === undefined) sums.set(series, (sum = [0, 0, 0, 0]));
      sum[0]!++;
      sum[1]! += n ?? 0;
      if (n !== null) sum[2]!++;
      if (load !== null) sum[3]!++;
    }
  }
  const expected = [...sums].map(([series, sum]): Row => [seriesName(writer, series), ...sum]);
  const { rows } = await session.query(
    `SELECT series, count(*), coalesce(sum(n), 0), count(n), count(load) FROM readings
     WHERE writer = ${writer} GROUP BY series`,
  );
  return inOrder('series', rows, expected);
}

async function eventsDifference(session: SoakSession, { writer, events }: WriterModel) {
  const { rows } = await session.query(
    `SELECT series, time, value, hits FROM events WHERE writer = ${writer}`,
  );
  const expected = [...events].map(
    ([key, { value, hits }]): Row => [
      seriesName(writer, seriesOfKey(key)),
      timeOfKey(key),
      value,
      hits,
    ],
  );
  return inOrder('events', rows, expected);
}

async function lastStatesDifference(session: SoakSession, { writer, lastStates }: WriterModel) {
  const { rows } = await session.query(
    `SELECT series, time, temp, hits FROM last_state WHERE writer = ${writer}`,
  );
  const expected = [...lastStates].map(
    ([series, { time, temp, hits }]): Row => [seriesName(writer, series), time, temp, hits],
  );
  return inOrder('last_state', rows, expected);
}

function inOrder(what: string, actual: Row[], expected: Row[]): string | undefined {
  const keyed = (rows: Row[]): Row[] =>
    rows
      .map((row): [string, Row] => [`${row[0]} ${row[1]}`, row])
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => row);
  const difference = firstDifference(keyed(actual), keyed(expected));
  return difference && `${what}: ${difference}`;
}
