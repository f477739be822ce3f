/**
 * Lanes: a column of numbers as unsigned integers of 8, 16 or 32 bits in the kernels' memory, which stand
 * for (base + lane * factor) / divisor. All of these are whole numbers below 2^53 and the divisor is a
 * power of ten, so the doubles are exact: whoever makes lanes has made sure of it.
 */
import { kernels } from '../kernels/kernels.ts';
import { kernelViews, scratch, type KernelBlock } from '../kernels/memory.ts';

export type LaneBits = 8 | 16 | 32;

/** Holding the lanes, or their block, keeps the memory. Never keep its address alone across an await. */
export interface Lanes {
  readonly block: KernelBlock;
  readonly bits: LaneBits;
  readonly length: number;
  readonly base: number;
  readonly factor: number;
  readonly divisor: number;
}

/** The value at a row. */
export function laneValue(lanes: Lanes, row: number): number {
  return (lanes.base + laneAt(lanes, row) * lanes.factor) / lanes.divisor;
}

export type LaneArray = Uint8Array | Uint16Array | Uint32Array;

/** The kernels' memory in the lanes' width; row 0 is at block.pointer / (bits / 8). */
export function laneArray({ bits }: Lanes): LaneArray {
  const views = kernelViews();
  return bits === 8 ? views.u8 : bits === 16 ? views.u16 : views.u32;
}

/** The first lane, up to one behind the last, whose value is at least `bound`, or above it. */
export function laneFrom(lanes: Lanes, bound: number, isAbove: boolean): number {
  const { bits, base, factor, divisor } = lanes;
  let low = 0;
  let high = 2 ** bits;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const value = (base + middle * factor) / divisor;
    if (value < bound || (isAbove && value === bound)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function laneAt({ block, bits }: Lanes, row: number): number {
  const views = kernelViews();
  switch (bits) {
    case 8:
      return views.u8[block.pointer + row];
    case 16:
      return views.u16[(block.pointer >>> 1) + row];
    case 32:
      return views.u32[(block.pointer >>> 2) + row];
  }
}

/** Rows below which a call to a kernel costs more than it saves. */
const SHORT_ROWS = 32;
/** Rows widened at a time: their doubles stay in the first cache. */
const STEP_ROWS = 2048;

/** Writes the values of rows [start, end) to target[at ...]. */
export function widenRange(
  lanes: Lanes,
  start: number,
  end: number,
  target: Float64Array,
  at: number,
): void {
  if (end - start < SHORT_ROWS) {
    for (let row = start; row < end; row++) target[at++] = laneValue(lanes, row);
    return;
  }
  const { block, bits, base, factor, divisor } = lanes;
  const widen = bits === 8 ? kernels.widenU8 : bits === 16 ? kernels.widenU16 : kernels.widenU32;
  const doubles = scratch(STEP_ROWS * 8);
  for (let row = start; row < end; row += STEP_ROWS) {
    const count = Math.min(STEP_ROWS, end - row);
    widen(block.pointer + row * (bits >>> 3), doubles, count, base, factor, divisor);
    const first = doubles / 8;
    target.set(kernelViews().f64.subarray(first, first + count), at);
    at += count;
  }
}

/** Values of stretches of rows, `count` rows in all, one after the other; `first` is row 0 of the lanes. */
export function widenRanges(
  { block, bits, base, factor, divisor }: Lanes,
  starts: ArrayLike<number>,
  ends: ArrayLike<number>,
  first: number,
  count: number,
): Float64Array {
  const ranges = starts.length;
  const borders = scratch(ranges * 8 + count * 8);
  const { u32, f64 } = kernelViews();
  for (let r = 0, at = borders / 4; r < ranges; r++) {
    u32[at++] = starts[r] - first;
    u32[at++] = ends[r] - first;
  }
  const widen =
    bits === 8
      ? kernels.widenRangesU8
      : bits === 16
        ? kernels.widenRangesU16
        : kernels.widenRangesU32;
  const doubles = borders + ranges * 8;
  widen(block.pointer, borders, ranges, doubles, base, factor, divisor);
  return f64.slice(doubles / 8, doubles / 8 + count);
}

/** Writes the values of the given rows, counted from `from`, to target[0, count). */
export function widenRows(
  { block, bits, base, factor, divisor }: Lanes,
  rows: Int32Array,
  count: number,
  target: Float64Array,
  from = 0,
): void {
  const views = kernelViews();
  const lanes = bits === 8 ? views.u8 : bits === 16 ? views.u16 : views.u32;
  const first = block.pointer / (bits >>> 3) + from;
  if (divisor === 1) {
    for (let i = 0; i < count; i++) target[i] = base + lanes[first + rows[i]] * factor;
  } else {
    for (let i = 0; i < count; i++) target[i] = (base + lanes[first + rows[i]] * factor) / divisor;
  }
}

export function laneBytes({ bits, length }: Lanes): number {
  return length * (bits >>> 3);
}
