/** Vectors of lanes as symbols: offsets from a base, or deltas around their middle, in one byte each. */
import { kernelViews } from '../../kernels/memory.ts';
import type { BytesWriter } from './bytes-io.ts';
import type { LaneBits } from '../../vector/lanes.ts';

const OFFSET_SYMBOLS = 6;
const DELTA_SYMBOLS = 7;
/** The symbol of a delta like the middle one: those of all vectors are then alike. */
const MIDDLE = 128;
const SAMPLES = 31;

export interface SymbolPlan {
  readonly symbols: Uint8Array;
  readonly histogram: Uint32Array;
  /** Bytes beside the symbols. */
  readonly headerBytes: number;
  /** Undefined for offsets. */
  readonly first: number | undefined;
  /** The base of offsets, the step of deltas. */
  readonly step: number;
  /** Positions of the numbers that are no symbols, and these numbers. */
  readonly positions: readonly number[];
  readonly numbers: readonly number[];
}

/** The shorter of both by its own entropy; undefined where neither saves anything. */
export function planSymbols(
  source: number,
  bits: LaneBits,
  count: number,
  plainBytes: number,
): SymbolPlan | undefined {
  const views = kernelViews();
  const all = bits === 8 ? views.u8 : bits === 16 ? views.u16 : views.u32;
  const at = source / (bits >>> 3);
  const lanes = all.subarray(at, at + count);
  let best: SymbolPlan | undefined;
  let least = plainBytes;
  for (const plan of [offsetPlan(lanes, bits), deltaPlan(lanes, bits)]) {
    if (plan === undefined) continue;
    const bytes = plan.headerBytes + entropyBytes(plan.histogram, count);
    if (bytes >= least) continue;
    best = plan;
    least = bytes;
  }
  return best;
}

type LaneArray = Uint8Array | Uint16Array | Uint32Array;

function offsetPlan(lanes: LaneArray, bits: LaneBits): SymbolPlan | undefined {
  let base = 0;
  if (bits > 8) {
    let highest = 0;
    base = lanes[0];
    for (let i = 0; i < lanes.length; i++) {
      if (lanes[i] < base) base = lanes[i];
      if (lanes[i] > highest) highest = lanes[i];
    }
    if (highest - base > 0xff) return undefined;
  }
  const symbols = new Uint8Array(lanes.length);
  for (let i = 0; i < lanes.length; i++) symbols[i] = lanes[i] - base;
  return {
    symbols,
    histogram: countSymbols(symbols),
    headerBytes: 3 + (bits >>> 3),
    first: undefined,
    step: base,
    positions: [],
    numbers: [],
  };
}

function deltaPlan(lanes: LaneArray, bits: LaneBits): SymbolPlan | undefined {
  const limit = 2 ** bits;
  const step = (medianDelta(lanes) - MIDDLE + 2 * limit) % limit;
  const symbols = new Uint8Array(lanes.length).fill(MIDDLE);
  const positions: number[] = [];
  const numbers: number[] = [];
  for (let i = 1; i < lanes.length; i++) {
    const number = (lanes[i] - lanes[i - 1] - step + 2 * limit) % limit;
    if (number <= 0xff) symbols[i] = number;
    else {
      positions.push(i);
      numbers.push(number);
    }
  }
  if (positions.length * 4 > lanes.length) return undefined;
  const headerBytes = 3 + (bits >>> 3) * 2 + positions.length * (2 + (bits >>> 3));
  const histogram = countSymbols(symbols);
  // The first number is a symbol, too: `first` stands before it.
  const first = (lanes[0] - MIDDLE + limit) % limit;
  return { symbols, histogram, headerBytes, first, step, positions, numbers };
}

function medianDelta(lanes: LaneArray): number {
  const stride = Math.max(1, Math.floor((lanes.length - 1) / SAMPLES));
  const deltas: number[] = [];
  for (let i = 1; i < lanes.length; i += stride) deltas.push(lanes[i] - lanes[i - 1]);
  deltas.sort((a, b) => a - b);
  return deltas[deltas.length >>> 1] ?? 0;
}

function countSymbols(symbols: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = 0; i < symbols.length; i++) counts[symbols[i]]++;
  return counts;
}

function entropyBytes(counts: Uint32Array, total: number): number {
  let bits = 0;
  for (const count of counts) if (count > 0) bits += count * Math.log2(total / count);
  return bits / 8;
}

/** Writes the vector but for its symbols. */
export function writeSymbolHeader(writer: BytesWriter, bits: LaneBits, plan: SymbolPlan): void {
  const lane = (value: number): void => {
    if (bits === 8) writer.u8(value);
    else if (bits === 16) writer.u16(value);
    else writer.u32(value);
  };
  writer.u8(plan.first === undefined ? OFFSET_SYMBOLS : DELTA_SYMBOLS);
  writer.u16(plan.positions.length);
  if (plan.first !== undefined) lane(plan.first);
  lane(plan.step);
  for (const position of plan.positions) writer.u16(position);
  for (const number of plan.numbers) lane(number);
}
