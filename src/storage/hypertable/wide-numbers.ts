/** Whole numbers more than 2^32 apart: in two parts of 32 bits, or as deltas. They lie in stage.scaled. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import { readLanes, writeLanes, type BlockStage, type StagedBytes } from './block-stage.ts';
import { BytesWriter } from './bytes-io.ts';
import { DamagedBlock } from './damaged-block.ts';

const UNIT = 2 ** 32;
const HALF = 2 ** 31;
const SAMPLES = 15;
/** Position and delta. */
const EXCEPTION_BYTES = 10;

/** Distances from the base: the low 32 bits as lanes, then the high ones. */
export function writeParts(stage: BlockStage, count: number, base: number): Uint8Array {
  const { f64, u32 } = kernelViews();
  const numbers = stage.scaled / 8;
  for (let i = 0; i < count; i++) {
    const distance = f64[numbers + i] - base;
    const high = Math.floor(distance / UNIT);
    u32[stage.lanes / 4 + i] = distance - high * UNIT;
    u32[stage.moreLanes / 4 + i] = high;
  }
  const writer = new BytesWriter(16 + count * 8);
  writer.f64(base);
  writeLanes(writer, stage, 32, count, stage.lanes);
  writeLanes(writer, stage, 32, count, stage.moreLanes);
  return writer.finish();
}

export function readParts(staged: StagedBytes, target: number, count: number): void {
  const { reader, stage } = staged;
  const base = reader.f64();
  readLanes(staged, 32, count, stage.lanes);
  readLanes(staged, 32, count, stage.moreLanes);
  kernels.joinParts(stage.lanes, stage.moreLanes, target, count, base);
}

/**
 * The first number, then the distance of each delta from a least one as lanes. Deltas that are too far off
 * are listed. Undefined where a delta is not exact.
 */
export function writeDeltas(stage: BlockStage, count: number): Uint8Array | undefined {
  const { f64, u32 } = kernelViews();
  const numbers = stage.scaled / 8;
  const least = medianDelta(f64, numbers, count) - HALF;
  const positions: number[] = [];
  u32[stage.lanes / 4] = HALF;
  for (let i = 1; i < count; i++) {
    const before = f64[numbers + i - 1];
    const delta = f64[numbers + i] - before;
    if (before + delta !== f64[numbers + i] || Math.abs(delta) > 2 ** 53) return undefined;
    const distance = delta - least;
    const isNear = distance >= 0 && distance < UNIT;
    u32[stage.lanes / 4 + i] = isNear ? distance : HALF;
    if (!isNear) positions.push(i);
  }
  const writer = new BytesWriter(64 + count * 4 + positions.length * 10);
  writer.f64(f64[numbers]);
  writer.f64(least);
  writer.u16(positions.length);
  for (const i of positions) {
    writer.u16(i);
    writer.f64(f64[numbers + i] - f64[numbers + i - 1]);
  }
  writeLanes(writer, stage, 32, count, stage.lanes);
  return writer.finish();
}

function medianDelta(f64: Float64Array, numbers: number, count: number): number {
  const step = Math.max(1, Math.floor((count - 1) / SAMPLES));
  const deltas: number[] = [];
  for (let i = 1; i < count; i += step) deltas.push(f64[numbers + i] - f64[numbers + i - 1]);
  deltas.sort((a, b) => a - b);
  return deltas[deltas.length >>> 1] ?? 0;
}

export function readDeltas(staged: StagedBytes, target: number, count: number): void {
  const { reader, stage } = staged;
  const first = reader.f64();
  const least = reader.f64();
  const listed = reader.u16();
  const exceptions = reader.offset;
  reader.skip(listed * EXCEPTION_BYTES);
  readLanes(staged, 32, count, stage.lanes);
  const { f64, u8 } = kernelViews();
  const at = target / 8;
  f64[at] = first;
  let value = first;
  let row = 1;
  const view = new DataView(u8.buffer, stage.bytes + exceptions, listed * EXCEPTION_BYTES);
  for (let e = 0; e <= listed; e++) {
    const stop = e < listed ? view.getUint16(e * EXCEPTION_BYTES, true) : count;
    if (stop < row || stop > count - Number(e < listed)) {
      throw new DamagedBlock('exceptions are not in order');
    }
    const lanes = stage.lanes + row * 4;
    value = kernels.addWideDeltas(lanes, target + row * 8, stop - row, value, least);
    if (e === listed) break;
    value += view.getFloat64(e * EXCEPTION_BYTES + 2, true);
    f64[at + stop] = value;
    row = stop + 1;
  }
}
