/** Lanes of whole pages of numbers, and the lanes of many pages as those of one column. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, scratch, tryAllocate } from '../../kernels/memory.ts';
import type { LaneBits, Lanes } from '../../vector/lanes.ts';
import type { NullMask } from '../../vector/vector.ts';
import { blockStage, type BlockStage } from './block-stage.ts';
import { bitsFor, fillLanes, greatestDivisor, planLanes, POWERS, stageDoubles } from './narrow.ts';

/** Rows rescaled at a time: their doubles stay in the first cache. */
const STEP_ROWS = 2048;

/** Lanes, and the largest that there is among them. */
export interface BoundedLanes extends Lanes {
  readonly highest: number;
}

/** The lanes of at most a piece of numbers; undefined where none hold them, or no memory is left. */
export function lanesOf(
  data: Float64Array,
  nulls: NullMask,
  rows: number,
): BoundedLanes | undefined {
  if (rows === 0) return undefined;
  const stage = blockStage(0);
  stageDoubles(stage, data, nulls, rows);
  return stagedLanes(stage, rows, 64);
}

/** The rows of a piece as lanes of fewer bits, where there are such: of steps, not of ones. */
export function narrowerLanes(lanes: BoundedLanes): BoundedLanes | undefined {
  const { block, bits, length, base, factor, divisor } = lanes;
  if (bits === 8) return undefined;
  const stage = blockStage(0);
  const widen = bits === 16 ? kernels.widenU16 : kernels.widenU32;
  widen(block.pointer, stage.doubles, length, base, factor, divisor);
  return stagedLanes(stage, length, bits);
}

/** The lanes of the stage's numbers, of fewer than so many bits. */
function stagedLanes(stage: BlockStage, rows: number, below: number): BoundedLanes | undefined {
  const plan = planLanes(stage, rows);
  if (plan !== undefined && plan.bits >= below) return undefined;
  if (plan === undefined) return undefined;
  const { bits, base, factor, places, highest } = plan;
  const bytes = rows * (bits >>> 3);
  const block = tryAllocate(bytes);
  if (block === undefined) return undefined;
  fillLanes(stage, rows, plan);
  kernelViews().u8.copyWithin(block.pointer, stage.lanes, stage.lanes + bytes);
  return { block, bits, length: rows, base, factor, divisor: POWERS[places], highest };
}

/** What all of a column's pages are steps from, and of. */
interface Grid {
  readonly base: number;
  readonly factor: number;
  readonly divisor: number;
  readonly bits: LaneBits;
  readonly highest: number;
}

/**
 * A copy of the rows of all pages as lanes of one kind; undefined where none holds them, or no memory is
 * left.
 */
export function joinLanes(pages: readonly BoundedLanes[]): BoundedLanes | undefined {
  const grid = gridOf(pages);
  if (grid === undefined) return undefined;
  const { bits, base, factor, divisor, highest } = grid;
  const length = pages.reduce((sum, page) => sum + page.length, 0);
  const block = tryAllocate(length * (bits >>> 3));
  if (block === undefined) return undefined;
  const joined: BoundedLanes = { block, bits, length, base, factor, divisor, highest };
  let at = 0;
  for (const page of pages) {
    copyPage(page, joined, at);
    at += page.length;
  }
  return joined;
}

function gridOf(pages: readonly BoundedLanes[]): Grid | undefined {
  const divisor = Math.max(...pages.map((page) => page.divisor));
  let base = Infinity;
  let end = -Infinity;
  for (const page of pages) {
    const scale = divisor / page.divisor;
    const first = page.base * scale;
    const last = (page.base + page.highest * page.factor) * scale;
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) return undefined;
    base = Math.min(base, first);
    end = Math.max(end, last);
  }
  const range = end - base;
  if (!Number.isSafeInteger(range)) return undefined;
  const factor = range <= 0xff ? 1 : commonStep(pages, base, divisor);
  const highest = range / factor;
  if (highest > 0xffffffff) return undefined;
  return { base, factor, divisor, bits: bitsFor(highest), highest };
}

/** The largest step that leads from the base to every value. */
function commonStep(pages: readonly BoundedLanes[], base: number, divisor: number): number {
  let step = 0;
  for (const page of pages) {
    const scale = divisor / page.divisor;
    step = greatestDivisor(step, page.base * scale - base);
    if (page.highest > 0) step = greatestDivisor(step, page.factor * scale);
  }
  return Math.max(1, step);
}

/** What laneBounds kernels write. */
const BOUNDS_BYTES = 32;

/** The first rows of lanes, at least one, and the largest that there is among these. */
export function boundedLanes(lanes: Lanes, rows: number): BoundedLanes {
  const { block, bits } = lanes;
  const bounds =
    bits === 8 ? kernels.laneBoundsU8 : bits === 16 ? kernels.laneBoundsU16 : kernels.laneBoundsU32;
  const target = scratch(BOUNDS_BYTES);
  bounds(block.pointer, rows, target);
  return { ...lanes, length: rows, highest: kernelViews().u32[(target >>> 2) + 1] };
}

/** The lanes of these rows, in this order; undefined where no memory is left. */
export function pickLanes(lanes: Lanes, rows: Int32Array): Lanes | undefined {
  const { bits, base, factor, divisor } = lanes;
  const block = tryAllocate(Math.max(1, rows.length * (bits >>> 3)));
  if (block === undefined) return undefined;
  const order = scratch(rows.length * 4);
  kernelViews().i32.set(rows, order / 4);
  gatherLanes(lanes, order, rows.length, block.pointer);
  return { block, bits, length: rows.length, base, factor, divisor };
}

/** Writes the lanes of the `count` rows that are listed at `order`, all addresses of kernels' memory. */
export function gatherLanes(lanes: Lanes, order: number, count: number, target: number): void {
  const { block, bits } = lanes;
  const pick =
    bits === 8 ? kernels.pickLanesU8 : bits === 16 ? kernels.pickLanesU16 : kernels.pickLanesU32;
  pick(block.pointer, order, count, target);
}

function copyPage(page: BoundedLanes, target: BoundedLanes, at: number): void {
  const scale = target.divisor / page.divisor;
  const offset = (page.base * scale - target.base) / target.factor;
  // A page of one value may have any factor.
  const step = page.highest === 0 ? 0 : (page.factor * scale) / target.factor;
  if (page.bits === target.bits && offset === 0 && step === 1) {
    const width = page.bits >>> 3;
    const { pointer } = page.block;
    const end = pointer + page.length * width;
    kernelViews().u8.copyWithin(target.block.pointer + at * width, pointer, end);
  } else rescale(page, offset, step, target, at);
}

/** Writes offset + lane * step for all lanes of a page. */
function rescale(
  { block, bits, length }: Lanes,
  offset: number,
  step: number,
  target: Lanes,
  at: number,
): void {
  const doubles = scratch(STEP_ROWS * 8);
  const widen = bits === 8 ? kernels.widenU8 : bits === 16 ? kernels.widenU16 : kernels.widenU32;
  const narrow = { 8: kernels.narrowU8, 16: kernels.narrowU16, 32: kernels.narrowU32 }[target.bits];
  for (let row = 0; row < length; row += STEP_ROWS) {
    const count = Math.min(STEP_ROWS, length - row);
    widen(block.pointer + row * (bits >>> 3), doubles, count, offset, step, 1);
    narrow(doubles, target.block.pointer + (at + row) * (target.bits >>> 3), count, 0, 1);
  }
}
