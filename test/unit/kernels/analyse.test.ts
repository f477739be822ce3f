import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';

const WHOLE_MAX = 2 ** 53;
const ROWS_MAX = 2100;

const edges = fc.constantFrom(
  ...[0, -0, NaN, Infinity, -Infinity, 5e-324, -5e-324, 2 ** 52, 2 ** 53, -(2 ** 53), 2 ** 53 + 2],
  ...[0.1, 0.3, 1.1, 1e15 + 0.5, Number.MAX_VALUE, Number.MIN_VALUE, 4503599627370495.5],
);

/** Mostly decimals, at times anything. */
function doubles(odd: number): fc.Arbitrary<Float64Array> {
  return fc
    .array(
      fc.oneof(
        { weight: 100, arbitrary: fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 100) },
        { weight: odd, arbitrary: edges },
        { weight: odd, arbitrary: fc.double() },
      ),
      { minLength: 1, maxLength: ROWS_MAX, size: 'max' },
    )
    .map((values) => Float64Array.from(values));
}

function isWholeAt(value: number, power: number): boolean {
  const scaled = roundEven(value * power) + 0;
  return Math.abs(scaled) <= WHOLE_MAX && Object.is(scaled / power, value);
}

function roundEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function stage(data: Float64Array): {
  source: number;
  target: number;
  bounds: number;
  list: number;
} {
  const source = scratch(ROWS_MAX * 18 + 4096);
  kernelViews().f64.set(data, source / 8);
  const target = source + ROWS_MAX * 8;
  const bounds = target + ROWS_MAX * 8;
  return { source, target, bounds, list: bounds + 16 };
}

function copy(at: number, count: number): number[] {
  return [...kernelViews().f64.subarray(at / 8, at / 8 + count)];
}

const power = fc.constantFrom(1, 10, 100, 1000, 1e15);

describe('whole numbers', () => {
  it('are made where all come back', () => {
    fc.assert(
      fc.property(fc.oneof(doubles(0), doubles(1)), power, (data, by) => {
        const { source, target, bounds } = stage(data);
        const done = kernels.scaleAll(source, target, data.length, by, bounds);
        const first = data.findIndex((value) => !isWholeAt(value, by));
        if (first < 0) {
          const scaled = [...data].map((value) => roundEven(value * by) + 0);
          expect(done).toBe(data.length);
          if (by !== 1) expect(copy(target, data.length)).toEqual(scaled);
          expect(copy(bounds, 2)).toEqual([Math.min(...scaled), Math.max(...scaled)]);
        } else {
          expect(done).toBeLessThanOrEqual(first);
          expect(done).toBeGreaterThan(first - 512);
        }
      }),
    );
  });

  it('are made with exceptions', () => {
    fc.assert(
      fc.property(doubles(10), power, (data, by) => {
        const { source, target, bounds, list } = stage(data);
        const found = kernels.scaleMost(source, target, data.length, by, list, bounds);
        const good = [...data.keys()].filter((i) => isWholeAt(data[i]!, by));
        const bad = [...data.keys()].filter((i) => !isWholeAt(data[i]!, by));
        expect([...kernelViews().u16.subarray(list / 2, list / 2 + found)]).toEqual(bad);
        if (good.length === 0) return;
        const scaled = good.map((i) => roundEven(data[i]! * by) + 0);
        const back = copy(target, data.length);
        expect(good.map((i) => back[i])).toEqual(scaled);
        expect(back.every((value) => scaled.includes(value))).toBe(true);
        expect(copy(bounds, 2)).toEqual([Math.min(...scaled), Math.max(...scaled)]);
      }),
    );
  });

  it('have a common factor', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 1e6 }), { minLength: 1, maxLength: ROWS_MAX, size: 'max' }),
        fc.constantFrom(1, 3, 1000, 1e7),
        fc.nat({ max: ROWS_MAX }),
        fc.boolean(),
        (numbers, factor, from, isOff) => {
          const data = Float64Array.from(
            numbers,
            (n, i) => 7 + n * factor + (isOff && i === 9 ? 1 : 0),
          );
          const start = Math.min(from, data.length);
          const twin = data.findIndex((value, i) => i >= start && (value - 7) % factor !== 0);
          const { source } = stage(data);
          const found = kernels.firstNotMultiple(source, start, data.length, 7, factor);
          expect(found).toBe(twin < 0 ? data.length : twin);
        },
      ),
    );
  });

  it('become lanes', () => {
    for (const [size, narrow] of [
      [1, kernels.narrowU8],
      [2, kernels.narrowU16],
      [4, kernels.narrowU32],
    ] as const) {
      const limit = 2 ** (size * 8) - 1;
      fc.assert(
        fc.property(
          fc.array(fc.oneof(fc.nat({ max: limit }), fc.constantFrom(0, limit)), {
            minLength: 1,
            maxLength: 200,
          }),
          fc.integer({ min: -1e9, max: 1e9 }),
          fc.constantFrom(1, 2, 1000),
          (lanes, base, factor) => {
            const { source, target } = stage(Float64Array.from(lanes, (n) => base + n * factor));
            const { u8, u16, u32 } = kernelViews();
            u8[target + lanes.length * size] = 0x5a;
            narrow(source, target, lanes.length, base, factor);
            const view = size === 1 ? u8 : size === 2 ? u16 : u32;
            const first = target / size;
            expect([...view.subarray(first, first + lanes.length)]).toEqual(lanes);
            expect(u8[target + lanes.length * size]).toBe(0x5a);
          },
        ),
      );
    }
  });
});

it('finds the bounds of vectors', () => {
  fc.assert(
    fc.property(doubles(3), (data) => {
      const { source, target } = stage(data);
      const vectors = Math.ceil(data.length / 1024);
      kernels.vectorBounds(source, data.length, target, target + vectors * 8);
      for (let v = 0; v < vectors; v++) {
        const part = [...data.subarray(v * 1024, (v + 1) * 1024)];
        const numbers = part.filter((value) => !Number.isNaN(value));
        const most = numbers.length < part.length ? Infinity : Math.max(...numbers);
        const [low, high] = [copy(target, vectors)[v]!, copy(target + vectors * 8, vectors)[v]!];
        expect(low + 0).toBe(Math.min(Infinity, ...numbers) + 0);
        expect(high + 0).toBe(most + 0);
      }
    }),
  );
});

it('expands and collects bits', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.nat({ max: 7 }),
      (bytes, cut) => {
        const count = bytes.length * 8 - cut;
        const source = scratch(8192);
        const target = source + 1024;
        const again = source + 5120;
        const { u8 } = kernelViews();
        u8.set(bytes, source);
        u8[target + count] = 9;
        kernels.expandBits(source, target, count);
        const twin = Array.from({ length: count }, (_, i) => (bytes[i >> 3]! >> (i & 7)) & 1);
        expect([...u8.subarray(target, target + count)]).toEqual(twin);
        expect(u8[target + count]).toBe(9);
        kernels.collectBits(target, again, count);
        const kept = bytes.slice();
        kept[kept.length - 1]! &= 0xff >> cut;
        expect([...u8.subarray(again, again + bytes.length)]).toEqual([...kept]);
      },
    ),
  );
});
