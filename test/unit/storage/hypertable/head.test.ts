/** Heads whose memory goes round, against plain arrays. */
import { describe, expect, it } from 'vitest';
import { borrowDoubles, borrowInts, giveBack } from '../../../../src/base/lent-arrays.ts';
import { HeadBuffer } from '../../../../src/storage/hypertable/head.ts';
import { sliceColumn, storedValueAt } from '../../../../src/storage/hypertable/stored-column.ts';
import type { PlainColumn } from '../../../../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../../../../src/storage/hypertable/text-dictionary.ts';
import type { Value } from '../../../../src/types/value.ts';
import { batchOf, column, hypertable, OID, randomOf, type Row } from './support.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
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

function randomRows(random: () => number, from: number, count: number): Row[] {
  return Array.from({ length: count }, (_, i) => [
    from + i,
    random() < 0.1 ? null : `h${Math.floor(random() * 50)}`,
    random() < 0.1 ? null : Math.floor(random() * 100),
    random() < 0.1 ? null : random() < 0.5,
  ]);
}

function valuesOf(column: PlainColumn, rows: number): Value[] {
  return Array.from({ length: rows }, (_, i) => storedValueAt(column, i));
}

/** Uses whatever memory waits, as the next head or batch would. */
function spoil(): void {
  for (const rows of [64, 256, 1024, 4096, 16_384, 65_536]) {
    const doubles = Array.from({ length: 8 }, () => borrowDoubles(rows).fill(-7));
    const ints = Array.from({ length: 8 }, () => borrowInts(rows).fill(-7));
    for (const array of [...doubles, ...ints]) giveBack(array);
  }
}

describe('HeadBuffer', () => {
  it(`never takes memory back that somebody reads (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < 12; round++) {
      const head = newHead();
      const rows: Row[] = [];
      const seen: { column: PlainColumn; values: Value[] }[] = [];
      const held: typeof seen = [];
      const limit = round < 10 ? 5_000 : 70_000;
      let isHolding = false;
      while (rows.length < limit) {
        const more = randomRows(random, rows.length, 1 + Math.floor(random() * limit * 0.2));
        head.append(ATTNUMS, batchOf(TABLE, more));
        rows.push(...more);
        spoil();
        const attnum = ATTNUMS[Math.floor(random() * 4)] as number;
        const part = sliceColumn(head.columns.get(attnum)!.peek(), 0, rows.length);
        expect(valuesOf(part, rows.length)).toEqual(rows.map((row) => row[attnum - 1]));
        if (random() < 0.2) {
          const stored = sliceColumn(head.columns.get(attnum)!.stored(), 0, rows.length);
          seen.push({ column: stored, values: valuesOf(stored, rows.length) });
        }
        if (random() < 0.3 && !isHolding) {
          isHolding = true;
          head.hold();
        }
        if (isHolding) held.push({ column: part, values: valuesOf(part, rows.length) });
        for (const { column: each, values } of [...seen, ...held]) {
          expect(valuesOf(each, values.length)).toEqual(values);
        }
        if (isHolding && random() < 0.3) {
          isHolding = false;
          held.length = 0;
          head.release();
        }
      }
      if (isHolding) head.release();
      head.retire();
      spoil();
      for (const { column: each, values } of seen) {
        expect(valuesOf(each, values.length)).toEqual(values);
      }
    }
  });

  it('fills columns that a batch lacks with NULLs, in used memory, too', () => {
    spoil();
    const head = newHead();
    head.append(ATTNUMS, batchOf(TABLE, randomRows(randomOf(1), 0, 10)));
    const short = batchOf(TABLE, randomRows(randomOf(2), 10, 10));
    head.append([1], { columns: short.columns.slice(0, 1), length: 10 });
    const usage = head.columns.get(3)!.stored();
    expect(valuesOf(usage, 20).slice(10)).toEqual(Array(10).fill(null));
    expect(usage.rep === 'f64' && [...usage.data.subarray(10, 20)]).toEqual(Array(10).fill(0));
  });

  it('keeps memory that goes back as a part of rows that were read from it', () => {
    const head = newHead();
    const rows = randomRows(randomOf(SEED), 0, 40);
    head.append(ATTNUMS, batchOf(TABLE, rows));
    for (const attnum of ATTNUMS) {
      const read = sliceColumn(head.columns.get(attnum)!.stored(), 3, 4);
      if (read.rep === 'f64') giveBack(read.data);
      if (read.rep === 'text') giveBack(read.codes);
    }
    spoil();
    ATTNUMS.forEach((attnum, i) => {
      const values = valuesOf(head.columns.get(attnum)!.stored(), rows.length);
      expect(values).toEqual(rows.map((row) => row[i]));
    });
  });

  it(`takes rows of other heads, with other dictionaries, too (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < 30; round++) {
      const source = newHead();
      const target = newHead();
      const rows = randomRows(random, 0, 500 + Math.floor(random() * 2000));
      source.append(ATTNUMS, batchOf(TABLE, rows));
      const kept: Row[] = [];
      for (let step = 0; step < 5; step++) {
        const from = Math.floor(random() * rows.length);
        const to = from + Math.floor(random() * (rows.length - from));
        target.appendRows(source, from, to);
        kept.push(...rows.slice(from, to));
        const own = randomRows(random, kept.length, 50);
        target.append(ATTNUMS, batchOf(TABLE, own));
        kept.push(...own);
        source.append(ATTNUMS, batchOf(TABLE, own));
        rows.push(...own);
      }
      for (const attnum of ATTNUMS) {
        const column = target.columns.get(attnum)!.peek();
        expect(valuesOf(column, kept.length)).toEqual(kept.map((row) => row[attnum - 1]));
      }
      const times = kept.map(([time]) => time as number);
      expect([target.minTime, target.maxTime]).toEqual([Math.min(...times), Math.max(...times)]);
    }
  });

  it('is not read after it was retired', () => {
    const head = newHead();
    head.append(ATTNUMS, batchOf(TABLE, randomRows(randomOf(1), 0, 10)));
    head.hold();
    expect(() => head.retire()).toThrow('while it is read');
    head.release();
    head.retire();
    expect(() => head.columns.get(2)!.stored()).toThrow('retired');
    expect(() => head.times()).toThrow('retired');
  });
});
