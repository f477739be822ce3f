/** All blocks of one column of a segment, from lanes: a job that any thread with kernels can do. */
import type { KernelBlock } from '../../kernels/memory.ts';
import type { Lanes } from '../../vector/lanes.ts';
import { encodeLaneBlock, type EncodedBlock } from './lane-block.ts';
import { PIECE_ROWS } from './row-source.ts';

/** Rows of lanes without NULLs, in the order that a segment has them. */
export interface EncodeLanesJob {
  readonly kind: 'encode';
  readonly lanes: Lanes;
  /** Numbers of the rows, 32 bits each. */
  readonly order: KernelBlock;
  readonly rows: number;
  readonly isCold: boolean;
}

export function blocksOf({ rows }: EncodeLanesJob): number {
  return Math.ceil(rows / PIECE_ROWS);
}

/** Block `index` of the column. */
export function encodeOne(job: EncodeLanesJob, index: number): EncodedBlock {
  const start = index * PIECE_ROWS;
  const rows = Math.min(PIECE_ROWS, job.rows - start);
  return encodeLaneBlock(job.lanes, job.order.pointer + start * 4, rows, job);
}

export function encodeAll(job: EncodeLanesJob): EncodedBlock[] {
  return Array.from({ length: blocksOf(job) }, (_, index) => encodeOne(job, index));
}
