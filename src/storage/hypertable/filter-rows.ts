/**
 * Leaves out rows of a segment whose values do not satisfy a scan's conditions on stored columns, before
 * any other column is read. Rows may stay that the conditions rule out: they are evaluated again later.
 */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, scratch } from '../../kernels/memory.ts';
import type { Value } from '../../types/value.ts';
import { laneFrom, type Lanes } from '../../vector/lanes.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import type { ScanBounds, ValueRange } from './scan-bounds.ts';
import { rowCount, type RowRanges } from './select-rows.ts';
import type { StoredColumn } from './stored-column.ts';

type MaybePromise<T> = T | Promise<T>;

/** Conditions on columns that are stored row by row. */
interface StoredConditions {
  readonly ranges: readonly ValueRange[];
  readonly equalities: ScanBounds['equalities'];
}

/** Rows of the ranges that a coarse filter leaves, at least, on average. */
const COARSE_ROWS = 256;
/** Of longer ranges two samples tell whether it is worth looking at all rows: where they are in many pieces. */
const SAMPLED_ROWS = 16_384;
const SAMPLE_ROWS = 1024;
/** How many more pieces than are worth it. */
const SAMPLE_FACTOR = 4;
/** Where more than this share of the rows is left anyway, cutting costs more than it saves. */
const KEPT_SHARE = 0.75;

/** The rows of the ranges, which lie in one piece, that may satisfy the bounds' conditions on values. */
export function filterRows(
  source: RowSource,
  ranges: RowRanges,
  bounds: ScanBounds,
  coarse = false,
): MaybePromise<RowRanges> {
  const conditions = storedConditions(source, bounds);
  if (conditions === undefined) return ranges;
  let kept: MaybePromise<RowRanges> = ranges;
  for (const range of conditions.ranges) {
    kept = next(kept, source, range.attnum, (piece, rows, base) =>
      inRange(piece, rows, base, range, coarse),
    );
  }
  for (const { attnum, values } of conditions.equalities) {
    kept = next(kept, source, attnum, (piece, rows, base) =>
      withText(piece, rows, base, values, coarse),
    );
  }
  return kept instanceof Promise
    ? kept.then((rows) => unlessMost(ranges, rows))
    : unlessMost(ranges, kept);
}

/** Undefined where there are none. Heads have no zones: their columns cost nothing to read. */
function storedConditions(source: RowSource, bounds: ScanBounds): StoredConditions | undefined {
  if (source.stores === undefined) return undefined;
  const stores = source.stores.bind(source);
  const ranges = bounds.ranges.filter(({ attnum }) => stores(attnum));
  const equalities = bounds.equalities.filter(
    ({ attnum }) => stores(attnum) && !ranges.some((range) => range.attnum === attnum),
  );
  return ranges.length + equalities.length === 0 ? undefined : { ranges, equalities };
}

type Test = (piece: StoredColumn, rows: RowRanges, base: number) => RowRanges;

function next(
  kept: MaybePromise<RowRanges>,
  source: RowSource,
  attnum: number,
  test: Test,
): MaybePromise<RowRanges> {
  if (kept instanceof Promise) return kept.then((rows) => next(rows, source, attnum, test));
  if (kept.starts.length === 0) return kept;
  const index = Math.floor(kept.starts[0] / PIECE_ROWS);
  const piece = source.piece(attnum, index, kept);
  if (piece instanceof Promise) {
    return piece.then((ready) =>
      ready === undefined ? kept : test(ready, kept, index * PIECE_ROWS),
    );
  }
  return piece === undefined ? kept : test(piece, kept, index * PIECE_ROWS);
}

function unlessMost(ranges: RowRanges, kept: RowRanges): RowRanges {
  return rowCount(kept) > rowCount(ranges) * KEPT_SHARE ? ranges : kept;
}

function inRange(
  piece: StoredColumn,
  rows: RowRanges,
  base: number,
  range: ValueRange,
  coarse: boolean,
): RowRanges {
  if (piece.rep === 'lanes') return lanesInRange(piece.lanes, rows, base, range, coarse);
  if (piece.rep !== 'f64' || coarse) return rows;
  const { data } = piece;
  const { low, high, isLowOpen, isHighOpen } = range;
  // NaN is above everything else: it passes as what is not known to be too large.
  return rowsWhere(rows, base, (row) => {
    const value = data[row];
    if (value < low || (isLowOpen && value === low)) return false;
    return !(value > high || (isHighOpen && value === high));
  });
}

