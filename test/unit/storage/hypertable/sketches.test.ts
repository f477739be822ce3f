/** Stored sketches: what they say of the rows they stand for, older segments without, and damage. */
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../../src/base/crc32c.ts';
import type { DbError } from '../../../../src/errors/db-error.ts';
import { decodeBlock, encodeBlock } from '../../../../src/storage/hypertable/column-block.ts';
import { decodeHeader, encodeHeader } from '../../../../src/storage/hypertable/segment.ts';
import {
  HAS,
  PART_TYPE,
  type SketchHeader,
} from '../../../../src/storage/hypertable/sketch-parts.ts';
import { plainColumn } from '../../../../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../../../../src/storage/hypertable/text-dictionary.ts';
import { MemoryKv } from '../../../../src/storage/kv/memory.ts';
import type { SummaryPart, SummaryRequest } from '../../../../src/storage/storage.ts';
import type { Value } from '../../../../src/types/value.ts';
import { valueAt } from '../../../../src/vector/vector.ts';
import { column, hypertable, OID, randomOf, World, type Row } from './support.ts';
import { seedOf } from '../../../support/seed.ts';

const SEED = seedOf('sketches');
const HOUR = 3.6e9;
const TABLE = hypertable(
  [
    column(1, 'time', OID.timestamptz),
    column(2, 'host', OID.text),
    column(3, 'usage', OID.float8),
    column(4, 'load', OID.float8),
    column(5, 'odd', OID.float8),
    column(6, 'count', OID.int8),
    column(7, 'wide', OID.int8),
  ],
  { chunkInterval: 1e15, segmentBy: [2] },
);

function someRows(random: () => number, count: number): Row[] {
  return Array.from({ length: count }, (_, i) => [
    7.5e14 + i * 5e6 + Math.floor(random() * 1e6),
    `h${i % 3}`,
    Math.floor(random() * 1000) / 100,
    random() < 0.3 || (i > 5000 && i < 9000) ? null : random() * 100 - 50,
    i % 700 === 0 ? NaN : i % 5 === 0 ? -0 : random(),
    Math.floor(random() * 2000) - 1000,
    2 ** 50 + Math.floor(random() * 1e6),
  ]);
}

/** The keys that belong to sketches: `h`, `s`, table, chunk and segment, then 2. */
async function sketchKeys(kv: MemoryKv): Promise<Uint8Array[]> {
  const keys: Uint8Array[] = [];
  for await (const page of kv.scan({ from: Uint8Array.of(0x68), to: Uint8Array.of(0x69) })) {
    keys.push(...page.map(({ key }) => key).filter((key) => key[1] === 0x73 && key[18] === 2));
  }
  return keys;
}

async function flushed(rows: readonly Row[]): Promise<{ world: World; kv: MemoryKv }> {
  const kv = new MemoryKv();
  const world = await new World(TABLE, kv).open();
  await world.insert(rows);
  await world.store.flush(true);
  return { world, kv };
}

/** One that has read nothing yet. */
async function reopened(world: World): Promise<World> {
  await world.store.close();
  return world.open();
}

function requestOf(attnum: number): SummaryRequest {
  return {
    attnums: [1, 2, attnum],
    predicates: [],
    groupBy: [2],
    bucket: { width: HOUR * 6, anchor: 0 },
    columns: [
      {
        attnum,
        statistics: new Set(['sum', 'extremes'] as const),
        exactSums: attnum > 5,
        allowsNulls: true,
      },
    ],
  };
}

async function partsOf(world: World, request: SummaryRequest): Promise<SummaryPart[]> {
  const { store } = world;
  const parts: SummaryPart[] = [];
  for await (const part of store.scanSummaries(store.current(), undefined, TABLE, request)) {
    parts.push(part);
  }
  return parts;
}

interface Total {
  readonly count: number;
  readonly sum: number;
  readonly low: number;
  readonly high: number;
}

const keyOf = (host: Value, time: number): string =>
  `${String(host)} ${Math.floor(time / (HOUR * 6))}`;

function addTo(totals: Map<string, Total>, key: string, { count, sum, low, high }: Total): void {
  const known = totals.get(key) ?? { count: 0, sum: 0, low: Infinity, high: -Infinity };
  totals.set(key, {
    count: known.count + count,
    sum: known.sum + sum,
    low: Math.min(known.low, low),
    high: Math.max(known.high, high),
  });
}

/** What summaries of one column tell of each host and bucket. */
function totalsOf(parts: readonly SummaryPart[]): Map<string, Total> {
  const totals = new Map<string, Total>();
  for (const part of parts) {
    if (part.kind === 'rows') throw new Error('rows');
    const { length, buckets, groups, columns, rows } = part.summaries;
    const { counts, sums, minimums, maximums } = columns[0]!;
    for (let i = 0; i < length; i++) {
      const count = counts?.[i] ?? rows[i]!;
      const key = keyOf(valueAt(groups[0]!, i), buckets[i]!);
      addTo(totals, key, { count, sum: sums![i]!, low: minimums![i]!, high: maximums![i]! });
    }
  }
  return totals;
}

async function headerOf(kv: MemoryKv): Promise<{ key: Uint8Array; value: Uint8Array }> {
  for await (const page of kv.scan({ from: Uint8Array.of(0x68), to: Uint8Array.of(0x69) })) {
    const found = page.find(({ key }) => key[1] === 0x73 && key[18] === 0);
    if (found !== undefined) return found;
  }
  throw new Error('no header');
}

const sketchOf = async (kv: MemoryKv): Promise<SketchHeader | undefined> =>
  decodeHeader((await headerOf(kv)).value, () => new TextDictionary()).sketch;

