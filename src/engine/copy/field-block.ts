/**
 * The kernels' working place while rows are cut into fields: input bytes, the fields found, one column's
 * values. It is used within synchronous calls only, so all loads share it.
 */
import { BLOCK, BLOCK_BYTES, INPUT_PADDING } from '../../kernels/input-kernels.ts';
import { kernelViews, type KernelBlock } from '../../kernels/memory.ts';
import { allocate } from './kernel-memory.ts';

const FIELDS_MAX = 24_576;
/** Splitters may write so far behind the last field. */
const FIELDS_MARGIN = 512;
/** Rows of a block at most. */
export const ROWS_MAX = 1024;
/** An incomplete row up to this size is carried over to the next piece of input. */
export const CARRY_MAX = 65_536;
/** Bytes of input that are worked on at once. */
export const PIECE_MAX = 65_536;
/** Copies between memories are fast where both ends are aligned alike. */
const ALIGNMENT = 8;

export interface FieldBlock {
  readonly memory: KernelBlock;
  readonly block: number;
  readonly fields: number;
  readonly odd: number;
  readonly out: number;
  readonly nulls: number;
  readonly input: number;
}

let shared: FieldBlock | undefined;

/** The block, with room for rows of so many columns. */
export function fieldBlock(): FieldBlock {
  if (shared !== undefined) return shared;
  const sizes = [
    BLOCK_BYTES,
    FIELDS_MAX * 8 + FIELDS_MARGIN,
    FIELDS_MAX,
    ROWS_MAX * 8,
    ROWS_MAX,
    CARRY_MAX + ALIGNMENT + PIECE_MAX + INPUT_PADDING,
  ];
  const memory = allocate(sizes.reduce((sum, size) => sum + size));
  kernelViews().u8.fill(0, memory.pointer, memory.pointer + memory.bytes);
  const starts: number[] = [];
  sizes.reduce((at, size) => (starts.push(at), at + size), memory.pointer);
  const [block, fields, odd, out, nulls, input] = starts;
  shared = { memory, block, fields, odd, out, nulls, input };
  return shared;
}

/** Makes the block ready for a splitter; returns how many rows it will take at most. */
export function prepareBlock(place: FieldBlock, columns: number, room: number): number {
  const limit = Math.min(room, ROWS_MAX, Math.max(1, Math.floor(FIELDS_MAX / columns)));
  const { u32 } = kernelViews();
  const at = place.block >>> 2;
  u32[at + BLOCK.fields / 4] = place.fields;
  u32[at + BLOCK.columns / 4] = columns;
  u32[at + BLOCK.limit / 4] = limit;
  u32[at + BLOCK.odd / 4] = place.odd;
  return limit;
}

/** Where in the input area bytes with this alignment go. */
export function inputAddress(place: FieldBlock, alignment: number): number {
  return place.input + CARRY_MAX + (((alignment - place.input) & (ALIGNMENT - 1)) >>> 0);
}
