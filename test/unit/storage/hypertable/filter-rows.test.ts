import fc from '../../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { decodeBlock, encodeBlock } from '../../../../src/storage/hypertable/column-block.ts';
import { filterRows } from '../../../../src/storage/hypertable/filter-rows.ts';
import { laneFrom, type Lanes } from '../../../../src/vector/lanes.ts';
import { PIECE_ROWS, type RowSource } from '../../../../src/storage/hypertable/row-source.ts';
import type { ScanBounds } from '../../../../src/storage/hypertable/scan-bounds.ts';
import type { RowRanges } from '../../../../src/storage/hypertable/select-rows.ts';
import type {
  PlainColumn,
  StoredColumn,
} from '../../../../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../../../../src/storage/hypertable/text-dictionary.ts';
import { OID, sqlType } from '../../../../src/types/type.ts';

const TYPE = sqlType(OID.float8);
const PIECE = 2;
const BASE = PIECE * PIECE_ROWS;

function stored(column: PlainColumn, rows: number): StoredColumn {
  const dictionary = column.rep === 'text' ? column.dictionary : new TextDictionary();
  return decodeBlock(encodeBlock(column, rows, TYPE), TYPE, () => dictionary);
}

/** A source with one piece. */
function sourceOf(columns: ReadonlyMap<number, StoredColumn>, isSlow: boolean): RowSource {
  return {
    rows: BASE + PIECE_ROWS,
    refBase: 0,
    numbers: undefined,
    deleted: undefined,
    series: undefined,
    minTime: 0,
    maxTime: 0,
    stores: (attnum) => columns.has(attnum),
    piece: (attnum, index) => {
      expect(index).toBe(PIECE);
      const column = columns.get(attnum)!;
      return isSlow ? Promise.resolve(column) : column;
    },
    times: () => {
      throw new Error('no times');
    },
    zones: () => undefined,
  };
}

function rowsOf({ starts, ends }: RowRanges): number[] {
  const rows: number[] = [];
  for (let r = 0; r < starts.length; r++) {
    expect(ends[r]).toBeGreaterThan(starts[r]!);
    if (r > 0) expect(starts[r]).toBeGreaterThanOrEqual(ends[r - 1]!);
    for (let row = starts[r]!; row < ends[r]!; row++) rows.push(row);
  }
  return rows;
}

/** Ascending ranges inside the piece. */
function rangesOf(borders: readonly number[], rows: number): RowRanges {
  const sorted = [...new Set(borders.map((border) => border % (rows + 1)))].sort((a, b) => a - b);
  const starts: number[] = [];
  const ends: number[] = [];
  for (let i = 0; i + 1 < sorted.length; i += 2) {
    starts.push(BASE + sorted[i]!);
    ends.push(BASE + sorted[i + 1]!);
  }
  return starts.length === 0 ? { starts: [BASE], ends: [BASE + rows] } : { starts, ends };
}

const number = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.integer({ min: -200, max: 200 }).map((n) => n / 10),
);
const anything = fc.oneof(
  { weight: 30, arbitrary: number },
  { weight: 1, arbitrary: fc.constantFrom(NaN, -0, Infinity, -Infinity, 0.05) },
);

