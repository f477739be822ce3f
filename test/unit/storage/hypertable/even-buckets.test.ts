import fc from '../../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernelViews, tryAllocate } from '../../../../src/kernels/memory.ts';
import { sumEvenBuckets, type EvenPiece } from '../../../../src/storage/hypertable/even-buckets.ts';
import { PIECE_ROWS } from '../../../../src/storage/hypertable/row-source.ts';
import type { SeriesTable } from '../../../../src/storage/hypertable/series-table.ts';
import type { Lanes } from '../../../../src/vector/lanes.ts';
import { rounds } from '../../../support/rounds.ts';

const BUCKET = { width: 60, anchor: 7 };
const COLUMN = { attnum: 1, statistics: new Set(['sum', 'extremes'] as const), exactSums: true };

interface Series {
  readonly rows: number;
  readonly first: number;
  readonly step: number;
}

function tableOf(all: readonly Series[]): SeriesTable {
  const starts = new Int32Array(all.length + 1);
  all.forEach(({ rows }, s) => (starts[s + 1] = starts[s]! + rows));
  return {
    count: all.length,
    starts,
    minTimes: Float64Array.from(all, ({ first }) => first),
    maxTimes: Float64Array.from(all, ({ first, rows, step }) => first + (rows - 1) * step),
    segmentBy: [],
    columns: new Map(),
  };
}

/** A piece's lanes; what is in them follows from the row. */
function lanesOf(piece: number, base: number, bits: 8 | 16): Lanes {
  const block = tryAllocate(PIECE_ROWS * (bits / 8))!;
  const views = kernelViews();
  const array = bits === 8 ? views.u8 : views.u16;
  const at = block.pointer / (bits / 8);
  for (let row = 0; row < PIECE_ROWS; row++) array[at + row] = laneAt(piece * PIECE_ROWS + row);
  return { block, bits, length: PIECE_ROWS, base, factor: 2, divisor: 1 };
}

const laneAt = (row: number): number => (row * 37) % 251;

/** Bases of two pieces, so that cells are shared in one case only. */
const BASES = [
  [5, 5],
  [5, -100],
] as const;

/** About as long as each other, so that there are several to a bucket. */
const series = fc.constantFrom(1, 2, 10).chain((step) =>
  fc.array(
    fc.record({
      rows: fc.integer({ min: 6000, max: 9000 }),
      first: fc.integer({ min: -500, max: 500 }),
      step: fc.constant(step),
    }),
    { minLength: 8, maxLength: 14 },
  ),
);

describe('buckets of evenly spaced series', () => {
  it('have what their rows have', () => {
    fc.assert(
      fc.property(
        series,
        fc.constantFrom(...BASES),
        fc.constantFrom(8, 16),
        fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 300 })),
        (all, bases, bits, [skipped, left]) => {
          const table = tableOf(all);
          const steps = Float64Array.from(all, ({ step }) => step);
          const pieces: EvenPiece[] = [];
          const expected = new Map<number, number[]>();
          const lanes = bases.map((base, p) => lanesOf(p, base, bits as 8 | 16));
          const total = table.starts[all.length]!;
          for (let p = 0; p * PIECE_ROWS < total; p++) {
            const starts: number[] = [];
            const ends: number[] = [];
            // Of each series some rows at both ends are left out.
            all.forEach(({ first, step, rows }, s) => {
              const from = table.starts[s]! + Math.min(skipped, rows >> 2);
              const to = table.starts[s + 1]! - Math.min(left, rows >> 2);
              const start = Math.max(from, p * PIECE_ROWS);
              const end = Math.min(to, (p + 1) * PIECE_ROWS);
              if (start >= end) return;
              if (ends.at(-1) === start) ends[ends.length - 1] = end;
              else {
                starts.push(start);
                ends.push(end);
              }
              for (let row = start; row < end; row++) {
                const time = first + (row - table.starts[s]!) * step;
                const bucket =
                  BUCKET.anchor + Math.floor((time - BUCKET.anchor) / BUCKET.width) * BUCKET.width;
                const known = expected.get(bucket);
                const value = bases[p]! + laneAt(row) * 2;
                if (known === undefined) expected.set(bucket, [value]);
                else known.push(value);
              }
            });
            if (starts.length > 0) pieces.push({ ranges: { starts, ends }, lanes: [lanes[p]!] });
          }
          const found = sumEvenBuckets(pieces, { series: table, steps, bucket: BUCKET }, [COLUMN]);
          if (found === undefined) throw new Error('nothing found');
          const order = [...expected.keys()].sort((a, b) => a - b);
          expect([...found.starts]).toEqual(order);
          const values = order.map((bucket) => expected.get(bucket)!);
          expect([...found.rows]).toEqual(values.map((of) => of.length));
          const [{ sums, minimums, maximums }] = found.columns as [(typeof found.columns)[0]];
          expect([...sums!]).toEqual(values.map((of) => of.reduce((a, b) => a + b)));
          expect([...minimums!]).toEqual(values.map((of) => of.reduce((a, b) => Math.min(a, b))));
          expect([...maximums!]).toEqual(values.map((of) => of.reduce((a, b) => Math.max(a, b))));
          const counted = sumEvenBuckets(pieces, { series: table, steps, bucket: BUCKET }, []);
          expect(counted).toMatchObject({ starts: found.starts, rows: found.rows });
          expect(counted!.stretches).toBe(found.stretches);
        },
      ),
      { numRuns: rounds(10) },
    );
  });

  const two = [
    { rows: 1000, first: 0, step: 1 },
    { rows: 1000, first: 0, step: 1 },
    { rows: 1000, first: 0, step: 1 },
    { rows: 1000, first: 0, step: 1 },
  ];
  const piece = (base: number): EvenPiece => ({
    ranges: { starts: [0], ends: [4000] },
    lanes: [lanesOf(0, base, 8)],
  });

  it('are left to others where times are not evenly spaced', () => {
    const source = { series: tableOf(two), steps: Float64Array.of(1, 0, 1, 1), bucket: BUCKET };
    expect(sumEvenBuckets([piece(0)], source, [COLUMN])).toBeUndefined();
  });

  it('are left to others where they have few rows', () => {
    const steps = new Float64Array(4).fill(1);
    const source = (width: number) => ({
      series: tableOf(two),
      steps,
      bucket: { width, anchor: 0 },
    });
    expect(sumEvenBuckets([piece(0)], source(60), [COLUMN])).toBeDefined();
    expect(sumEvenBuckets([piece(0)], source(2), [COLUMN])).toBeUndefined();
  });

  it('are left to others where a sum may not be exact', () => {
    const steps = new Float64Array(4).fill(1);
    const source = { series: tableOf(two), steps, bucket: { width: 60, anchor: 0 } };
    expect(sumEvenBuckets([piece(2 ** 46)], source, [COLUMN])).toBeUndefined();
    const inexact = { ...COLUMN, exactSums: false };
    expect(sumEvenBuckets([piece(2 ** 46)], source, [inexact])).toBeDefined();
  });
});
