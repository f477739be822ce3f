/** Heads whose memory goes round, against plain arrays. */
import { describe, expect, it } from 'vitest';
import { borrowDoubles, borrowInts, giveBack } from '../../../../src/base/lent-arrays.ts';
import {
  freeBlock,
  kernelViews,
  tryAllocate,
  type KernelBlock,
} from '../../../../src/kernels/memory.ts';
import { decodeBlock } from '../../../../src/storage/hypertable/column-block.ts';
import { BytesWriter } from '../../../../src/storage/hypertable/bytes-io.ts';
import { packBatch } from '../../../../src/storage/hypertable/packing.ts';
import { packWithLanes } from '../../../../src/storage/hypertable/pack-numbers.ts';
import { vectorFromValues, type Vector } from '../../../../src/vector/vector.ts';
import { putInteger, WideVector } from '../../../../src/vector/wide-vector.ts';
import { HeadBuffer } from '../../../../src/storage/hypertable/head.ts';
import { HeadColumn } from '../../../../src/storage/hypertable/head-column.ts';
import { kernelCopy } from '../../../../src/kernels/memory.ts';
import { encodeLaneBlock } from '../../../../src/storage/hypertable/lane-block.ts';
import { PIECE_ROWS } from '../../../../src/storage/hypertable/row-source.ts';
import { sliceColumn, storedValueAt } from '../../../../src/storage/hypertable/stored-column.ts';
import type { StoredColumn } from '../../../../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../../../../src/storage/hypertable/text-dictionary.ts';
import { sqlType, type SqlType } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { batchOf, column, hypertable, OID, randomOf, type Row } from './support.ts';
import { seedOf } from '../../../support/seed.ts';
import { rounds } from '../../../support/rounds.ts';
import { expectSame } from '../../../support/expect-same.ts';

const SEED = seedOf('head');
const TABLE = hypertable(
  [
    column(1, 'time', OID.timestamptz),
    column(2, 'host', OID.text),
    column(3, 'usage', OID.float8),
    column(4, 'isUp', OID.bool),
  ],
  { chunkInterval: 1_000_000 },
);
const ATTNUMS = [1, 2, 3, 4];

function newHead(): HeadBuffer {
  const dictionary = new TextDictionary();
  return new HeadBuffer(1, { dictionaryOf: () => dictionary, missingOf: () => null });
}

/** Usages from `base` on, some of them NULL or not whole where they are `odd`. */
function randomRows(
  random: () => number,
  from: number,
  count: number,
  { base = 0, odd = 0.1 } = {},
): Row[] {
  return Array.from({ length: count }, (_, i) => [
    from + i,
    random() < 0.1 ? null : `h${Math.floor(random() * 50)}`,
    random() < odd ? [null, 0.5][Math.floor(random() * 2)] : base + Math.floor(random() * 100),
    random() < 0.1 ? null : random() < 0.5,
  ]);
}

/** Appends rows as a commit does, whose lanes are free again after that. */
function appendCommitted(head: HeadBuffer, rows: readonly Row[]): void {
  const batch = batchOf(TABLE, rows);
  const lanes = packBatch(new BytesWriter(), ATTNUMS, batch);
  head.append(ATTNUMS, batch, lanes);
  for (const each of lanes) if (each !== undefined) freeBlock(each.block);
}

function valuesOf(column: StoredColumn, rows: number): Value[] {
  return Array.from({ length: rows }, (_, i) => storedValueAt(column, i));
}

/** Uses whatever memory waits, as the next head or batch would. */
function spoil(): void {
  for (const rows of [64, 256, 1024, 4096, 16_384, 65_536]) {
    const doubles = Array.from({ length: 8 }, () => borrowDoubles(rows).fill(-7));
    const ints = Array.from({ length: 8 }, () => borrowInts(rows).fill(-7));
    for (const array of [...doubles, ...ints]) giveBack(array);
  }
  for (const bytes of [65_536, 131_072, 262_144]) {
    const blocks = Array.from({ length: 8 }, () => tryAllocate(bytes) as KernelBlock);
    for (const { pointer } of blocks) kernelViews().u8.fill(0xaa, pointer, pointer + bytes);
    for (const block of blocks) freeBlock(block);
  }
}

