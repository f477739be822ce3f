import fc from '../../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import type { RowRanges } from '../../../../src/storage/hypertable/select-rows.ts';
import type { SeriesTable } from '../../../../src/storage/hypertable/series-table.ts';
import {
  EDGE,
  edgeRanges,
  isAligned,
  SketchCuts,
} from '../../../../src/storage/hypertable/sketch-cuts.ts';
import type { Intervals } from '../../../../src/storage/hypertable/source-sketch.ts';

const WIDTH = 10;

interface Layout {
  readonly intervals: Intervals;
  readonly series: SeriesTable;
  readonly seriesOf: readonly number[];
}

/** Series of intervals of so many rows each; what is left out in between is a gap of time. */
function layoutOf(lengths: readonly (readonly number[])[]): Layout {
  const [starts, numbers, seriesStarts, seriesOf]: number[][] = [[0], [], [0], []];
  let row = 0;
  lengths.forEach((rows, s) => {
    let number = (s * 7) % 5;
    for (const count of rows) {
      number += 1 + (count % 3 === 0 ? 2 : 0);
      numbers!.push(number);
      for (let i = 0; i < count; i++) seriesOf!.push(s);
      starts!.push((row += count));
    }
    seriesStarts!.push(row);
  });
  const intervals = {
    width: WIDTH,
    count: numbers!.length,
    starts: Float64Array.from(starts!),
    numbers: Float64Array.from(numbers!),
  };
  const series: SeriesTable = {
    count: lengths.length,
    starts: Int32Array.from(seriesStarts!),
    minTimes: new Float64Array(lengths.length),
    maxTimes: new Float64Array(lengths.length),
    segmentBy: [],
    columns: new Map(),
  };
  return { intervals, series, seriesOf: seriesOf! };
}

function rangesOf(rows: number, cuts: readonly number[]): RowRanges {
  const borders = [...new Set(cuts.map((cut) => cut % (rows + 1)))].sort((a, b) => a - b);
  const ranges: RowRanges = { starts: [], ends: [] };
  for (let i = 0; i + 1 < borders.length; i += 2) {
    ranges.starts.push(borders[i]!);
    ranges.ends.push(borders[i + 1]!);
  }
  return ranges;
}

const lengths = fc.array(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }), {
  minLength: 1,
  maxLength: 5,
});
const buckets = fc.constantFrom(
  null,
  { width: 10, anchor: 0 },
  { width: 20, anchor: 0 },
  { width: 30, anchor: 10 },
  { width: 70, anchor: -40 },
);

describe('stretches of intervals', () => {
  it('have every row of the ranges once, in whole intervals or edges, by series and bucket', () => {
    const cuts = fc.array(fc.nat(), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(lengths, cuts, buckets, fc.boolean(), (some, at, bucket, bySeries) => {
        const { intervals, series, seriesOf } = layoutOf(some);
        const ranges = rangesOf(seriesOf.length, at);
        if (ranges.starts.length === 0) return;
        const found = new SketchCuts();
        found.add(ranges, 0, intervals, { series, bySeries, bucket, steps: undefined });
        const { stretches, wholeFrom, wholeTo, edges } = found;
        const intervalOf = (row: number): number =>
          intervals.starts.findLastIndex((start) => start <= row);
        const bucketOf = (row: number): number => {
          if (bucket === null) return 0;
          const time = intervals.numbers[intervalOf(row)]! * WIDTH;
          return bucket.anchor + Math.floor((time - bucket.anchor) / bucket.width) * bucket.width;
        };
        const expected = ranges.starts.flatMap((start, r) =>
          Array.from({ length: ranges.ends[r]! - start }, (_, i) => start + i),
        );
        const inStretches: number[] = [];
        const told = new Map<number, number[]>();
        for (let i = 0; i < stretches.count; i++) {
          for (let row = stretches.starts[i]!; row < stretches.ends[i]!; row++) {
            inStretches.push(row);
            expect(bucketOf(row)).toBe(stretches.buckets[i]);
            if (bySeries || bucket !== null) expect(seriesOf[row]).toBe(stretches.series[i]);
          }
          const rows: number[] = [];
          for (let k = wholeFrom[i]!; k < wholeTo[i]!; k++) {
            for (let row = intervals.starts[k]!; row < intervals.starts[k + 1]!; row++)
              rows.push(row);
          }
          told.set(i, rows);
        }
        expect(inStretches).toEqual(expected);
        for (let e = 0; e < edges.count; e++) {
          const rows = told.get(edges.series[e]!)!;
          const own: number[] = [];
          for (let row = edges.starts[e]!; row < edges.ends[e]!; row++) own.push(row);
          if (edges.buckets[e] === EDGE.before) rows.unshift(...own);
          else rows.push(...own);
        }
        expect([...told.values()].flat()).toEqual(expected);
        const alone = edgeRanges(ranges, intervals);
        expect(alone.starts).toEqual([...edges.starts.subarray(0, edges.count)]);
        expect(alone.ends).toEqual([...edges.ends.subarray(0, edges.count)]);
      }),
      { numRuns: 400 },
    );
  });

  it('need buckets that consist of whole intervals', () => {
    expect(isAligned(3600, null)).toBe(true);
    expect(isAligned(3600, { width: 7200, anchor: -3600 })).toBe(true);
    expect(isAligned(3600, { width: 5400, anchor: 0 })).toBe(false);
    expect(isAligned(3600, { width: 7200, anchor: 60 })).toBe(false);
    expect(isAligned(3600, { width: 1800, anchor: 0 })).toBe(false);
    expect(isAligned(3600, { width: 3600 * 2 ** 52, anchor: 0 })).toBe(false);
  });
});
