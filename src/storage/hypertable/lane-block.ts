/** A block of numbers that are lanes already: its rows are gathered as lanes and never become doubles. */
import { kernelViews } from '../../kernels/memory.ts';
import type { LaneArray, LaneBits, Lanes } from '../../vector/lanes.ts';
import { blockStage } from './block-stage.ts';
import { numberBlockWriter, sealed, type EncodeOptions } from './column-block.ts';
import { POWERS } from './narrow.ts';
import { writePlanned } from './number-block.ts';
import { gatherLanes } from './page-lanes.ts';
import { VECTOR_ROWS, type Zones } from './row-source.ts';

export interface EncodedBlock {
  readonly value: Uint8Array;
  readonly zones: Zones | undefined;
}

/** Encodes the rows of a column, without NULLs, that `order` lists. */
export function encodeLaneBlock(
  lanes: Lanes,
  order: Int32Array,
  { isCold = false }: EncodeOptions,
): EncodedBlock {
  const rows = order.length;
  const stage = blockStage(0);
  gatherLanes(lanes, order, stagedLanes(stage.lanes, lanes.bits, rows), 0);
  const bounds = boundsOf(stagedLanes(stage.lanes, lanes.bits, rows));
  const lowest = Math.min(...bounds.minimums);
  const bits = bitsFor(Math.max(...bounds.maximums) - lowest);
  if (lowest > 0 || bits < lanes.bits) shiftLanes(stage.lanes, lanes.bits, bits, rows, lowest);
  const { base, factor, divisor } = lanes;
  const places = POWERS.indexOf(divisor);
  const writer = numberBlockWriter(rows);
  const plan = { bits, places, base: base + lowest * factor, factor };
  writePlanned(writer, stage, plan, rows, isCold);
  const valueOf = (lane: number): number => (base + lane * factor) / divisor;
  const zones = {
    minimums: bounds.minimums.map(valueOf),
    maximums: bounds.maximums.map(valueOf),
  };
  return { value: sealed(writer), zones };
}

function bitsFor(range: number): LaneBits {
  return range <= 0xff ? 8 : range <= 0xffff ? 16 : 32;
}

/** Smallest and largest lane of each vector. */
function boundsOf(array: LaneArray): Zones {
  const vectors = Math.ceil(array.length / VECTOR_ROWS);
  const minimums = new Float64Array(vectors);
  const maximums = new Float64Array(vectors);
  for (let vector = 0; vector < vectors; vector++) {
    const end = Math.min(array.length, (vector + 1) * VECTOR_ROWS);
    let minimum = 0xffffffff;
    let maximum = 0;
    for (let i = vector * VECTOR_ROWS; i < end; i++) {
      const lane = array[i];
      if (lane < minimum) minimum = lane;
      if (lane > maximum) maximum = lane;
    }
    minimums[vector] = minimum;
    maximums[vector] = maximum;
  }
  return { minimums, maximums };
}

function stagedLanes(pointer: number, bits: LaneBits, rows: number): LaneArray {
  const { u8, u16, u32 } = kernelViews();
  const first = pointer / (bits >>> 3);
  const all = bits === 8 ? u8 : bits === 16 ? u16 : u32;
  return all.subarray(first, first + rows);
}

/** Counts lanes from another base, in fewer bits perhaps, which never overtake what is still to be read. */
function shiftLanes(
  pointer: number,
  from: LaneBits,
  to: LaneBits,
  rows: number,
  lowest: number,
): void {
  const source = stagedLanes(pointer, from, rows);
  const target = stagedLanes(pointer, to, rows);
  for (let i = 0; i < rows; i++) target[i] = source[i] - lowest;
}
