/** Packed offsets and deltas: in how many bits, with what among the exceptions, and how to write them. */
import {
  bitsOf,
  countWithin,
  highest,
  least,
  lowest,
  most,
  signed,
  signedExtremes,
  subtractBase,
  subtractDeltas,
  zigzag,
} from './lane-statistics';
import { pack, packedBytes, unpackedSize } from './packing';

/** Parts of the working memory. */
const NARROW: usize = 4096;
const FOLDED: usize = 8192;
const SMALL: usize = 12_288;

/** Deltas looked at to find their centre. */
const SAMPLES = 15;

/** The plan that chooseWidth has found. */
export let planBytes: i32 = 0;
let planWidth: i32 = 0;
let planExceptions: i32 = 0;
/** The base of offsets, or the step of deltas. */
let planBase: u32 = 0;

/** Fewest bytes for numbers of which none has more than `width` bits: narrower ones have exceptions. */
function chooseWidth<T>(numbers: usize, count: i32, width: i32, header: i32): void {
  const padded = (count + 127) & ~127;
  planWidth = width;
  planExceptions = 0;
  planBytes = header + packedBytes(count, width);
  for (let narrower = width - 1; narrower >= 0; narrower--) {
    const exceptions = padded - countWithin<T>(numbers, padded, narrower);
    const listed = header + exceptions * (2 + <i32>sizeof<T>());
    if (listed >= planBytes) return;
    const bytes = listed + packedBytes(count, narrower);
    if (bytes >= planBytes) continue;
    planWidth = narrower;
    planExceptions = exceptions;
    planBytes = bytes;
  }
}

/** Plans offsets from the smallest lane; the numbers are in `work` then. */
export function planOffsets<T>(src: usize, count: i32, work: usize): void {
  subtractBase<T>(src, work, count, <T>lowest);
  planBase = lowest;
  chooseWidth<T>(work, count, bitsOf(highest - lowest), 4 + sizeof<T>());
}

/** Plans deltas around the middle of a few; the numbers are in `work` then. */
export function planDeltas<T>(src: usize, count: i32, work: usize): void {
  const padded = (count + 127) & ~127;
  const header: i32 = 4 + 2 * sizeof<T>();
  const centre = deltaCentre<T>(src, count, work + SMALL);
  subtractDeltas<T>(src, work, count, centre);
  signedExtremes<T>(work, padded, work + SMALL);
  const width = bitsOf(<u32>most - <u32>least);
  zigzag<T>(work, work + FOLDED, padded);
  chooseWidth<T>(work + FOLDED, count, width, header);
  let low = least;
  if (planExceptions > 0) low = planWidth === 0 ? 0 : -(1 << (planWidth - 1));
  planBase = <u32>centre + <u32>low;
  subtractBase<T>(work, work, count, <T>low);
  // What stands for no delta at all must not need more bits than the rest.
  store<T>(work, 0);
}

function deltaCentre<T>(src: usize, count: i32, sorted: usize): T {
  let taken = 0;
  const stride = max(1, (count - 1) / SAMPLES);
  for (let i = 1; i < count && taken < SAMPLES; i += stride) {
    const at = src + i * sizeof<T>();
    const delta = signed<T>(<T>(<u32>load<T>(at) - <u32>load<T>(at - sizeof<T>())));
    let place = sorted + (taken << 2);
    for (; place > sorted && load<i32>(place - 4) > delta; place -= 4) {
      store<i32>(place, load<i32>(place - 4));
    }
    store<i32>(place, delta);
    taken++;
  }
  return <T>load<i32>(sorted + ((taken >> 1) << 2));
}

/** Writes what was planned last, behind the scheme's byte; returns the end. */
export function writeNumbers<T>(
  dst: usize,
  count: i32,
  deltas: bool,
  first: T,
  work: usize,
): usize {
  store<u8>(dst, <u8>planWidth);
  store<u16>(dst + 1, <u16>planExceptions);
  dst += 3;
  if (deltas) {
    store<T>(dst, first);
    dst += sizeof<T>();
  }
  store<T>(dst, <T>planBase);
  dst += sizeof<T>();
  if (planExceptions > 0) dst = writeExceptions<T>(dst, count, work);
  const padded = (count + 127) & ~127;
  let numbers = work;
  if (unpackedSize(planWidth) < <i32>sizeof<T>()) {
    numbers = work + NARROW;
    narrow<T>(work, numbers, padded, unpackedSize(planWidth));
  }
  pack(numbers, dst, count, planWidth);
  return dst + packedBytes(count, planWidth);
}

/** Writes the numbers that are too wide, and puts 0 in their place. */
function writeExceptions<T>(dst: usize, count: i32, work: usize): usize {
  const lanes = dst + (planExceptions << 1);
  let found = 0;
  for (let i = 0; i < count; i++) {
    const number = load<T>(work + i * sizeof<T>());
    if (bitsOf(<u32>number) <= planWidth) continue;
    store<u16>(dst + (found << 1), <u16>i);
    store<T>(lanes + found * sizeof<T>(), number);
    store<T>(work + i * sizeof<T>(), 0);
    found++;
  }
  return lanes + planExceptions * sizeof<T>();
}

/** Numbers that fit `size` bytes, in so many each. */
function narrow<T>(from: usize, to: usize, padded: i32, size: i32): void {
  if (sizeof<T>() === 2) {
    for (let i = 0; i < padded; i += 16) {
      v128.store(to + i, i8x16.narrow_i16x8_u(v128.load(from), v128.load(from, 16)));
      from += 32;
    }
  } else if (sizeof<T>() === 4) {
    for (let i = 0; i < padded; i += 16) {
      const low = i16x8.narrow_i32x4_u(v128.load(from), v128.load(from, 16));
      const high = i16x8.narrow_i32x4_u(v128.load(from, 32), v128.load(from, 48));
      from += 64;
      if (size === 1) v128.store(to + i, i8x16.narrow_i16x8_u(low, high));
      else {
        v128.store(to + (i << 1), low);
        v128.store(to + (i << 1), high, 16);
      }
    }
  }
}
