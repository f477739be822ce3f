/** Borders of buckets among lanes, held against looking at every row. */
import { describe, expect, it } from 'vitest';
import { LaneTimes } from '../../../../src/exec/aggregation/lane-times.ts';
import { kernelViews, tryAllocate } from '../../../../src/kernels/memory.ts';
import type { LaneRows } from '../../../../src/vector/lane-vector.ts';
import type { LaneBits } from '../../../../src/vector/lanes.ts';
import { randomSource } from '../support.ts';
import { printedSeed } from '../../../support/seed.ts';

function rowsOf(
  numbers: readonly number[],
  bits: LaneBits,
  base: number,
  factor: number,
): LaneRows {
  const block = tryAllocate(numbers.length * 4 + 16)!;
  const { u8, u16, u32 } = kernelViews();
  const array = bits === 8 ? u8 : bits === 16 ? u16 : u32;
  array.set(numbers, block.pointer / (bits >>> 3));
  const lanes = { block, bits, length: numbers.length, base, factor, divisor: 1 };
  return { lanes, starts: Int32Array.of(0), at: Int32Array.of(0, numbers.length) };
}

describe('borders among lanes', () => {
  it('are where the bucket changes', () => {
    const seed = printedSeed('lane times');
    const random = randomSource(seed);
    for (let round = 0; round < 2000; round++) {
      const bits = ([8, 16, 32] as const)[random(3)];
      const factor = [1, 7, 1_000_000, 10_000_000][random(4)];
      const base = (random(2000) - 1000) * (random(2) === 0 ? 1 : 86_400_000_000);
      const most = Math.min(2 ** bits - 1, 2 ** 26);
      // Even steps with holes, or anything that ascends.
      const step = 1 + random(5);
      const isEven = random(2) === 0;
      const lanes: number[] = [];
      let lane = random(3);
      for (let i = 0; i < 1 + random(200) && lane <= most; i++) {
        lanes.push(lane);
        lane += isEven ? step * (random(10) === 0 ? 2 : 1) : random(1 + Math.floor(most / 50));
      }
      const width = 1 + random(20 * factor);
      const anchor = base - random(1000);
      const rows = rowsOf(lanes, bits, base, factor);
      const times = LaneTimes.of(rows)!;
      const start = random(lanes.length);
      const end = start + 1 + random(lanes.length - start);
      const found: number[] = [];
      times.step(start, end, times.shift(start, end)!, width, anchor, (row) => found.push(row));
      const bucketAt = (row: number): number =>
        Math.floor((base + lanes[row] * factor - anchor) / width);
      const expected: number[] = [];
      for (let row = start; row < end; row++) {
        if (row === start || bucketAt(row) !== bucketAt(row - 1)) expected.push(row);
      }
      expect(found, `seed ${seed} round ${round}`).toEqual(expected);
    }
  });

  it('are not looked for across blocks', () => {
    const { lanes } = rowsOf([1, 2, 3, 9, 9, 4, 5], 8, 0, 1);
    const times = LaneTimes.of({
      lanes,
      starts: Int32Array.of(0, 5),
      at: Int32Array.of(0, 3, 5),
    })!;
    expect(times.shift(1, 4)).toBeUndefined();
    const borders: number[] = [];
    times.step(3, 5, times.shift(3, 5)!, 1, 0, (row) => borders.push(row));
    expect(borders).toEqual([3, 4]);
    expect(times.shift(0, 3)).toBeDefined();
    expect(
      LaneTimes.of({ ...rowsOf([1], 8, 0, 1), lanes: { ...lanes, divisor: 10 } }),
    ).toBeUndefined();
  });
});
