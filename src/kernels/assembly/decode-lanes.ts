/**
 * Decodes a sequence of vectors of up to 1,024 lanes each (docs/format/segment.md). The bytes come from
 * disk: every length in them is checked before it is used, and damage answers -1.
 */
import { addBase, addDeltas, extend } from './emit-lanes';
import {
  CONSTANT,
  DELTA_SYMBOLS,
  DELTAS,
  DICTIONARY,
  OFFSETS,
  PLAIN,
  RUNS,
} from './lane-schemes';
import { packedBytes, unpack, unpackedSize } from './packing';

const VECTOR = 1024;
const DAMAGED = -1;

/** Bytes that a decoder takes of `work`: unpacked numbers twice, the second time in the lanes' width. */
const WORK_HALF = 4096;

/**
 * Decodes `rows` lanes to `dst`, of exactly that size. `symbols` are what the entropy stage has decoded.
 * Returns how many bytes of [src, end) were read.
 */
// @ts-ignore: decorator
@inline
function decode<T>(
  src: usize,
  end: usize,
  dst: usize,
  rows: i32,
  symbols: usize,
  symbolsEnd: usize,
  work: usize,
): i32 {
  const start = src;
  for (; rows > 0; rows -= VECTOR) {
    const count = min(rows, VECTOR);
    if (src >= end) return DAMAGED;
    const scheme = load<u8>(src++);
    let used = DAMAGED;
    if (scheme === CONSTANT) used = constant<T>(src, end, dst, count);
    else if (scheme === RUNS) used = runs<T>(src, end, dst, count);
    else if (scheme === PLAIN) used = plain<T>(src, end, dst, count);
    else if (scheme === OFFSETS) used = numbers<T>(src, end, dst, count, false, 0, work);
    else if (scheme === DELTAS) used = numbers<T>(src, end, dst, count, true, 0, work);
    else if (scheme === DICTIONARY) used = dictionary<T>(src, end, dst, count, work);
    else if (scheme <= DELTA_SYMBOLS) {
      if (<i32>(symbolsEnd - symbols) < count) return DAMAGED;
      used = numbers<T>(src, end, dst, count, scheme === DELTA_SYMBOLS, symbols, work);
      symbols += count;
    }
    if (used < 0) return DAMAGED;
    src += used;
    dst += count * sizeof<T>();
  }
  return <i32>(src - start);
}

function constant<T>(src: usize, end: usize, dst: usize, count: i32): i32 {
  if (end - src < sizeof<T>()) return DAMAGED;
  fill<T>(dst, dst + count * sizeof<T>(), load<T>(src));
  return sizeof<T>();
}

function fill<T>(from: usize, to: usize, value: T): void {
  if (sizeof<T>() === 1) {
    memory.fill(from, <u8>value, to - from);
    return;
  }
  const values = v128.splat<T>(value);
  for (; from + 16 <= to; from += 16) v128.store(from, values);
  for (; from < to; from += sizeof<T>()) store<T>(from, value);
}

/** Number of runs u16, their lanes, their lengths u16. */
function runs<T>(src: usize, end: usize, dst: usize, count: i32): i32 {
  if (end - src < 2) return DAMAGED;
  const n: i32 = load<u16>(src);
  const bytes = 2 + n * (<i32>sizeof<T>() + 2);
  if (<i32>(end - src) < bytes) return DAMAGED;
  const lengths = src + 2 + n * sizeof<T>();
  for (let i = 0; i < n; i++) {
    const length: i32 = load<u16>(lengths + (i << 1));
    if (length > count) return DAMAGED;
    const to = dst + length * sizeof<T>();
    fill<T>(dst, to, load<T>(src + 2 + i * sizeof<T>()));
    dst = to;
    count -= length;
  }
  return count === 0 ? bytes : DAMAGED;
}

function plain<T>(src: usize, end: usize, dst: usize, count: i32): i32 {
  const bytes = count * <i32>sizeof<T>();
  if (<i32>(end - src) < bytes) return DAMAGED;
  memory.copy(dst, src, bytes);
  return bytes;
}

/**
 * Exceptions u16; with deltas the first lane and the step, else the base; the exceptions' positions u16 and
 * their lanes. Packed numbers have their width u8 in front and follow; symbols were decoded before.
 */
