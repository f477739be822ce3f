/** Summaries over rows that are in the head, in segments, and in both, against sums over plain rows. */
import { describe, expect, it } from 'vitest';
import type { SummaryPart, SummaryRequest } from '../../../../src/storage/storage.ts';
import type { Value } from '../../../../src/types/value.ts';
import type { ColumnSummary } from '../../../../src/vector/summary.ts';
import { valueAt, type Vector } from '../../../../src/vector/vector.ts';
import { column, hypertable, OID, randomOf, World, type Row } from './support.ts';
import { seedOf } from '../../../support/seed.ts';
import { rounds } from '../../../support/rounds.ts';

const SEED = seedOf('head summaries');
const TABLE = hypertable(
  [
    column(1, 'time', OID.timestamptz),
    column(2, 'host', OID.text),
    column(3, 'usage', OID.float8),
    column(4, 'odd', OID.float8),
  ],
  { chunkInterval: 1e12, segmentBy: [2] },
);
const BUCKET = 1e9;

interface Sum {
  rows: number;
  sum: number;
  low: number;
  high: number;
}

function addTo(sums: Map<string, Sum>, key: string, part: Sum): void {
  const known = sums.get(key);
  if (known === undefined) sums.set(key, { ...part });
  else {
    known.rows += part.rows;
    known.sum += part.sum;
    known.low = Math.min(known.low, part.low);
    known.high = Math.max(known.high, part.high);
  }
}

const keyOf = (host: Value, time: number): string => `${String(host)} ${Math.floor(time / BUCKET)}`;

function requestOf(attnum: number): SummaryRequest {
  const statistics = new Set(['sum', 'extremes'] as const);
  return {
    attnums: [1, 2, attnum],
    predicates: [],
    groupBy: [2],
    bucket: { width: BUCKET, anchor: 0 },
    columns: [{ attnum, statistics, exactSums: false }],
  };
}

async function summed(
  world: World,
  attnum: number,
): Promise<{ sums: Map<string, Sum>; summaries: number }> {
  const sums = new Map<string, Sum>();
  let summaries = 0;
  const view = world.store.current();
  for await (const part of world.store.scanSummaries(view, undefined, TABLE, requestOf(attnum))) {
    if (part.kind === 'rows') addRows(sums, part.batch);
    else summaries += addSummaries(sums, part.summaries);
  }
  return { sums, summaries };
}

function addRows(
  sums: Map<string, Sum>,
  batch: Extract<SummaryPart, { kind: 'rows' }>['batch'],
): void {
  const [times, hosts, values] = batch.columns as [Vector, Vector, Vector];
  for (let row = 0; row < batch.length; row++) {
    const value = valueAt(values, row) as number;
    const key = keyOf(valueAt(hosts, row), valueAt(times, row) as number);
    addTo(sums, key, { rows: 1, sum: value, low: value, high: value });
  }
}

function addSummaries(
  sums: Map<string, Sum>,
  found: Extract<SummaryPart, { kind: 'summaries' }>['summaries'],
): number {
  const hosts = found.groups[0] as Vector;
  const { sums: totals, minimums, maximums } = found.columns[0] as ColumnSummary;
  for (let i = 0; i < found.length; i++) {
    const part = {
      rows: found.rows[i] as number,
      sum: totals?.[i] as number,
      low: minimums?.[i] as number,
      high: maximums?.[i] as number,
    };
    addTo(sums, keyOf(valueAt(hosts, i), found.buckets[i] as number), part);
  }
  return found.length;
}

function expectSame(found: Map<string, Sum>, rows: readonly Row[], position: number): void {
  const wanted = new Map<string, Sum>();
  for (const row of rows) {
    const value = row[position] as number;
    addTo(wanted, keyOf(row[1] as Value, row[0] as number), {
      rows: 1,
      sum: value,
      low: value,
      high: value,
    });
  }
  expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [key, { rows: count, sum, low, high }] of wanted) {
    const own = found.get(key) as Sum;
    const isSame = own.rows === count && own.low === low && own.high === high;
    if (!isSame) expect([own.rows, own.low, own.high], key).toEqual([count, low, high]);
    expect(own.sum).toBeCloseTo(sum, 6);
  }
}

describe('scanSummaries', () => {
  it(`sums up heads and segments alike (SEED=${SEED})`, async () => {
    const random = randomOf(SEED);
    for (let round = 0; round < rounds(1); round++) {
      const world = await new World(TABLE).open();
      const rows: Row[] = [];
      const places = 10 ** Math.floor(random() * 3);
      for (let step = 0; step < 5; step++) {
        const more = Array.from(
          { length: 2000 + Math.floor(random() * 9000) },
          (): Row => [
            Math.floor(random() * 2e10),
            `h${Math.floor(random() * 12)}`,
            Math.floor(random() * 1000) / places,
            random(),
          ],
        );
        await world.insert(more);
        rows.push(...more);
        const usage = await summed(world, 3);
        expectSame(usage.sums, rows, 2);
        expectSame((await summed(world, 4)).sums, rows, 3);
        // What is sorted and has lanes need not come as rows.
        if (rows.length > 4096) expect(usage.summaries).toBeGreaterThan(0);
        if (random() < 0.3) await world.store.flush(true);
      }
      await world.store.close();
    }
  });
});
