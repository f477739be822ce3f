/**
 * Vectors of numbers that do not all fit one kind of lanes, each in the form that makes it shortest. The
 * doubles lie in the stage, and come back bit for bit.
 */
import { kernelViews } from '../../kernels/memory.ts';
import type { BlockStage, StagedBytes } from './block-stage.ts';
import type { BytesWriter } from './bytes-io.ts';
import { DamagedBlock } from './damaged-block.ts';
import { readDistinct, writeDistinct } from './distinct-doubles.ts';
import { PIECE_ROWS, VECTOR_ROWS } from './row-source.ts';
import { chooseSplit, readSplit, writeSplit } from './split-doubles.ts';
import { readWhole, writeWhole } from './whole-doubles.ts';

const RAW = 0;
const WHOLE = 1;
const DISTINCT = 2;
const SPLIT = 3;

export function writeDoubles(writer: BytesWriter, stage: BlockStage, rows: number): void {
  let split: number | undefined;
  for (let start = 0; start < rows; start += VECTOR_ROWS) {
    const count = Math.min(VECTOR_ROWS, rows - start);
    const source = stage.doubles + start * 8;
    let kind = RAW;
    let best: Uint8Array = kernelViews().u8.subarray(source, source + count * 8);
    const consider = (candidate: number, bytes: Uint8Array | undefined): void => {
      if (bytes === undefined || bytes.length >= best.length) return;
      kind = candidate;
      best = bytes;
    };
    const whole = writeWhole(stage, source, count);
    consider(WHOLE, whole);
    if (whole === undefined) {
      consider(DISTINCT, writeDistinct(stage, source, count));
      split ??= chooseSplit(stage, rows);
      consider(SPLIT, writeSplit(stage, source, count, split));
    }
    writer.u8(kind);
    writer.bytes(best);
  }
}

/** Decodes the vectors to the stage's doubles. */
export function readDoubles(staged: StagedBytes, rows: number): void {
  const { reader, stage } = staged;
  if (rows > PIECE_ROWS) throw new DamagedBlock('too many rows');
  for (let start = 0; start < rows; start += VECTOR_ROWS) {
    const count = Math.min(VECTOR_ROWS, rows - start);
    const target = stage.doubles + start * 8;
    const kind = reader.u8();
    if (kind === RAW) kernelViews().u8.set(reader.bytes(count * 8), target);
    else if (kind === WHOLE) readWhole(staged, target, count);
    else if (kind === DISTINCT) readDistinct(staged, target, count);
    else if (kind === SPLIT) readSplit(staged, target, count);
    else throw new DamagedBlock('unknown form of vector');
  }
}
