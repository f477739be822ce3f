/**
 * Columns of numbers in the commit log: whole numbers become offsets of few bytes, repeated ones runs.
 * Where there are many, kernels look at them.
 */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, scratch, tryAllocate } from '../../kernels/memory.ts';
import { laneBytes } from '../../vector/lanes.ts';
import type { BytesReader, BytesWriter } from './bytes-io.ts';
import { bitsFor } from './narrow.ts';
import type { BoundedLanes } from './page-lanes.ts';

const RAW = 0;
const OFFSET_8 = 1;
const OFFSET_16 = 2;
const OFFSET_32 = 3;
const RUNS = 4;

/** Bytes of a run, in bytes of an offset: it pays from so many rows on. */
const RUN_ROWS = 12;
/** Fewer numbers are packed before kernels have begun. */
const KERNEL_ROWS = 256;
const WHOLE_MAX = 2 ** 53;

/** Numbers as runs, as offsets from the smallest in 1, 2 or 4 bytes, or as they are. */
export function packNumbers(writer: BytesWriter, data: Float64Array, length: number): void {
  const bounds = length < KERNEL_ROWS ? wholeBounds(data, length) : stagedBounds(data, length);
  const offsets = bounds && (() => offsetsOf(data, length, bounds));
  pack(writer, data, length, bounds, offsets);
}

/** The same; the offsets are the caller's to free, where there are kernels' and memory for them. */
export function packWithLanes(
  writer: BytesWriter,
  data: Float64Array,
  length: number,
): BoundedLanes | undefined {
  const bounds = length < KERNEL_ROWS ? undefined : stagedBounds(data, length);
  const lanes = bounds && lanesFor(length, bounds);
  if (lanes === undefined) packNumbers(writer, data, length);
  else pack(writer, data, length, bounds, () => laneBytesOf(lanes));
  return lanes;
}

function pack(
  writer: BytesWriter,
  data: Float64Array,
  length: number,
  bounds: Bounds | undefined,
  offsets: (() => Uint8Array) | undefined,
): void {
  const runs = countRuns(data, length);
  if (bounds === undefined || offsets === undefined) {
    writer.u8(RAW);
    writer.floats(data, length);
  } else if (runs * RUN_ROWS < length) packRuns(writer, data, length, runs);
  else {
    const { minimum, range } = bounds;
    writer.u8(range <= 0xff ? OFFSET_8 : range <= 0xffff ? OFFSET_16 : OFFSET_32);
    writer.f64(minimum);
    writer.bytes(offsets());
  }
}

interface Bounds {
  readonly minimum: number;
  readonly range: number;
  /** Address of the kernels' copy of the numbers, 0 where there is none. */
  readonly staged: number;
}

/** How many runs there are, or enough of them to know that they do not pay. */
function countRuns(data: Float64Array, length: number): number {
  let runs = length === 0 ? 0 : 1;
  const limit = length / RUN_ROWS;
  for (let i = 1; i < length && runs < limit; i++) if (data[i] !== data[i - 1]) runs++;
  return runs;
}

/** The bounds of whole numbers that offsets stand for exactly; undefined for others. */
function wholeBounds(data: Float64Array, length: number): Bounds | undefined {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let i = 0; i < length; i++) {
    const value = data[i];
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    if (Math.floor(value) !== value || (value === 0 && 1 / value < 0)) return undefined;
  }
  return boundsOf(minimum, maximum, 0);
}

/** The same for many numbers, which are copied to the kernels' memory. */
function stagedBounds(data: Float64Array, length: number): Bounds | undefined {
  const bounds = scratch(16 + length * 16);
  const staged = bounds + 16;
  kernelViews().f64.set(data.subarray(0, length), staged / 8);
  // As they are: nothing is written to the target.
  if (kernels.scaleAll(staged, staged, length, 1, bounds) < length) return undefined;
  const { f64 } = kernelViews();
  return boundsOf(f64[bounds / 8], f64[bounds / 8 + 1], staged);
}

function boundsOf(minimum: number, maximum: number, staged: number): Bounds | undefined {
  const range = maximum - minimum;
  const isExact = Math.abs(minimum) <= WHOLE_MAX && Math.abs(maximum) <= WHOLE_MAX;
  if (!isExact || range > 0xffffffff) return undefined;
  return { minimum, range, staged };
}

function packRuns(writer: BytesWriter, data: Float64Array, length: number, runs: number): void {
  writer.u8(RUNS);
  writer.u32(runs);
  let start = 0;
  for (let i = 1; i <= length; i++) {
    if (i < length && data[i] === data[start]) continue;
    writer.f64(data[start]);
    writer.u32(i - start);
    start = i;
  }
}

/** The bytes of the numbers' distances from the smallest. */
function offsetsOf(
  data: Float64Array,
  length: number,
  { minimum, range, staged }: Bounds,
): Uint8Array {
  if (staged > 0) {
    const target = staged + length * 8;
    narrowTo(target, length, { minimum, range, staged });
    return kernelViews().u8.subarray(target, target + length * (bitsFor(range) >>> 3));
  }
  const Offsets = range <= 0xff ? Uint8Array : range <= 0xffff ? Uint16Array : Uint32Array;
  const offsets = new Offsets(length);
  for (let i = 0; i < length; i++) offsets[i] = data[i] - minimum;
  return new Uint8Array(offsets.buffer);
}

/** Lanes of the staged numbers, in memory of their own. */
function lanesFor(length: number, bounds: Bounds): BoundedLanes | undefined {
  const { minimum: base, range: highest } = bounds;
  const bits = bitsFor(highest);
  const block = tryAllocate(length * (bits >>> 3));
  if (block === undefined) return undefined;
  narrowTo(block.pointer, length, bounds);
  return { block, bits, length, base, factor: 1, divisor: 1, highest };
}

function laneBytesOf(lanes: BoundedLanes): Uint8Array {
  const { pointer } = lanes.block;
  return kernelViews().u8.subarray(pointer, pointer + laneBytes(lanes));
}

function narrowTo(target: number, length: number, { minimum, range, staged }: Bounds): void {
  const bits = bitsFor(range);
  const narrow =
    bits === 8 ? kernels.narrowU8 : bits === 16 ? kernels.narrowU16 : kernels.narrowU32;
  narrow(staged, target, length, minimum, 1);
}

export function unpackNumbers(reader: BytesReader, length: number): Float64Array {
  const form = reader.u8();
  if (form === RAW) return reader.floats(length);
  const data = new Float64Array(length);
  if (form === RUNS) {
    let row = 0;
    for (let runs = reader.u32(); runs > 0; runs--) {
      const value = reader.f64();
      const end = row + reader.u32();
      data.fill(value, row, end);
      row = end;
    }
    return data;
  }
  const minimum = reader.f64();
  const offsets =
    form === OFFSET_8
      ? reader.bytes(length)
      : form === OFFSET_16
        ? reader.u16s(length)
        : reader.u32s(length);
  for (let i = 0; i < length; i++) data[i] = minimum + offsets[i];
  return data;
}