describe('conditions on stored columns', () => {
  it('leave every row that satisfies them, and of lanes no other unless most are left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.array(number, { minLength: 1, maxLength: 300 }),
          fc.array(anything, { minLength: 1, maxLength: 300 }),
        ),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.oneof(number, fc.constant(-Infinity)),
        fc.oneof(number, fc.constant(Infinity)),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        async (values, borders, low, high, isLowOpen, isHighOpen, isSlow) => {
          const data = Float64Array.from(values);
          const column = stored({ rep: 'f64', data, nulls: undefined }, values.length);
          const ranges = rangesOf(borders, values.length);
          const bounds: ScanBounds = {
            minTime: -Infinity,
            maxTime: Infinity,
            equalities: [],
            ranges: [{ attnum: 3, low, high, isLowOpen, isHighOpen }],
          };
          const source = sourceOf(new Map([[3, column]]), isSlow);
          const kept = rowsOf(await filterRows(source, ranges, bounds));
          const all = rowsOf(ranges);
          const wanted = all.filter((row) => {
            const value = values[row - BASE]!;
            if (Number.isNaN(value)) return true;
            return (
              (isLowOpen ? value > low : value >= low) &&
              (isHighOpen ? value < high : value <= high)
            );
          });
          expect(kept).toEqual(wanted.length > all.length * 0.75 ? all : wanted);
          // Of a coarse filter's rows others drop what does not satisfy the conditions.
          const coarse = rowsOf(await filterRows(source, ranges, bounds, true));
          expect(coarse).toEqual(all.filter((row) => coarse.includes(row)));
          expect(wanted.every((row) => coarse.includes(row))).toBe(true);
        },
      ),
    );
  });

  it('are not looked at to the end where hits are scattered and others look again', async () => {
    const rows = 40_000;
    const ranges = { starts: [BASE], ends: [BASE + rows] };
    const bounds: ScanBounds = {
      minTime: -Infinity,
      maxTime: Infinity,
      equalities: [],
      ranges: [{ attnum: 3, low: 5, high: 5, isLowOpen: false, isHighOpen: false }],
    };
    const coarseOf = async (valueOf: (row: number) => number): Promise<RowRanges> => {
      const data = Float64Array.from({ length: rows }, (_, row) => valueOf(row));
      const column = stored({ rep: 'f64', data, nulls: undefined }, rows);
      return filterRows(sourceOf(new Map([[3, column]]), false), ranges, bounds, true);
    };
    expect(await coarseOf((row) => row % 10)).toEqual(ranges);
    // What a beginning is like says little: the middle is looked at, too.
    const mixed = await coarseOf((row) => (row < 1200 ? row % 10 : row < 30_000 ? 0 : 5));
    expect(mixed.ends.at(-1)).toBe(BASE + rows);
    expect(mixed.starts.at(-1)).toBe(BASE + 30_000);
    const [start, end] = [BASE + 17_000, BASE + 18_000];
    const found = await coarseOf((row) => (row + BASE >= start && row + BASE < end ? 5 : 7));
    expect(found).toEqual({ starts: [start], ends: [end] });
  });

  it('look strings up in the dictionary', async () => {
    const dictionary = new TextDictionary();
    const texts = Array.from({ length: 400 }, (_, i) => `t${(i * i) % 7}`);
    const codes = Int32Array.from(texts, (text) => dictionary.intern(text));
    const column = stored({ rep: 'text', codes, dictionary, nulls: undefined }, 400);
    const source = sourceOf(new Map([[1, column]]), false);
    const ranges = { starts: [BASE + 3], ends: [BASE + 390] };
    for (const values of [['t1'], ['t2', 't4'], ['nowhere'], ['t1', null, 'nowhere']]) {
      const bounds: ScanBounds = {
        minTime: -Infinity,
        maxTime: Infinity,
        equalities: [{ attnum: 1, values }],
        ranges: [],
      };
      const kept = rowsOf(await filterRows(source, ranges, bounds));
      const wanted = rowsOf(ranges).filter((row) => values.includes(texts[row - BASE]!));
      expect(kept).toEqual(wanted);
    }
  });

  it('look at texts to the end only where hits are not scattered, for who looks again', async () => {
    const rows = 40_000;
    const ranges = { starts: [BASE, BASE + 30_000], ends: [BASE + 20_000, BASE + rows] };
    const coarseOf = async (textOf: (row: number) => string): Promise<RowRanges> => {
      const dictionary = new TextDictionary();
      const codes = Int32Array.from({ length: rows }, (_, row) => dictionary.intern(textOf(row)));
      const column = stored({ rep: 'text', codes, dictionary, nulls: undefined }, rows);
      const bounds: ScanBounds = {
        minTime: -Infinity,
        maxTime: Infinity,
        equalities: [{ attnum: 1, values: ['a'] }],
        ranges: [],
      };
      return filterRows(sourceOf(new Map([[1, column]]), false), ranges, bounds, true);
    };
    // The second range is too short to be sampled.
    const scattered = await coarseOf((row) => (row % 10 === 0 ? 'a' : 'b'));
    expect(scattered.starts.slice(0, 3)).toEqual([BASE, BASE + 30_000, BASE + 30_010]);
    expect(scattered.ends.slice(0, 3)).toEqual([BASE + 20_000, BASE + 30_001, BASE + 30_011]);
    const found = await coarseOf((row) => (row >= 17_000 && row < 18_000 ? 'a' : 'b'));
    expect(found).toEqual({ starts: [BASE + 17_000], ends: [BASE + 18_000] });
  });

  it('do not read a second column where the first leaves nothing', async () => {
    const data = Float64Array.from({ length: 50 }, (_, i) => i);
    const column = stored({ rep: 'f64', data, nulls: undefined }, 50);
    const source = sourceOf(new Map([[1, column]]), false);
    const range = { low: 100, high: Infinity, isLowOpen: false, isHighOpen: false };
    const bounds: ScanBounds = {
      minTime: -Infinity,
      maxTime: Infinity,
      equalities: [],
      ranges: [
        { attnum: 1, ...range },
        { attnum: 2, ...range },
      ],
    };
    const found = { ...source, stores: () => true };
    const kept = await filterRows(found, { starts: [BASE], ends: [BASE + 50] }, bounds);
    expect(kept.starts).toEqual([]);
  });
});

it('finds the first lane of a value', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(8, 16, 32),
      fc.integer({ min: -1e6, max: 1e6 }),
      fc.constantFrom(1, 7, 1e7),
      fc.constantFrom(1, 10, 1000),
      fc.nat(),
      fc.constantFrom(0, 0.5, -0.5, 1e-9),
      fc.boolean(),
      (bits, base, factor, divisor, near, shift, isAbove) => {
        const lanes = { bits, base, factor, divisor, length: 0 } as unknown as Lanes;
        const valueOf = (lane: number): number => (base + lane * factor) / divisor;
        const bound = valueOf(near % 2 ** bits) + shift;
        const first = laneFrom(lanes, bound, isAbove);
        const holds = (lane: number): boolean =>
          isAbove ? valueOf(lane) > bound : valueOf(lane) >= bound;
        if (first < 2 ** bits) expect(holds(first)).toBe(true);
        if (first > 0) expect(holds(first - 1)).toBe(false);
      },
    ),
  );
});
