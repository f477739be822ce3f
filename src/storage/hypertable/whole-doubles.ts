/**
 * A vector of numbers that become whole with some decimal places, but for a few exceptions: NaNs, -0,
 * numbers with more places. Whole numbers less than 2^32 apart are lanes; others are written in two parts
 * or as deltas, whichever is shorter.
 */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import { readLanes, writeLanes, type BlockStage, type StagedBytes } from './block-stage.ts';
import { BytesWriter } from './bytes-io.ts';
import { DamagedBlock } from './damaged-block.ts';
import { isWholeAt, PLACES_MAX, POWERS } from './narrow.ts';
import { readDeltas, readParts, writeDeltas, writeParts } from './wide-numbers.ts';

const LANES = 0;
const PARTS = 1;
const DELTAS = 2;

const SAMPLES = 32;
/** Bytes a number up to which deltas are taken as they are: parts take more but rarely. */
const SHORT_BYTES = 4.5;
/** Where the bounds and the exceptions' positions lie in the stage's small part. */
const POSITIONS = 64;

/** The vector's bytes; undefined where more than a quarter are exceptions. */
export function writeWhole(
  stage: BlockStage,
  source: number,
  count: number,
): Uint8Array | undefined {
  const places = mostPlaces(source, count);
  if (places === undefined) return undefined;
  const { scaled, small } = stage;
  const positions = small + POSITIONS;
  const exceptions = kernels.scaleMost(source, scaled, count, POWERS[places], positions, small);
  if (exceptions * 4 > count) return undefined;
  const { f64, u16, u8 } = kernelViews();
  const writer = new BytesWriter(512 + exceptions * 10);
  writer.u8(places);
  writer.u16(exceptions);
  for (let e = 0; e < exceptions; e++) {
    const position = u16[positions / 2 + e];
    writer.u16(position);
    // As bytes: an arithmetic register may change the payload of a NaN.
    writer.bytes(u8.subarray(source + position * 8, source + position * 8 + 8));
  }
  const base = f64[small / 8];
  const range = f64[small / 8 + 1] - base;
  if (range <= 0xffffffff) {
    writer.u8(LANES);
    writer.f64(base);
    kernels.narrowU32(scaled, stage.lanes, count, base, 1);
    writeLanes(writer, stage, 32, count, stage.lanes);
    return writer.finish();
  }
  if (range > 2 ** 53) return undefined;
  const deltas = writeDeltas(stage, count);
  const areShort = deltas !== undefined && deltas.length <= count * SHORT_BYTES;
  const parts = areShort ? undefined : writeParts(stage, count, base);
  const areDeltas = deltas !== undefined && deltas.length < (parts?.length ?? Infinity);
  writer.u8(areDeltas ? DELTAS : PARTS);
  writer.bytes(areDeltas ? deltas : (parts as Uint8Array));
  return writer.finish();
}

/** Decimal places under which most sampled values are whole. */
function mostPlaces(source: number, count: number): number | undefined {
  const { f64 } = kernelViews();
  const first = source / 8;
  const step = Math.max(1, Math.floor(count / SAMPLES));
  let needed = 0;
  let misses = 0;
  let samples = 0;
  for (let i = 0; i < count; i += step) {
    samples++;
    let places = needed;
    while (places <= PLACES_MAX && !isWholeAt(f64[first + i], places)) places++;
    if (places > PLACES_MAX) misses++;
    else needed = places;
  }
  return misses * 3 > samples ? undefined : needed;
}

export function readWhole(staged: StagedBytes, target: number, count: number): void {
  const { reader, stage } = staged;
  const places = reader.u8();
  if (places > PLACES_MAX) throw new DamagedBlock('too many decimal places');
  const exceptions = reader.u16();
  const listed = reader.bytes(exceptions * 10);
  const form = reader.u8();
  if (form === LANES) {
    const base = reader.f64();
    readLanes(staged, 32, count, stage.lanes);
    kernels.widenU32(stage.lanes, target, count, base, 1, POWERS[places]);
  } else {
    if (form === PARTS) readParts(staged, target, count);
    else if (form === DELTAS) readDeltas(staged, target, count);
    else throw new DamagedBlock('unknown form of whole numbers');
    const { f64 } = kernelViews();
    const power = POWERS[places];
    if (places > 0) for (let i = target / 8, end = i + count; i < end; i++) f64[i] /= power;
  }
  const { u8 } = kernelViews();
  for (let at = 0; at < listed.length; at += 10) {
    const position = listed[at] | (listed[at + 1] << 8);
    if (position >= count) throw new DamagedBlock('exception outside its vector');
    u8.set(listed.subarray(at + 2, at + 10), target + position * 8);
  }
}