function seal(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(0, crc32c(bytes, 0, 4, bytes.length), true);
  return bytes;
}

describe('stored sketches', () => {
  it(`tell of every column what its rows do (SEED=${SEED})`, async () => {
    const rows = someRows(randomOf(SEED), 20_000);
    const { world, kv } = await flushed(rows);
    const sketch = await sketchOf(kv);
    expect(sketch?.width).toBe(HOUR);
    // NaNs keep a column from having one, sums that no double holds only from having these.
    expect(new Map(sketch?.columns)).toEqual(
      new Map([
        [1, HAS.extremes],
        [3, HAS.sums + HAS.extremes],
        [4, HAS.sums + HAS.extremes + HAS.counts],
        [6, HAS.sums + HAS.extremes],
        [7, HAS.extremes],
      ]),
    );
    for (const attnum of [3, 4, 6]) {
      const found = totalsOf(await partsOf(world, requestOf(attnum)));
      const expected = new Map<string, Total>();
      for (const row of rows) {
        const value = row[attnum - 1] as number | null;
        const none = { count: 0, sum: 0, low: Infinity, high: -Infinity };
        const one = value === null ? none : { count: 1, sum: value, low: value, high: value };
        addTo(expected, keyOf(row[1]!, row[0] as number), one);
      }
      expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [key, { sum, ...exact }] of expected) {
        const { sum: own, ...others } = found.get(key)!;
        expect(others).toEqual(exact);
        if (attnum > 5) expect(own).toBe(sum);
        else expect(own).toBeCloseTo(sum, 6);
      }
    }
  });

  it('take few bytes beside the columns', async () => {
    const { kv } = await flushed(someRows(randomOf(3), 30_000));
    let [own, all] = [0, 0];
    for await (const page of kv.scan({ from: Uint8Array.of(0x68), to: Uint8Array.of(0x69) })) {
      for (const { key, value } of page) {
        if (key[1] !== 0x73) continue;
        all += value.length;
        if (key[18] === 2) own += value.length;
      }
    }
    expect(own).toBeGreaterThan(0);
    expect(own / (all - own)).toBeLessThan(0.08);
  });

  it('are not in headers of version 1, which are read', async () => {
    const { kv, world } = await flushed(someRows(randomOf(4), 20_000));
    const { key, value } = await headerOf(kv);
    const header = decodeHeader(value, () => new TextDictionary());
    const without = encodeHeader({ ...header, sketch: undefined });
    // Version 2 says with a width of 0 that there are none.
    const old = without.slice(0, -8);
    old[4] = 1;
    await kv.write([{ type: 'put', key, value: seal(old) }]);
    const other = await reopened(world);
    const parts = await partsOf(other, requestOf(4));
    expect(parts.some(({ kind }) => kind === 'rows')).toBe(true);
    expect(parts.some(({ kind }) => kind === 'summaries')).toBe(false);
  });

  it(`that are damaged or missing are XX001, and name the chunk (SEED=${SEED})`, async () => {
    const random = randomOf(SEED);
    const { kv, world } = await flushed(someRows(random, 20_000));
    const keys = await sketchKeys(kv);
    expect(keys.length).toBeGreaterThan(8);
    const request = { ...requestOf(3), columns: [3, 4, 6].flatMap((c) => requestOf(c).columns) };
    const asked = keys.filter((key) => [0, 3, 4, 6].includes(key[20]!));
    expect(asked).toHaveLength(2 + 3 + 4 + 3);
    for (const key of asked) {
      const good = (await kv.get(key)) as Uint8Array;
      const bad = good.slice();
      const at = Math.floor(random() * bad.length);
      bad[at] = bad[at]! ^ (1 << Math.floor(random() * 8));
      const part = plainColumn(decodeBlock(good, PART_TYPE, () => new TextDictionary()));
      if (part.rep !== 'f64') throw new Error('not numbers');
      const data = part.data.slice(1);
      const other = encodeBlock({ rep: 'f64', data, nulls: undefined }, data.length, PART_TYPE);
      for (const value of [bad, other, undefined]) {
        await kv.write([
          value === undefined ? { type: 'delete', key } : { type: 'put', key, value },
        ]);
        const failing = await reopened(world);
        const error = (await partsOf(failing, request).catch(
          (thrown: unknown) => thrown,
        )) as DbError;
        expect(error.code).toBe('XX001');
        expect(error.message).toMatch(/stored data of .*chunk.* is damaged/);
        // The rows themselves are as they were.
        expect(
          (await failing.scan({ attnums: [3] })).reduce((n, { length }) => n + length, 0),
        ).toBe(20_000);
      }
      await kv.write([{ type: 'put', key, value: good }]);
    }
    expect(await partsOf(await reopened(world), request)).not.toHaveLength(0);
  });

  it('whose intervals are of other rows are XX001', async () => {
    const { kv, world } = await flushed(someRows(randomOf(6), 20_000));
    const [rows] = (await sketchKeys(kv)).filter((key) => key[20] === 0 && key[21] === 0);
    const { intervals = 0 } = (await sketchOf(kv)) ?? {};
    for (const each of [20_000 / intervals + 1, 0, -1, NaN]) {
      const data = new Float64Array(intervals).fill(each);
      const value = encodeBlock({ rep: 'f64', data, nulls: undefined }, intervals, PART_TYPE);
      await kv.write([{ type: 'put', key: rows!, value }]);
      await expect(partsOf(await reopened(world), requestOf(3))).rejects.toMatchObject({
        code: 'XX001',
      });
    }
  });
});
