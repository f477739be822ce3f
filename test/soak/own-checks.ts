/** Queries over a writer's own rows while others write theirs: the model knows every answer. */
import type { RandomPick } from './random-pick.ts';
import type { Reading } from './reading.ts';
import { MINUTE_MS, seriesName } from './settings.ts';
import { conditionOf, type Match } from './shard.ts';
import type { Field, Row, SoakSession } from './soak-session.ts';
import type { WriterModel } from './writer-model.ts';

interface OwnCheck {
  readonly name: string;
  readonly sql: (condition: string) => string;
  readonly expected: (rows: readonly Reading[], writer: number) => Row[];
}

const BUCKET_MS = 15 * MINUTE_MS;

const CHECKS: readonly OwnCheck[] = [
  {
    name: 'own buckets',
    sql: (condition) =>
      `SELECT time_bucket('15 minutes', time) AS bucket, count(*), count(load), sum(n), min(temp), max(temp), avg(temp)
       FROM readings WHERE ${condition} GROUP BY bucket ORDER BY bucket`,
    expected: (rows) =>
      grouped(
        rows,
        ({ time }) => Math.floor(time / BUCKET_MS) * BUCKET_MS,
        (a, b) => a - b,
      ).map(([bucket, group]) => [bucket, ...summaryOf(group)]),
  },
  {
    name: 'own series',
    sql: (condition) =>
      `SELECT series, count(*), count(load), sum(n), min(temp), max(temp), avg(temp), max(time)
       FROM readings WHERE ${condition} GROUP BY series ORDER BY series`,
    expected: (rows, writer) =>
      grouped(rows, ({ series }) => seriesName(writer, series), byText).map(([series, group]) => [
        series,
        ...summaryOf(group),
        group.reduce((newest, { time }) => Math.max(newest, time), -Infinity),
      ]),
  },
  {
    name: 'own last points',
    sql: (condition) =>
      `SELECT DISTINCT ON (series) series, time FROM readings WHERE ${condition} ORDER BY series, time DESC`,
    expected: (rows, writer) =>
      grouped(rows, ({ series }) => seriesName(writer, series), byText).map(([series, group]) => [
        series,
        group.reduce((newest, { time }) => Math.max(newest, time), -Infinity),
      ]),
  },
  {
    name: 'own newest rows',
    sql: (condition) => `SELECT time FROM readings WHERE ${condition} ORDER BY time DESC LIMIT 50`,
    expected: (rows) =>
      rows
        .map(({ time }) => time)
        .toSorted((a, b) => b - a)
        .slice(0, 50)
        .map((time) => [time]),
  },
  {
    name: 'own percentiles',
    sql: (condition) =>
      `SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY temp), percentile_disc(0.95) WITHIN GROUP (ORDER BY n),
       count(DISTINCT series), count(DISTINCT n), count(DISTINCT state) FROM readings WHERE ${condition}`,
    expected: (rows) => [
      [
        percentile(
          rows.map(({ temp }) => temp),
          0.5,
        ),
        percentile(known(rows.map(({ n }) => n)), 0.95),
        new Set(rows.map(({ series }) => series)).size,
        new Set(known(rows.map(({ n }) => n))).size,
        new Set(known(rows.map(({ state }) => state))).size,
      ],
    ],
  },
];

export async function checkOwnShard(
  session: SoakSession,
  model: WriterModel,
  pick: RandomPick,
): Promise<string> {
  const check = pick.of(CHECKS);
  const match = randomRange(model, pick);
  const sql = check.sql(conditionOf(model.writer, match));
  const { rows } = await session.query(sql);
  const expected = check.expected([...model.readings.rows(match)], model.writer);
  const difference = firstDifference(rows, expected);
  if (difference !== undefined) throw new Error(`${check.name}: ${difference} [${sql}]`);
  return check.name;
}

function randomRange(model: WriterModel, pick: RandomPick): Match {
  const newest = model.front + 60 * MINUTE_MS;
  const span = pick.chance(0.5) ? pick.between(1, 6 * 60) * MINUTE_MS : newest - model.oldest;
  const from = pick.chance(0.5)
    ? Math.max(model.oldest, newest - span)
    : pick.between(model.oldest, newest);
  const series = pick.chance(0.3) ? pick.int(75) : undefined;
  return { series, from, to: Math.min(newest, from + span), digit: undefined };
}

export function firstDifference(
  actual: readonly Row[],
  expected: readonly Row[],
): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} rows, not ${expected.length}`;
  for (const [i, row] of expected.entries()) {
    const other = actual[i] as Row;
    if (row.some((field, column) => !isSame(field, other[column] as Field))) {
      return `row ${i} is ${JSON.stringify(other)}, not ${JSON.stringify(row)}`;
    }
  }
  return undefined;
}

/** Averages of doubles depend on the order of summation. */
function isSame(a: Field, b: Field): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

function summaryOf(rows: readonly Reading[]): Field[] {
  const numbers = known(rows.map(({ n }) => n));
  const temps = rows.map(({ temp }) => temp);
  const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);
  return [
    rows.length,
    known(rows.map(({ load }) => load)).length,
    numbers.length === 0 ? null : sum(numbers),
    temps.reduce((least, temp) => Math.min(least, temp), Infinity),
    temps.reduce((most, temp) => Math.max(most, temp), -Infinity),
    sum(temps) / temps.length,
  ];
}

function grouped<K>(
  rows: readonly Reading[],
  keyOf: (row: Reading) => K,
  compare: (a: K, b: K) => number,
): [K, Reading[]][] {
  const groups = new Map<K, Reading[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups].toSorted(([a], [b]) => compare(a, b));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function known<T>(values: readonly (T | null)[]): T[] {
  return values.filter((value): value is T => value !== null);
}

function percentile(values: readonly number[], fraction: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? null;
}
