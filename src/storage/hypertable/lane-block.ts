/** A block of numbers that are lanes already: its rows are gathered as lanes and never become doubles. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import type { LaneBits, Lanes } from '../../vector/lanes.ts';
import { blockStage, type BlockStage } from './block-stage.ts';
import { numberBlockWriter, sealed, type EncodeOptions } from './column-block.ts';
import type { ColumnSketch, PieceBorders } from './column-sketch.ts';
import { bitsFor, POWERS } from './narrow.ts';
import { writePlanned } from './number-block.ts';
import { gatherLanes } from './page-lanes.ts';
import { VECTOR_ROWS, type Zones } from './row-source.ts';

export interface EncodedBlock {
  readonly value: Uint8Array;
  readonly zones: Zones | undefined;
}

/** Adds the rows of a block to its column's sketch. */
export interface LaneSketch {
  readonly sketch: ColumnSketch;
  readonly borders: PieceBorders;
}

/** Encodes the rows of a column, without NULLs, whose numbers stand at `order` in kernels' memory. */
export function encodeLaneBlock(
  lanes: Lanes,
  order: number,
  rows: number,
  { isCold = false }: EncodeOptions,
  added?: LaneSketch,
): EncodedBlock {
  const stage = blockStage(0);
  gatherLanes(lanes, order, rows, stage.lanes);
  const bounds = boundsOf(stage, lanes.bits, rows);
  const lowest = Math.min(...bounds.minimums);
  const bits = bitsFor(Math.max(...bounds.maximums) - lowest);
  if (lowest > 0 || bits < lanes.bits) {
    kernels.shiftLanes(stage.lanes, lanes.bits, stage.lanes, bits, rows, lowest);
  }
  const { base, factor, divisor } = lanes;
  const places = POWERS.indexOf(divisor);
  const writer = numberBlockWriter(rows);
  const plan = { bits, places, base: base + lowest * factor, factor };
  added?.sketch.addLanes({ ...plan, divisor, pointer: stage.lanes }, added.borders, stage.scaled);
  writePlanned(writer, stage, plan, rows, isCold);
  const valueOf = (lane: number): number => (base + lane * factor) / divisor;
  const zones = {
    minimums: bounds.minimums.map(valueOf),
    maximums: bounds.maximums.map(valueOf),
  };
  return { value: sealed(writer), zones };
}

/** Smallest and largest of each vector of the stage's lanes. */
function boundsOf({ lanes, small }: BlockStage, bits: LaneBits, rows: number): Zones {
  const bounds =
    bits === 8 ? kernels.laneBoundsU8 : bits === 16 ? kernels.laneBoundsU16 : kernels.laneBoundsU32;
  const { u32 } = kernelViews();
  const vectors = Math.ceil(rows / VECTOR_ROWS);
  const minimums = new Float64Array(vectors);
  const maximums = new Float64Array(vectors);
  for (let vector = 0; vector < vectors; vector++) {
    const start = vector * VECTOR_ROWS;
    bounds(lanes + start * (bits >>> 3), Math.min(VECTOR_ROWS, rows - start), small);
    minimums[vector] = u32[small >>> 2];
    maximums[vector] = u32[(small >>> 2) + 1];
  }
  return { minimums, maximums };
}
