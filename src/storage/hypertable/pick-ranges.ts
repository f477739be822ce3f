/** Rows of a stored column at ranges of a piece, as one vector. */
import type { SqlType } from '../../types/type.ts';
import { LaneVector } from '../../vector/lane-vector.ts';
import { widenRanges } from '../../vector/lanes.ts';
import type { NullMask, Vector } from '../../vector/vector.ts';
import type { RowRanges } from './select-rows.ts';
import { gatherColumn, toVector, type PlainColumn, type StoredColumn } from './stored-column.ts';

/** Rows of ranges on average below which lanes are not worth keeping apart. */
const LANE_RANGE_ROWS = 64;

/** `count` rows of the ranges; `base` is the first row of the piece. */
export function pickRanges(
  piece: StoredColumn,
  type: SqlType,
  ranges: RowRanges,
  count: number,
  base: number,
): Vector {
  const { starts, ends } = ranges;
  if (piece.rep !== 'lanes' || count < starts.length * LANE_RANGE_ROWS) {
    return toVector(copyRanges(piece, ranges, count, base), type, 0, count);
  }
  const at = new Int32Array(starts.length + 1);
  const firsts = new Int32Array(starts.length);
  for (let r = 0; r < starts.length; r++) {
    firsts[r] = starts[r] - base;
    at[r + 1] = at[r] + ends[r] - starts[r];
  }
  const nulls = copyNulls(piece, ranges, count, base);
  return new LaneVector(type, { lanes: piece.lanes, starts: firsts, at }, nulls);
}

/** The rows one by one, counted from `base`. */
export function positionsOf({ starts, ends }: RowRanges, count: number, base: number): Int32Array {
  const positions = new Int32Array(count);
  let at = 0;
  for (let r = 0; r < starts.length; r++) {
    for (let row = starts[r]; row < ends[r]; row++) positions[at++] = row - base;
  }
  return positions;
}

/** Ranges at least this long are copied as blocks of memory. */
const BLOCK_ROWS = 24;

function copyNulls(
  { nulls }: StoredColumn,
  { starts, ends }: RowRanges,
  count: number,
  base: number,
): NullMask {
  if (nulls === undefined) return undefined;
  const copied = new Uint8Array(count);
  copyInto(copied, nulls, starts, ends, base);
  return copied;
}

function copyRanges(
  piece: StoredColumn,
  ranges: RowRanges,
  count: number,
  base: number,
): PlainColumn {
  const nulls = copyNulls(piece, ranges, count, base);
  const { starts, ends } = ranges;
  switch (piece.rep) {
    case 'lanes': {
      const data = widenRanges(piece.lanes, starts, ends, base, count);
      if (nulls !== undefined) for (let i = 0; i < count; i++) if (nulls[i] === 1) data[i] = 0;
      return { rep: 'f64', data, nulls };
    }
    case 'f64': {
      const data = new Float64Array(count);
      copyInto(data, piece.data, starts, ends, base);
      return { rep: 'f64', data, nulls };
    }
    case 'bool': {
      const data = new Uint8Array(count);
      copyInto(data, piece.data, starts, ends, base);
      return { rep: 'bool', data, nulls };
    }
    case 'text': {
      const codes = new Int32Array(count);
      copyInto(codes, piece.codes, starts, ends, base);
      return { rep: 'text', codes, dictionary: piece.dictionary, nulls };
    }
    case 'any':
      return gatherColumn(piece, positionsOf(ranges, count, base), count);
  }
}

function copyInto<T extends Float64Array | Int32Array | Uint8Array>(
  target: T,
  source: T,
  starts: readonly number[],
  ends: readonly number[],
  base: number,
): void {
  let at = 0;
  for (let r = 0; r < starts.length; r++) {
    const start = starts[r] - base;
    const end = ends[r] - base;
    if (end - start >= BLOCK_ROWS) {
      target.set(source.subarray(start, end), at);
      at += end - start;
    } else for (let row = start; row < end; row++) target[at++] = source[row];
  }
}
