/** All blocks of one column of a segment, from lanes: a job that any thread with kernels can do. */
import type { KernelBlock } from '../../kernels/memory.ts';
import type { Lanes } from '../../vector/lanes.ts';
import { ColumnSketch, type EncodedSketch } from './column-sketch.ts';
import { encodeLaneBlock, type EncodedBlock, type LaneSketch } from './lane-block.ts';
import { PIECE_ROWS } from './row-source.ts';
import type { SumKind } from './sketch-parts.ts';

/** Rows of lanes without NULLs, in the order that a segment has them. */
export interface EncodeLanesJob {
  readonly kind: 'encode';
  readonly lanes: Lanes;
  /** Numbers of the rows, 32 bits each. */
  readonly order: KernelBlock;
  readonly rows: number;
  readonly isCold: boolean;
  /** The segment's intervals, where there are sketches. */
  readonly intervals?: JobIntervals | undefined;
  readonly sumKind: SumKind;
}

/** Intervals as jobs have them. */
export interface JobIntervals {
  /** The first row of each in its piece, then the one behind its last, 32 bits each. */
  readonly borders: KernelBlock;
  readonly count: number;
  /** By piece the first interval, and behind the last how many there are. */
  readonly firsts: readonly number[];
}

/** A column of a segment as it is stored. */
export interface EncodedColumn {
  readonly blocks: readonly EncodedBlock[];
  readonly sketch: EncodedSketch | undefined;
}

/** The column, with a step for each block. */
export function* encodeLaneSteps(job: EncodeLanesJob): Generator<void, EncodedColumn> {
  const { intervals, sumKind } = job;
  const sketch = intervals && new ColumnSketch(intervals.count, sumKind);
  const blocks: EncodedBlock[] = [];
  for (let start = 0; start < job.rows; start += PIECE_ROWS) {
    const rows = Math.min(PIECE_ROWS, job.rows - start);
    const added = intervals && sketch && laneSketch(sketch, intervals, blocks.length);
    blocks.push(encodeLaneBlock(job.lanes, job.order.pointer + start * 4, rows, job, added));
    yield;
  }
  return { blocks, sketch: sketch?.encode(job.isCold) };
}

function laneSketch(
  sketch: ColumnSketch,
  { borders, count, firsts }: JobIntervals,
  piece: number,
): LaneSketch {
  const [from, to] = [firsts[piece], firsts[piece + 1]];
  const starts = borders.pointer + from * 4;
  return { sketch, borders: { from, to, starts, ends: starts + count * 4 } };
}
