/**
 * Scratch memory in which one block at a time is decoded or encoded by kernels. All of it is for the
 * length of a synchronous call: nothing else may use scratch memory in between.
 */
import { kernels } from '../../kernels/kernels.ts';
import { LANE_WORK_BYTES } from '../../kernels/lane-kernels.ts';
import { kernelViews, scratch } from '../../kernels/memory.ts';
import type { BytesReader, BytesWriter } from './bytes-io.ts';
import { DamagedBlock } from './damaged-block.ts';
import type { LaneBits } from '../../vector/lanes.ts';
import { PIECE_ROWS, VECTOR_ROWS } from './row-source.ts';

/** Kernels may read so far behind the end of what they are given. */
const MARGIN = 64;
const PIECE_DOUBLES = PIECE_ROWS * 8 + MARGIN;
const PIECE_LANES = PIECE_ROWS * 4 + (PIECE_ROWS / VECTOR_ROWS) * 16 + MARGIN;

/** Addresses of the parts. Lanes and packed bytes may each be a whole piece's. */
export interface BlockStage {
  readonly work: number;
  readonly small: number;
  readonly doubles: number;
  readonly scaled: number;
  readonly lanes: number;
  readonly moreLanes: number;
  readonly symbols: number;
  readonly bytes: number;
}

/** Room for a block, and for `length` bytes of its stored form. */
export function blockStage(length: number): BlockStage {
  let at = 0;
  const part = (bytes: number): number => {
    const start = at;
    at += Math.ceil(bytes / 64) * 64;
    return start;
  };
  const parts = {
    work: part(LANE_WORK_BYTES),
    small: part(8192),
    doubles: part(PIECE_DOUBLES),
    scaled: part(PIECE_DOUBLES),
    lanes: part(PIECE_LANES),
    moreLanes: part(VECTOR_ROWS * 4 + MARGIN),
    symbols: part(PIECE_ROWS + MARGIN),
    bytes: part(Math.max(length, PIECE_LANES) + MARGIN),
  };
  const base = scratch(at);
  const { work, small, doubles, scaled, lanes, moreLanes, symbols, bytes } = parts;
  return {
    work: base + work,
    small: base + small,
    doubles: base + doubles,
    scaled: base + scaled,
    lanes: base + lanes,
    moreLanes: base + moreLanes,
    symbols: base + symbols,
    bytes: base + bytes,
  };
}

/** A stored block in the stage, and where its reader stands. */
export interface StagedBytes {
  readonly stage: BlockStage;
  readonly reader: BytesReader;
}

/** Symbols that the entropy stage has decoded for the vectors to come. */
export interface Symbols {
  readonly start: number;
  readonly end: number;
}

export const NO_SYMBOLS: Symbols = { start: 0, end: 0 };

/** Reads `rows` lanes in vectors to `target`, which has exactly their size. */
export function readLanes(
  { stage, reader }: StagedBytes,
  bits: LaneBits,
  rows: number,
  target: number,
  symbols = NO_SYMBOLS,
): void {
  const decode =
    bits === 8
      ? kernels.decodeLanesU8
      : bits === 16
        ? kernels.decodeLanesU16
        : kernels.decodeLanesU32;
  const source = stage.bytes + reader.offset;
  const end = source + reader.remaining;
  const used = decode(source, end, target, rows, symbols.start, symbols.end, stage.work);
  if (used < 0) throw new DamagedBlock('damaged vector');
  reader.skip(used);
}

/** Writes the lanes at `source` in vectors. */
export function writeLanes(
  writer: BytesWriter,
  stage: BlockStage,
  bits: LaneBits,
  rows: number,
  source: number,
): void {
  const encode =
    bits === 8
      ? kernels.encodeLanesU8
      : bits === 16
        ? kernels.encodeLanesU16
        : kernels.encodeLanesU32;
  const length = encode(source, rows, stage.bytes, stage.work);
  writer.bytes(kernelViews().u8.subarray(stage.bytes, stage.bytes + length));
}

export function readBits({ stage, reader }: StagedBytes, rows: number): Uint8Array {
  const source = stage.bytes + reader.offset;
  reader.skip((rows + 7) >> 3);
  kernels.expandBits(source, stage.lanes, rows);
  return kernelViews().u8.slice(stage.lanes, stage.lanes + rows);
}

export function writeBits(
  writer: BytesWriter,
  stage: BlockStage,
  flags: Uint8Array,
  rows: number,
): void {
  kernelViews().u8.set(flags.subarray(0, rows), stage.lanes);
  kernels.collectBits(stage.lanes, stage.bytes, rows);
  writer.bytes(kernelViews().u8.subarray(stage.bytes, stage.bytes + ((rows + 7) >> 3)));
}