function lanesInRange(
  lanes: Lanes,
  rows: RowRanges,
  base: number,
  { low, high, isLowOpen, isHighOpen }: ValueRange,
  coarse: boolean,
): RowRanges {
  const first = laneFrom(lanes, low, isLowOpen);
  const last = laneFrom(lanes, high, !isHighOpen) - 1;
  if (first > last) return { starts: [], ends: [] };
  const { bits, block } = lanes;
  const select =
    bits === 8 ? kernels.selectU8 : bits === 16 ? kernels.selectU16 : kernels.selectU32;
  const starts: number[] = [];
  const ends: number[] = [];
  const isScattered = (at: number): boolean => {
    const source = block.pointer + (at - base) * (bits >>> 3);
    const borders = scratch(SAMPLE_ROWS * 4 + 8);
    const found = select(source, SAMPLE_ROWS, first, last, at, borders);
    return found * COARSE_ROWS > SAMPLE_ROWS * 2 * SAMPLE_FACTOR;
  };
  for (let r = 0; r < rows.starts.length; r++) {
    const start = rows.starts[r];
    const count = rows.ends[r] - start;
    const middle = start + (count >>> 1);
    if (coarse && count >= SAMPLED_ROWS && isScattered(start) && isScattered(middle)) {
      starts.push(start);
      ends.push(rows.ends[r]);
      continue;
    }
    const borders = scratch(count * 4 + 8);
    const source = block.pointer + (start - base) * (bits >>> 3);
    const found = select(source, count, first, last, start, borders);
    if (coarse && found * COARSE_ROWS > count * 2) {
      starts.push(start);
      ends.push(rows.ends[r]);
      continue;
    }
    const { u32 } = kernelViews();
    for (let at = borders >>> 2, end = at + found; at < end; at += 2) {
      starts.push(u32[at]);
      ends.push(u32[at + 1]);
    }
  }
  return { starts, ends };
}

function withText(
  piece: StoredColumn,
  rows: RowRanges,
  base: number,
  values: readonly Value[],
  coarse: boolean,
): RowRanges {
  if (piece.rep !== 'text') return rows;
  const wanted = new Set<number>();
  for (const value of values) {
    if (value === null) continue;
    if (typeof value !== 'string') return rows;
    const code = piece.dictionary.codeOf(value);
    if (code !== undefined) wanted.add(code);
  }
  if (wanted.size === 0) return { starts: [], ends: [] };
  const { codes } = piece;
  const [only] = wanted;
  const test: RowTest =
    wanted.size === 1 ? (row) => codes[row] === only : (row) => wanted.has(codes[row]);
  return coarse ? unlessScattered(rows, base, test) : rowsWhere(rows, base, test);
}

/** Whether a row, counted from the first of its piece, is wanted. */
type RowTest = (row: number) => boolean;

/** The same, with whole ranges where samples of them are in many pieces. */
function unlessScattered(rows: RowRanges, base: number, test: RowTest): RowRanges {
  const isScattered = (start: number): boolean => {
    const found = rowsWhere({ starts: [start], ends: [start + SAMPLE_ROWS] }, base, test);
    return found.starts.length * COARSE_ROWS > SAMPLE_ROWS * SAMPLE_FACTOR;
  };
  const all: { readonly starts: number[]; readonly ends: number[] } = { starts: [], ends: [] };
  for (let r = 0; r < rows.starts.length; r++) {
    const start = rows.starts[r];
    const end = rows.ends[r];
    const middle = start + ((end - start) >>> 1);
    const isWhole = end - start >= SAMPLED_ROWS && isScattered(start) && isScattered(middle);
    const one = { starts: [start], ends: [end] };
    const found = isWhole ? one : rowsWhere(one, base, test);
    for (let i = 0; i < found.starts.length; i++) {
      all.starts.push(found.starts[i]);
      all.ends.push(found.ends[i]);
    }
  }
  return all;
}

function rowsWhere(rows: RowRanges, base: number, test: RowTest): RowRanges {
  const starts: number[] = [];
  const ends: number[] = [];
  for (let r = 0; r < rows.starts.length; r++) {
    const end = rows.ends[r];
    let isOpen = false;
    for (let row = rows.starts[r]; row < end; row++) {
      const isIn = test(row - base);
      if (isIn === isOpen) continue;
      (isIn ? starts : ends).push(row);
      isOpen = isIn;
    }
    if (isOpen) ends.push(end);
  }
  return { starts, ends };
}
