/**
 * A vector of doubles with many digits (ALP-RD): their bits are cut in two. The left parts, sign, exponent
 * and the first digits, are few distinct ones: codes into a list of at most eight, others among the
 * exceptions. The right parts are packed without the zeros at their end, which floats of 32 bits have.
 */
import { kernelViews } from '../../kernels/memory.ts';
import { readLanes, writeLanes, type BlockStage, type StagedBytes } from './block-stage.ts';
import { BytesWriter } from './bytes-io.ts';
import { DamagedBlock } from './damaged-block.ts';

/** Bits of the right part; the left one has at most 16. */
const RIGHT_MIN = 48;
const RIGHT_MAX = 63;
const LISTED_MAX = 8;
const SAMPLES = 512;

/** By left part: how often it occurs, and its code + 1. All 0 between calls. */
const counts = new Uint16Array(65_536);
const codeOf = new Uint8Array(65_536);

/** How many bits go to the right in this block, by a sample. */
export function chooseSplit(stage: BlockStage, rows: number): number {
  const { u32 } = kernelViews();
  const step = Math.max(1, Math.floor(rows / SAMPLES));
  let lefts = new Map<number, number>();
  let samples = 0;
  for (let i = 0; i < rows; i += step, samples++) {
    const left = u32[stage.doubles / 4 + i * 2 + 1] >>> (RIGHT_MIN - 32);
    lefts.set(left, (lefts.get(left) ?? 0) + 1);
  }
  let best = RIGHT_MIN;
  let leastBits = Infinity;
  for (let right = RIGHT_MIN; right <= RIGHT_MAX; right++) {
    const common = [...lefts.values()].sort((a, b) => b - a).slice(0, LISTED_MAX);
    const listed = common.reduce((sum, n) => sum + n, 0);
    const bits = right + Math.ceil(Math.log2(common.length)) + (32 * (samples - listed)) / samples;
    if (bits < leastBits) {
      leastBits = bits;
      best = right;
    }
    const halved = new Map<number, number>();
    for (const [left, n] of lefts) halved.set(left >>> 1, (halved.get(left >>> 1) ?? 0) + n);
    lefts = halved;
  }
  return best;
}

export function writeSplit(
  stage: BlockStage,
  source: number,
  count: number,
  right: number,
): Uint8Array {
  const { u32, u8 } = kernelViews();
  const shift = right - 32;
  const mask = 2 ** shift - 1;
  const lists = commonLefts(source, count, shift);
  lists.forEach((left, code) => (codeOf[left] = code + 1));
  const zeros = commonZeros(source, count);
  const exceptions: number[] = [];
  const [codes, low, high] = [stage.symbols, stage.lanes / 4, stage.moreLanes / 4];
  for (let i = 0; i < count; i++) {
    const lower = u32[source / 4 + i * 2];
    const upper = u32[source / 4 + i * 2 + 1];
    const code = codeOf[upper >>> shift];
    if (code === 0) exceptions.push(i);
    u8[codes + i] = code === 0 ? 0 : code - 1;
    const rest = upper & mask;
    u32[low + i] = zeros === 0 ? lower : zeros === 32 ? rest : joined(lower, rest, zeros);
    u32[high + i] = zeros === 32 ? 0 : rest >>> zeros;
  }
  for (const left of lists) codeOf[left] = 0;
  const writer = new BytesWriter(64 + count * 8 + exceptions.length * 4);
  writer.u8(right);
  writer.u8(zeros);
  writer.u8(lists.length);
  for (const left of lists) writer.u16(left);
  writer.u16(exceptions.length);
  for (const i of exceptions) {
    writer.u16(i);
    writer.u16(u32[source / 4 + i * 2 + 1] >>> shift);
  }
  writeLanes(writer, stage, 8, count, codes);
  writeLanes(writer, stage, 32, count, stage.lanes);
  writeLanes(writer, stage, 32, count, stage.moreLanes);
  return writer.finish();
}

/** 64 bits moved to the right by 1 to 31: the low half. */
function joined(lower: number, upper: number, by: number): number {
  return ((lower >>> by) | (upper << (32 - by))) >>> 0;
}

/** The left parts that occur most. */
function commonLefts(source: number, count: number, shift: number): number[] {
  const { u32 } = kernelViews();
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    const left = u32[source / 4 + i * 2 + 1] >>> shift;
    if (counts[left]++ === 0) found.push(left);
  }
  found.sort((a, b) => counts[b] - counts[a] || a - b);
  for (const left of found) counts[left] = 0;
  return found.slice(0, LISTED_MAX);
}

/** Zeros at the end of all right parts: at most 32, and not more than lie in the low half alone. */
function commonZeros(source: number, count: number): number {
  const { u32 } = kernelViews();
  let any = 0;
  for (let i = 0; i < count; i++) any |= u32[source / 4 + i * 2];
  if (any === 0) return 32;
  return 31 - Math.clz32(any & -any);
}

export function readSplit(staged: StagedBytes, target: number, count: number): void {
  const { reader, stage } = staged;
  const right = reader.u8();
  const zeros = reader.u8();
  if (right < RIGHT_MIN || right > RIGHT_MAX || zeros > 32) throw new DamagedBlock('damaged split');
  const shift = right - 32;
  const mask = 2 ** shift - 1;
  const lefts = new Uint32Array(256);
  const listed = reader.u8();
  for (let code = 0; code < listed; code++) lefts[code] = reader.u16();
  const exceptions = reader.u16();
  const positions: number[] = [];
  const others: number[] = [];
  for (let e = 0; e < exceptions; e++) {
    positions.push(reader.u16());
    others.push(reader.u16());
  }
  readLanes(staged, 8, count, stage.symbols);
  readLanes(staged, 32, count, stage.lanes);
  readLanes(staged, 32, count, stage.moreLanes);
  const { u32, u8 } = kernelViews();
  const [low, high] = [stage.lanes / 4, stage.moreLanes / 4];
  for (let i = 0; i < count; i++) {
    const lower = u32[low + i];
    const upper = u32[high + i];
    const rest =
      zeros === 32
        ? lower
        : zeros === 0
          ? upper
          : ((upper << zeros) | (lower >>> (32 - zeros))) >>> 0;
    u32[target / 4 + i * 2] = zeros === 32 ? 0 : lower << zeros;
    u32[target / 4 + i * 2 + 1] = (lefts[u8[stage.symbols + i]] << shift) | (rest & mask);
  }
  for (let e = 0; e < exceptions; e++) {
    if (positions[e] >= count) throw new DamagedBlock('exception outside its vector');
    const at = target / 4 + positions[e] * 2 + 1;
    u32[at] = (others[e] << shift) | (u32[at] & mask);
  }
}
