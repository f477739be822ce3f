/** Whole numbers in a fixed number of bits each, in little-endian words of 32 bits. */
import type { BytesReader, BytesWriter } from './bytes-io.ts';

const words = new Uint32Array(4096);

/** Words that `length` numbers of `width` bits take: those above 32 bits are stored in two parts. */
export function wordsFor(length: number, width: number): number {
  if (width <= 32) return (length * width + 31) >>> 5;
  return length + ((length * (width - 32) + 31) >>> 5);
}

export function packBits(
  writer: BytesWriter,
  values: Float64Array,
  length: number,
  width: number,
): void {
  if (width === 0) return;
  if (width > 32) {
    packWords(writer, values, length, 32, 1);
    packWords(writer, values, length, width - 32, 0x100000000);
  } else packWords(writer, values, length, width, 1);
}

/** Packs the low `width` bits of each value divided by `unit`. */
function packWords(
  writer: BytesWriter,
  values: Float64Array,
  length: number,
  width: number,
  unit: number,
): void {
  let at = 0;
  let word = 0;
  let filled = 0;
  for (let i = 0; i < length; i++) {
    const value = unit === 1 ? values[i] >>> 0 : (values[i] / unit) >>> 0;
    word |= value << filled;
    const next = filled + width;
    if (next >= 32) {
      words[at++] = word;
      filled = next - 32;
      word = filled === 0 ? 0 : value >>> (width - filled);
    } else filled = next;
  }
  if (filled > 0) words[at++] = word;
  writer.array(words.subarray(0, at));
}

/** Unpacks `length` numbers to target[start ...]. */
export function unpackBits(
  reader: BytesReader,
  target: Float64Array,
  start: number,
  length: number,
  width: number,
): void {
  if (width === 0) {
    target.fill(0, start, start + length);
    return;
  }
  if (width > 54) throw new RangeError(`numbers of ${width} bits`);
  unpackWords(reader, target, start, length, Math.min(width, 32), 1);
  if (width > 32) unpackWords(reader, target, start, length, width - 32, 0x100000000);
}

function unpackWords(
  reader: BytesReader,
  target: Float64Array,
  start: number,
  length: number,
  width: number,
  unit: number,
): void {
  const count = (length * width + 31) >>> 5;
  const packed = reader.u32s(count);
  if (width < 32 && unit === 1) {
    unpackNarrow(packed, target, start, length, width);
    return;
  }
  const mask = width === 32 ? 0xffffffff : (1 << width) - 1;
  let bit = 0;
  const end = start + length;
  for (let i = start; i < end; i++) {
    const shift = bit & 31;
    const index = bit >>> 5;
    let value = packed[index] >>> shift;
    if (shift + width > 32) value |= packed[index + 1] << (32 - shift);
    value = (value & mask) >>> 0;
    if (unit === 1) target[i] = value;
    else target[i] += value * unit;
    bit += width;
  }
}

/** The common case: numbers below 2^31, which stay small integers all the way. */
function unpackNarrow(
  packed: Uint32Array,
  target: Float64Array,
  start: number,
  length: number,
  width: number,
): void {
  const mask = (1 << width) - 1;
  let at = 0;
  let word = packed[0] | 0;
  let left = 32;
  for (let i = start, end = start + length; i < end; i++) {
    if (left >= width) {
      target[i] = word & mask;
      word >>>= width;
      left -= width;
    } else {
      const next = packed[++at] | 0;
      target[i] = (word | (next << left)) & mask;
      word = next >>> (width - left);
      left += 32 - width;
    }
  }
}
