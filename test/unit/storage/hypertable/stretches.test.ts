import fc from '../../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { findEvenSteps } from '../../../../src/storage/hypertable/even-series.ts';
import type { SeriesTable } from '../../../../src/storage/hypertable/series-table.ts';
import { cutStretches, Stretches } from '../../../../src/storage/hypertable/stretches.ts';
import { DoubleTimes, timesOf } from '../../../../src/storage/hypertable/times.ts';
import { kernelViews, tryAllocate } from '../../../../src/kernels/memory.ts';

/** Series of ascending times: even steps with gaps, or anything. */
const seriesTimes = fc.oneof(
  fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 40 }),
  fc
    .record({ from: fc.nat({ max: 50 }), step: fc.integer({ min: 1, max: 9 }), count: fc.nat(50) })
    .map(({ from, step, count }) => Array.from({ length: count + 1 }, (_, i) => from + i * step)),
);

const cases = fc.record({
  series: fc.array(seriesTimes, { minLength: 1, maxLength: 5 }),
  width: fc.integer({ min: 1, max: 40 }),
  anchor: fc.integer({ min: -30, max: 30 }),
  picks: fc.array(fc.boolean(), { minLength: 3, maxLength: 12 }),
  asLanes: fc.boolean(),
  knowsSteps: fc.boolean(),
});

it('cut where a bucket, a series or a range ends, as looking at every row does', () => {
  return fc.assert(
    fc.asyncProperty(cases, async ({ series: all, width, anchor, picks, asLanes, knowsSteps }) => {
      const sorted = all.map((times) => times.slice().sort((a, b) => a - b));
      const times = sorted.flat();
      const starts = [0];
      for (const one of sorted) starts.push(starts[starts.length - 1]! + one.length);
      const series = {
        count: all.length,
        starts: Int32Array.from(starts),
        minTimes: Float64Array.from(sorted, (one) => one[0]!),
        maxTimes: Float64Array.from(sorted, (one) => one[one.length - 1]!),
      } as SeriesTable;
      const ranges: { starts: number[]; ends: number[] } = { starts: [], ends: [] };
      times.forEach((_, row) => {
        if (picks[row % picks.length] !== true) return;
        if (ranges.ends[ranges.ends.length - 1] === row)
          ranges.ends[ranges.ends.length - 1] = row + 1;
        else {
          ranges.starts.push(row);
          ranges.ends.push(row + 1);
        }
      });
      const bucketOf = (row: number): number =>
        anchor + Math.floor((times[row]! - anchor) / width) * width;
      const seriesOf = (row: number): number => starts.findIndex((start) => start > row) - 1;
      const expected: number[][] = [];
      for (let r = 0; r < ranges.starts.length; r++) {
        for (let row = ranges.starts[r]!; row < ranges.ends[r]!; row++) {
          const last = expected[expected.length - 1];
          const goes = last?.[1] === row && last[2] === seriesOf(row) && last[3] === bucketOf(row);
          if (goes && row > ranges.starts[r]!) last[1] = row + 1;
          else expected.push([row, row + 1, seriesOf(row), bucketOf(row)]);
        }
      }
      const source = asLanes ? laneTimes(times) : new DoubleTimes(Float64Array.from(times));
      const found = await findEvenSteps(series, times.length, () => source);
      const even = found.rep === 'f64' ? [...found.data] : [];
      expect(even).toEqual(sorted.map(stepOf));
      const steps = knowsSteps ? Float64Array.from(even) : undefined;
      const cut = { series, bySeries: true, bucket: { width, anchor }, steps };
      const into = new Stretches();
      into.push(7, 8, 9, 10);
      expect(cutStretches(ranges, cut, source, Infinity, into)).toBe(true);
      const cutHere = Array.from({ length: into.count }, (_, i) => [
        into.starts[i]!,
        into.ends[i]!,
        into.series[i]!,
        into.buckets[i]!,
      ]);
      expect(cutHere).toEqual([[7, 8, 9, 10], ...expected]);
      if (expected.length > 0) {
        expect(cutStretches(ranges, cut, source, expected.length - 1, into)).toBe(false);
        expect(into.count).toBe(expected.length + 1);
      }
    }),
  );
});

/** The step between times, 0 where it is not the same everywhere. */
function stepOf(times: readonly number[]): number {
  if (times.length === 1) return 1;
  const step = times[1]! - times[0]!;
  const isEven = times.every((time, i) => i === 0 || time - times[i - 1]! === step);
  return isEven ? step : 0;
}

function laneTimes(times: readonly number[]): ReturnType<typeof timesOf> {
  const block = tryAllocate(times.length * 2)!;
  kernelViews().u16.set(times, block.pointer / 2);
  const lanes = { block, bits: 16, length: times.length, base: 0, factor: 1, divisor: 1 } as const;
  return timesOf({ rep: 'lanes', lanes, nulls: undefined });
}

it('leave rows whose times are infinite to others', () => {
  const series = { count: 1, starts: Int32Array.of(0, 3) } as SeriesTable;
  const cut = { series, bySeries: true, bucket: { width: 10, anchor: 0 }, steps: undefined };
  const into = new Stretches();
  for (const times of [
    [-Infinity, 1, 2],
    [1, 2, Infinity],
  ]) {
    const source = new DoubleTimes(Float64Array.from(times));
    expect(cutStretches({ starts: [0], ends: [3] }, cut, source, 99, into)).toBe(false);
    expect(into.count).toBe(0);
  }
});

it('finds the first time that reaches or passes a bound', () => {
  const input = fc.tuple(
    fc.array(fc.nat({ max: 99 })),
    fc.integer({ min: -5, max: 105 }),
    fc.nat(),
  );
  fc.assert(
    fc.property(input, fc.boolean(), ([some, bound, from], asLanes) => {
      const times = some.sort((a, b) => a - b);
      const start = from % (times.length + 1);
      const source =
        asLanes && times.length > 0 ? laneTimes(times) : new DoubleTimes(Float64Array.from(times));
      const first = (passes: (time: number) => boolean): number => {
        const found = times.findIndex((time, i) => i >= start && passes(time));
        return found < 0 ? times.length : found;
      };
      expect(source.firstAtLeast(start, times.length, bound)).toBe(first((time) => time >= bound));
      expect(source.firstAbove(start, times.length, bound)).toBe(first((time) => time > bound));
      const ends = [start, times.length, bound, times[start], times[times.length - 1]] as const;
      expect(source.firstAtLeast(...ends)).toBe(first((time) => time >= bound));
      expect(source.firstAbove(...ends)).toBe(first((time) => time > bound));
    }),
  );
});
