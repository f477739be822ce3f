import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernelViews, tryAllocate } from '../../../src/kernels/memory.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { gather, pickBatch, slice } from '../../../src/vector/gather.ts';
import { LaneVector } from '../../../src/vector/lane-vector.ts';
import type { LaneBits, Lanes } from '../../../src/vector/lanes.ts';
import { runVector } from '../../../src/vector/run-vector.ts';
import { valueAt, type Vector } from '../../../src/vector/vector.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';

const INT8 = sqlType(OID.int8);
const TEXT = sqlType(OID.text);

function lanesOf(numbers: readonly number[], bits: LaneBits, factor: number): Lanes {
  const block = tryAllocate(numbers.length * 4 + 64)!;
  const { u8, u16, u32 } = kernelViews();
  const view = bits === 8 ? u8 : bits === 16 ? u16 : u32;
  view.set(numbers, block.pointer / (bits / 8));
  return { block, bits, length: numbers.length, base: -7, factor, divisor: 1 };
}

/** Lanes, stretches of them, and which rows are NULL. */
const CASES = fc.record({
  numbers: fc.array(fc.nat({ max: 255 }), { minLength: 1, maxLength: 300 }),
  cuts: fc.uniqueArray(fc.nat({ max: 300 }), { maxLength: 12 }),
  bits: fc.constantFrom<LaneBits>(8, 16, 32),
  factor: fc.constantFrom(1, 3),
  nullEvery: fc.constantFrom(0, 0, 3),
  picks: fc.array(fc.nat(), { maxLength: 60 }),
  ends: fc.tuple(fc.nat(), fc.nat()),
  widenFirst: fc.boolean(),
});

function valuesOf(vector: Vector): unknown[] {
  return Array.from({ length: vector.length }, (_, i) => valueAt(vector, i));
}

function check(
  vector: Vector,
  expected: readonly unknown[],
  picks: number[],
  a: number,
  b: number,
) {
  const rows = Int32Array.from(picks, (pick) => pick % expected.length);
  expect(valuesOf(gather(vector, rows))).toEqual([...rows].map((row) => expected[row]));
  const ascending = Int32Array.from(new Set(rows)).sort();
  const all = Int32Array.from(expected, (_, i) => i);
  for (const some of [ascending, all]) {
    const batch = pickBatch({ columns: [vector], length: expected.length }, some);
    const picked = batch.columns[0]!;
    expect(picked.length).toBe(some.length);
    expect(valuesOf(gather(picked, Int32Array.of(...some.keys())))).toEqual(valuesOf(picked));
    expect(valuesOf(picked)).toEqual([...some].map((row) => expected[row]));
    expect(valuesOf({ ...picked })).toEqual(valuesOf(picked));
  }
  const [from, to] = [a % expected.length, b % (expected.length + 1)].toSorted((x, y) => x - y);
  const part = slice(vector, from, to);
  expect(valuesOf(part)).toEqual(expected.slice(from, to));
  expect(part.length).toBe(to - from);
  if (to - from > 2) {
    expect(valuesOf(slice(part, 1, to - from - 1))).toEqual(expected.slice(from + 1, to - 1));
  }
  // A copy has the rows, too, and not what is behind them.
  expect(valuesOf({ ...vector })).toEqual(expected);
  expect(valuesOf(vector)).toEqual(expected);
}

describe('vectors that are made when they are read', () => {
  it('are what the lanes stand for', () => {
    fc.assert(
      fc.property(CASES, ({ numbers, cuts, bits, factor, nullEvery, picks, ends, widenFirst }) => {
        const borders = [...cuts.filter((cut) => cut < numbers.length), numbers.length];
        borders.sort((a, b) => a - b);
        const starts: number[] = [];
        const at = [0];
        const expected: (number | null)[] = [];
        for (let i = 0; i + 1 < borders.length; i += 2) {
          starts.push(borders[i]!);
          for (const lane of numbers.slice(borders[i], borders[i + 1])) {
            expected.push(lane * factor - 7);
          }
          at.push(expected.length);
        }
        if (expected.length === 0) return;
        let nulls: Uint8Array | undefined;
        if (nullEvery > 0) {
          nulls = Uint8Array.from(expected, (_, i) => (i % nullEvery === 0 ? 1 : 0));
          for (let i = 0; i < expected.length; i += nullEvery) expected[i] = null;
        }
        const lanes = lanesOf(numbers, bits, factor);
        const rows = { lanes, starts: Int32Array.from(starts), at: Int32Array.from(at) };
        const vector = new LaneVector(INT8, rows, nulls);
        if (widenFirst) valuesOf(vector);
        const numberAt = vector.reader();
        for (const row of [...expected.keys(), ...picks.map((pick) => pick % expected.length)]) {
          if (expected[row] !== null) expect(numberAt(row)).toBe(expected[row]);
        }
        check(vector, expected, picks, ...ends);
        nulls?.forEach((isNull, i) => isNull === 1 && expect(vector.data[i]).toBe(0));
      }),
    );
  });

  it('hold the value of a run in all its rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 9 })), { minLength: 1 }),
        fc.boolean(),
        CASES,
        (runs, isText, { picks, ends, widenFirst }) => {
          const texts = ['a', 'b', 'c', 'd'];
          const dictionary = new StringDictionary(texts);
          const starts: number[] = [];
          const expected: (number | string)[] = [];
          for (const [value, length] of runs) {
            starts.push(expected.length);
            for (let i = 0; i < length; i++) expected.push(isText ? texts[value]! : value);
          }
          const values = runs.map(([value]) => value);
          const common = { length: runs.length, nulls: undefined };
          const vector = runVector(
            isText
              ? { rep: 'text', type: TEXT, codes: Int32Array.from(values), dictionary, ...common }
              : { rep: 'f64', type: INT8, data: Float64Array.from(values), ...common },
            Int32Array.from(starts),
            expected.length,
          );
          if (widenFirst) valuesOf(vector);
          check(vector, expected, picks, ...ends);
          if (!isText) return;
          expect(vector.rep === 'text' && vector.dictionary).toBe(dictionary);
        },
      ),
    );
  });
});