function numbers<T>(
  src: usize,
  end: usize,
  dst: usize,
  count: i32,
  deltas: bool,
  symbols: usize,
  work: usize,
): i32 {
  const start = src;
  const fixed: i32 = (symbols === 0 ? 3 : 2) + (deltas ? 2 : 1) * <i32>sizeof<T>();
  if (<i32>(end - src) < fixed) return DAMAGED;
  let width = 8;
  if (symbols === 0) width = load<u8>(src++);
  if (width > <i32>(sizeof<T>() << 3)) return DAMAGED;
  const exceptions: i32 = load<u16>(src);
  let first = load<T>(src + 2);
  src += 2 + sizeof<T>();
  let step = first;
  if (deltas) {
    step = load<T>(src);
    src += sizeof<T>();
  }
  const lanes = src + (exceptions << 1);
  const packed = lanes + exceptions * sizeof<T>();
  const bytes = symbols === 0 ? packedBytes(count, width) : 0;
  if (<i32>(end - src) < exceptions * (2 + <i32>sizeof<T>()) + bytes) return DAMAGED;
  let from = symbols;
  if (symbols === 0) {
    unpack(packed, work, count, width);
    from = work;
  }
  let size = unpackedSize(width);
  if (exceptions > 0) {
    if (!patch<T>(from, size, src, lanes, exceptions, count, work + WORK_HALF)) return DAMAGED;
    from = work + WORK_HALF;
    size = sizeof<T>();
  }
  if (deltas) first = <T>(<u32>first - <u32>step);
  emit<T>(from, size, dst, count, deltas, first, step);
  return <i32>(packed + bytes - start);
}

/** Widens the numbers to `target` and writes the exceptions among them. */
function patch<T>(
  from: usize,
  size: i32,
  positions: usize,
  lanes: usize,
  exceptions: i32,
  count: i32,
  target: usize,
): bool {
  if (size === sizeof<T>()) memory.copy(target, from, count * sizeof<T>());
  else if (size === 1) extend<u8, T>(from, target, count);
  else extend<u16, T>(from, target, count);
  for (let i = 0; i < exceptions; i++) {
    const position: i32 = load<u16>(positions + (i << 1));
    if (position >= count) return false;
    store<T>(target + position * sizeof<T>(), load<T>(lanes + i * sizeof<T>()));
  }
  return true;
}

function emit<T>(
  from: usize,
  size: i32,
  dst: usize,
  count: i32,
  deltas: bool,
  first: T,
  step: T,
): void {
  if (deltas) {
    if (size === sizeof<T>()) addDeltas<T, T>(from, dst, count, first, step);
    else if (size === 1) addDeltas<u8, T>(from, dst, count, first, step);
    else addDeltas<u16, T>(from, dst, count, first, step);
  } else if (size === sizeof<T>()) addBase<T, T>(from, dst, count, first);
  else if (size === 1) addBase<u8, T>(from, dst, count, first);
  else addBase<u16, T>(from, dst, count, first);
}

/** Number of lanes less one u8, the lanes, then packed codes in the bits that the highest needs. */
function dictionary<T>(src: usize, end: usize, dst: usize, count: i32, work: usize): i32 {
  if (src >= end) return DAMAGED;
  const highest: i32 = load<u8>(src);
  const width = 32 - clz(highest);
  const lanes = src + 1;
  const listed = (highest + 1) * <i32>sizeof<T>();
  const bytes = packedBytes(count, width);
  if (<i32>(end - lanes) < listed + bytes) return DAMAGED;
  unpack(lanes + listed, work, count, width);
  for (let i = 0; i < count; i++) {
    const code: i32 = load<u8>(work + i);
    if (code > highest) return DAMAGED;
    store<T>(dst, load<T>(lanes + code * sizeof<T>()));
    dst += sizeof<T>();
  }
  return 1 + listed + bytes;
}

export function decodeLanesU8(
  src: usize,
  end: usize,
  dst: usize,
  rows: i32,
  symbols: usize,
  symbolsEnd: usize,
  work: usize,
): i32 {
  return decode<u8>(src, end, dst, rows, symbols, symbolsEnd, work);
}

export function decodeLanesU16(
  src: usize,
  end: usize,
  dst: usize,
  rows: i32,
  symbols: usize,
  symbolsEnd: usize,
  work: usize,
): i32 {
  return decode<u16>(src, end, dst, rows, symbols, symbolsEnd, work);
}

export function decodeLanesU32(
  src: usize,
  end: usize,
  dst: usize,
  rows: i32,
  symbols: usize,
  symbolsEnd: usize,
  work: usize,
): i32 {
  return decode<u32>(src, end, dst, rows, symbols, symbolsEnd, work);
}