describe('HeadBuffer', () => {
  it(`never takes memory back that somebody reads (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 4; round < 12; round++) {
      const head = newHead();
      const rows: Row[] = [];
      const seen: { column: StoredColumn; values: Value[] }[] = [];
      const limit = round < 10 ? 5_000 : 70_000;
      const steps = [0, 1, 300, 70_000, 2 ** 31][round % 5] as number;
      while (rows.length < limit) {
        const odd = random() < 0.2 && round % 2 === 0 ? 0.1 : 0;
        const base = Math.floor(random() * 5) * steps - steps;
        const count = 1 + Math.floor(random() * limit * 0.2);
        const more = randomRows(random, rows.length, count, { base, odd });
        if (random() < 0.9) appendCommitted(head, more);
        else head.append(ATTNUMS, batchOf(TABLE, more));
        rows.push(...more);
        spoil();
        const attnum = ATTNUMS[Math.floor(random() * 4)] as number;
        const values = rows.map((row) => row[attnum - 1] as Value);
        const own = head.columns.get(attnum)!;
        expectSame(valuesOf(own.slice(0, rows.length), rows.length), values);
        expect(own.valueAt(rows.length - 1)).toEqual(values[rows.length - 1]);
        if (random() < 0.3) {
          const index = Math.floor((random() * rows.length) / PIECE_ROWS);
          const start = index * PIECE_ROWS;
          const count = Math.min(PIECE_ROWS, rows.length - start);
          const column = own.piece(index, count);
          seen.push({ column, values: values.slice(start, start + count) });
        }
        for (const { column: each, values: then } of seen) {
          expectSame(valuesOf(each, then.length), then);
        }
      }
      const last = Math.floor((rows.length - 1) / PIECE_ROWS);
      for (let index = 0; index <= last; index++) {
        const some = rows.slice(index * PIECE_ROWS, (index + 1) * PIECE_ROWS);
        const values = some.map((row) => row[2] as Value);
        seen.push({ column: head.columns.get(3)!.piece(index, some.length), values });
      }
      head.retire();
      spoil();
      for (const { column: each, values } of seen) {
        expectSame(valuesOf(each, values.length), values);
      }
    }
  });

  it(`has lanes for whole columns of numbers that lanes hold (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    const type = sqlType(OID.float8);
    for (let round = 0; round < rounds(4); round++) {
      const column = new HeadColumn(type, 'f64', () => new TextDictionary());
      const values: number[] = [];
      const places = Math.floor(random() * 3);
      const isOdd = random() < 0.2;
      const total = Math.floor(random() * 3 * PIECE_ROWS) + 1;
      while (values.length < total) {
        const base = Math.floor((random() - 0.5) * 10 ** (2 + random() * 10));
        const range = 10 ** (random() * 5);
        const step = 1 + Math.floor(random() * 3) * 9;
        const count = Math.min(total - values.length, 1 + Math.floor(random() * PIECE_ROWS));
        const data = Float64Array.from(
          { length: count },
          () => (base + Math.floor(random() * range) * step) / 10 ** places,
        );
        if (isOdd) data[0] = Math.PI;
        const vector: Vector = { rep: 'f64', type, length: count, data, nulls: undefined };
        const known = random() < 0.7 ? packWithLanes(new BytesWriter(), data, count) : undefined;
        column.append(vector, count, known);
        if (known !== undefined) freeBlock(known.block);
        values.push(...data);
      }
      const rows = 1 + Math.floor(random() * total);
      const lanes = column.laneColumn(rows);
      if (isOdd) expect(lanes).toBeUndefined();
      if (lanes === undefined) continue;
      expectSame(valuesOf(lanes, rows), values.slice(0, rows));
      // A block of rows in another order, as a flush writes it.
      const order = Int32Array.from({ length: Math.min(rows, 5000) }, () =>
        Math.floor(random() * rows),
      );
      const { pointer } = kernelCopy(order)!;
      const options = { isCold: random() < 0.5 };
      const { value, zones } = encodeLaneBlock(lanes.lanes, pointer, order.length, options);
      const picked = Array.from(order, (row) => values[row] as number);
      const read = decodeBlock(value, type, () => new TextDictionary());
      expectSame(valuesOf(read, picked.length), picked);
      const firstVector = picked.slice(0, 1024);
      expect(zones?.minimums[0]).toBe(Math.min(...firstVector));
      expect(zones?.maximums[0]).toBe(Math.max(...firstVector));
    }
  });

  it('fills columns that a batch lacks with NULLs, in used memory, too', () => {
    spoil();
    const head = newHead();
    head.append(ATTNUMS, batchOf(TABLE, randomRows(randomOf(1), 0, 10)));
    const short = batchOf(TABLE, randomRows(randomOf(2), 10, 10));
    head.append([1], { columns: short.columns.slice(0, 1), length: 10 });
    const usage = head.columns.get(3)!.piece(0, 20);
    expectSame(valuesOf(usage, 20).slice(10), Array(10).fill(null));
    expect(usage.rep === 'f64' && [...usage.data.subarray(10, 20)]).toEqual(Array(10).fill(0));
  });

  it('keeps memory that goes back as a part of rows that were read from it', () => {
    const head = newHead();
    const rows = randomRows(randomOf(SEED), 0, 40);
    head.append(ATTNUMS, batchOf(TABLE, rows));
    for (const attnum of ATTNUMS) {
      const read = sliceColumn(head.columns.get(attnum)!.piece(0, 10), 3, 4);
      if (read.rep === 'f64') giveBack(read.data);
      if (read.rep === 'text') giveBack(read.codes);
    }
    spoil();
    ATTNUMS.forEach((attnum, i) => {
      const values = valuesOf(head.columns.get(attnum)!.slice(0, rows.length), rows.length);
      expect(values).toEqual(rows.map((row) => row[i]));
    });
  });

  it(`takes rows of other heads, with other dictionaries, too (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < rounds(10); round++) {
      const source = newHead();
      const target = newHead();
      // Whole numbers have come with their lanes, in some rounds more than a page of them.
      const isWhole = round % 2 === 0;
      const most = round % 10 === 0 ? 150_000 : 2000;
      const count = 500 + Math.floor(random() * most);
      const rows = randomRows(random, 0, count, { base: round, odd: isWhole ? 0 : 0.1 });
      if (isWhole) appendCommitted(source, rows);
      else source.append(ATTNUMS, batchOf(TABLE, rows));
      const kept: Row[] = [];
      for (let step = 0; step < 5; step++) {
        const from = Math.floor(random() * rows.length);
        const to = from + Math.floor(random() * (rows.length - from));
        target.appendRows(source, from, to);
        for (const row of rows.slice(from, to)) kept.push(row);
        const own = randomRows(random, kept.length, 50, { odd: step === 4 ? 0.1 : 0 });
        if (isWhole) appendCommitted(target, own);
        else target.append(ATTNUMS, batchOf(TABLE, own));
        kept.push(...own);
        source.append(ATTNUMS, batchOf(TABLE, own));
        rows.push(...own);
      }
      for (const attnum of ATTNUMS) {
        const column = target.columns.get(attnum)!.slice(0, kept.length);
        expectSame(
          valuesOf(column, kept.length),
          kept.map((row) => row[attnum - 1]),
        );
      }
      const times = kept.map(([time]) => time as number).sort((a, b) => a - b);
      expect([target.minTime, target.maxTime]).toEqual([times[0], times[times.length - 1]]);
    }
  });

  it('is not read after it was retired', () => {
    const head = newHead();
    head.append(ATTNUMS, batchOf(TABLE, randomRows(randomOf(1), 0, 10)));
    head.hold();
    expect(() => head.retire()).toThrow('while it is read');
    head.release();
    head.retire();
    expect(() => head.columns.get(2)!.piece(0, 10)).toThrow('retired');
    expect(() => head.times(0, 10)).toThrow('retired');
  });
});

describe('HeadColumn of integers', () => {
  it(`keeps those that are in no double (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    const type = sqlType(OID.int8);
    for (let round = 0; round < rounds(3); round++) {
      const rep = round % 3 === 0 ? 'any' : 'f64';
      const column = new HeadColumn(type, rep, () => new TextDictionary());
      const rest = new HeadColumn(type, 'f64', () => new TextDictionary());
      const values: Value[] = [];
      while (values.length < 150_000) {
        const count = 1 + Math.floor(random() * 50_000);
        const isWide = random() < 0.5;
        const some = Array.from({ length: count }, () => {
          if (random() < 0.05 && round > 1) return null;
          const number = Math.floor(random() * 1e6);
          return isWide && random() < 0.9 ? 2n ** 60n + BigInt(number) : number;
        });
        if (random() < 0.2) {
          column.padTo(values.length + 10);
          for (let i = 0; i < 10; i++) values.push(null);
        }
        column.append(
          random() < 0.5 ? vectorFromValues(type, some) : wideVector(type, some),
          count,
        );
        values.push(...some);
        const at = Math.floor(random() * values.length);
        expect(column.valueAt(at)).toBe(values[at]);
        expectSame(valuesOf(column.slice(at, values.length), values.length - at), values.slice(at));
      }
      expect(column).toHaveLength(values.length);
      const pieces = Math.ceil(values.length / PIECE_ROWS);
      for (let index = 0; index < pieces; index++) {
        const some = values.slice(index * PIECE_ROWS, (index + 1) * PIECE_ROWS);
        expectSame(valuesOf(column.piece(index, some.length), some.length), some);
      }
      const from = Math.floor(random() * 1000);
      rest.appendRows(column, from, values.length);
      expectSame(
        valuesOf(rest.slice(0, values.length - from), values.length - from),
        values.slice(from),
      );
    }
  });
});

function wideVector(type: SqlType, values: readonly Value[]): WideVector {
  const words = new Int32Array(2 * values.length);
  values.forEach((value, row) => putInteger(value, words, 2 * row));
  const hasNulls = values.includes(null);
  const nulls = hasNulls ? Uint8Array.from(values, (value) => Number(value === null)) : undefined;
  return new WideVector(type, words, nulls);
}
