import { describe, expect, it } from 'vitest';
import { radixSort } from '../../../src/exec/radix-sort.ts';
import { seedOf } from '../../support/seed.ts';
import { expectSame } from '../../support/expect-same.ts';

const seed = seedOf('radix sort');
let state = seed;
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 4294967296;
};

const LANES: readonly (readonly [string, () => number])[] = [
  ['small integers', () => Math.floor(random() * 50) - 25],
  ['timestamps', () => Math.floor(random() * 1e15)],
  ['wide integers', () => Math.floor((random() - 0.5) * 2 ** 53)],
  ['floats', () => (random() - 0.5) * 10 ** Math.floor(random() * 30 - 15)],
  [
    'zeros and infinities',
    () => [0, -0, Infinity, -Infinity, 1.5, -1.5][Math.floor(random() * 6)] as number,
  ],
  ['one value', () => 7],
  ['full hours', () => 757_382_400e6 + Math.floor(random() * 13) * 3600e6],
  ['multiples of 2^32', () => (Math.floor(random() * 5) - 2) * 2 ** 32],
  ['ascending numbers', ascending(0.5)],
  ['ascending whole numbers, then a fraction', ascending(1)],
];

/** Numbers that ascend and begin anew now and then, in some of the lanes. */
function ascending(step: number): () => number {
  let last = 0;
  return () => (last = last > 40_000 ? 0.25 : last + Math.floor(random() * 3) * step);
}

function expected(lanes: readonly Float64Array[], length: number): number[] {
  const rows = Array.from({ length }, (_, i) => i);
  return rows.sort((a, b) => {
    for (const lane of lanes) {
      if ((lane[a] as number) < (lane[b] as number)) return -1;
      if ((lane[a] as number) > (lane[b] as number)) return 1;
    }
    return a - b;
  });
}

/** Whether a row belongs somewhere before another one. */
function isBefore(lanes: readonly Float64Array[], a: number, b: number): boolean {
  const lane = lanes.find((each) => each[a] !== each[b]);
  return lane === undefined ? a < b : lane[a]! < lane[b]!;
}

describe(`radixSort (SEED=${seed})`, () => {
  const context = { checkpoint: () => undefined };
  it.each(LANES)('sorts %s stably', async (_name, value) => {
    for (const length of [0, 1, 2, 1000, 30_000]) {
      const lane = Float64Array.from({ length }, value);
      expectSame(await radixSort([lane], length, context), expected([lane], length));
    }
  });

  it('sorts more rows than it handles at once', async () => {
    const length = 300_000;
    const first = Float64Array.from({ length }, () => Math.floor(random() * 12) * 3600e6);
    const second = Float64Array.from({ length }, (_, i) => Math.floor(i / 12));
    for (const lanes of [[first], [first, second], [second, first]]) {
      const rows = await radixSort(lanes, length, context);
      expect(new Set(rows).size).toBe(length);
      const wrong = rows.findIndex((row, i) => i > 0 && !isBefore(lanes, rows[i - 1]!, row));
      expect(wrong).toBe(-1);
    }
  });

  it('sorts by several lanes', async () => {
    for (let round = 0; round < 20; round++) {
      const length = 500;
      const lanes = Array.from({ length: 3 }, () => {
        const value = (LANES[Math.floor(random() * LANES.length)] as (typeof LANES)[number])[1];
        return Float64Array.from({ length }, value);
      });
      expectSame(await radixSort(lanes, length, context), expected(lanes, length));
    }
  });
});
