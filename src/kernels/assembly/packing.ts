/**
 * Bit packing in groups of 128 numbers, `width` bits each, 16 * width bytes a group. A group is laid out
 * over lanes of 8, 16 or 32 bits, the narrowest that hold the width: number i lies in lane i % L of row
 * i / L, where L lanes make 128 bits. The rows' bits follow each other inside each lane, lowest first, so
 * that shifts of whole registers unpack L numbers at once.
 */

/** Bytes that `count` numbers take, packed. */
// @ts-ignore: decorator
@inline
export function packedBytes(count: i32, width: i32): i32 {
  return ((count + 127) >> 7) * (width << 4);
}

/** A mask of so many bits, at most 31. */
// @ts-ignore: decorator
@inline
function ones(bits: i32): i32 {
  return (1 << bits) - 1;
}

/** Row `r` of a group over lanes of 8 bits. The width is a constant wherever this is inlined. */
// @ts-ignore: decorator
@inline
function row8(src: usize, dst: usize, width: i32, r: i32): void {
  const shift = (r * width) & 7;
  const at = src + <usize>(((r * width) >> 3) << 4);
  const rest = 8 - shift;
  let value = v128.load(at);
  if (shift !== 0) value = i16x8.shr_u(value, shift);
  if (width > rest) {
    // The shift of 16 bits has mixed in the neighbour's: the masks take it away.
    const low = v128.and(value, i8x16.splat(<i8>ones(rest)));
    const next = i16x8.shl(v128.load(at, 16), rest);
    const high = v128.and(next, i8x16.splat(<i8>(ones(width) & ~ones(rest))));
    value = v128.or(low, high);
  } else if (width < 8) value = v128.and(value, i8x16.splat(<i8>ones(width)));
  v128.store(dst + <usize>(r << 4), value);
}

// @ts-ignore: decorator
@inline
function groups8(src: usize, dst: usize, groups: i32, width: i32): void {
  for (; groups > 0; groups--) {
    row8(src, dst, width, 0);
    row8(src, dst, width, 1);
    row8(src, dst, width, 2);
    row8(src, dst, width, 3);
    row8(src, dst, width, 4);
    row8(src, dst, width, 5);
    row8(src, dst, width, 6);
    row8(src, dst, width, 7);
    src += <usize>(width << 4);
    dst += 128;
  }
}

/** Unpacks widths of 1 to 8 to bytes. */
function unpack8(src: usize, dst: usize, groups: i32, width: i32): void {
  if (width === 1) groups8(src, dst, groups, 1);
  else if (width === 2) groups8(src, dst, groups, 2);
  else if (width === 3) groups8(src, dst, groups, 3);
  else if (width === 4) groups8(src, dst, groups, 4);
  else if (width === 5) groups8(src, dst, groups, 5);
  else if (width === 6) groups8(src, dst, groups, 6);
  else if (width === 7) groups8(src, dst, groups, 7);
  else groups8(src, dst, groups, 8);
}

// @ts-ignore: decorator
@inline
function row16(src: usize, dst: usize, width: i32, r: i32): void {
  const shift = (r * width) & 15;
  const at = src + <usize>(((r * width) >> 4) << 4);
  const rest = 16 - shift;
  let value = v128.load(at);
  if (shift !== 0) value = i16x8.shr_u(value, shift);
  if (width > rest) value = v128.or(value, i16x8.shl(v128.load(at, 16), rest));
  if (width !== rest) value = v128.and(value, i16x8.splat(<i16>ones(width)));
  v128.store(dst + <usize>(r << 4), value);
}

// @ts-ignore: decorator
@inline
function groups16(src: usize, dst: usize, groups: i32, width: i32): void {
  for (; groups > 0; groups--) {
    row16(src, dst, width, 0);
    row16(src, dst, width, 1);
    row16(src, dst, width, 2);
    row16(src, dst, width, 3);
    row16(src, dst, width, 4);
    row16(src, dst, width, 5);
    row16(src, dst, width, 6);
    row16(src, dst, width, 7);
    row16(src, dst, width, 8);
    row16(src, dst, width, 9);
    row16(src, dst, width, 10);
    row16(src, dst, width, 11);
    row16(src, dst, width, 12);
    row16(src, dst, width, 13);
    row16(src, dst, width, 14);
    row16(src, dst, width, 15);
    src += <usize>(width << 4);
    dst += 256;
  }
}

/** Unpacks widths of 9 to 16 to 16 bits each. */
function unpack16(src: usize, dst: usize, groups: i32, width: i32): void {
  if (width === 9) groups16(src, dst, groups, 9);
  else if (width === 10) groups16(src, dst, groups, 10);
  else if (width === 11) groups16(src, dst, groups, 11);
  else if (width === 12) groups16(src, dst, groups, 12);
  else if (width === 13) groups16(src, dst, groups, 13);
  else if (width === 14) groups16(src, dst, groups, 14);
  else if (width === 15) groups16(src, dst, groups, 15);
  else groups16(src, dst, groups, 16);
}

/** Unpacks widths of 17 to 32 to 32 bits each. They are rarer: one loop with shifts that vary. */
function unpack32(src: usize, dst: usize, groups: i32, width: i32): void {
  const mask = i32x4.splat(width === 32 ? -1 : ones(width));
  for (; groups > 0; groups--) {
    let at = src;
    let shift = 0;
    for (let r = 0; r < 32; r++) {
      let value = i32x4.shr_u(v128.load(at), shift);
      const rest = 32 - shift;
      if (width > rest) value = v128.or(value, i32x4.shl(v128.load(at, 16), rest));
      v128.store(dst, v128.and(value, mask));
      dst += 16;
      shift += width;
      at += <usize>((shift >> 5) << 4);
      shift &= 31;
    }
    src += <usize>(width << 4);
  }
}

/** Bytes of the lanes that numbers of this width unpack to. */
// @ts-ignore: decorator
@inline
export function unpackedSize(width: i32): i32 {
  return width <= 8 ? 1 : width <= 16 ? 2 : 4;
}

/**
 * Unpacks `count` numbers, rounded up to whole groups, to lanes of unpackedSize(width) bytes. The width is
 * at most 32; at 0 all are 0.
 */
export function unpack(src: usize, dst: usize, count: i32, width: i32): void {
  const groups = (count + 127) >> 7;
  if (width === 0) memory.fill(dst, 0, <usize>(groups << 7));
  else if (width <= 8) unpack8(src, dst, groups, width);
  else if (width <= 16) unpack16(src, dst, groups, width);
  else unpack32(src, dst, groups, width);
}

// @ts-ignore: decorator
@inline
function packGroups<T>(src: usize, dst: usize, groups: i32, width: i32): void {
  const laneBits: i32 = sizeof<T>() << 3;
  const mask = v128.splat<T>(<T>(((<u64>1) << width) - 1));
  for (; groups > 0; groups--) {
    let word = i32x4.splat(0);
    let shift = 0;
    for (let r = 0; r < laneBits; r++) {
      const value = v128.and(v128.load(src), mask);
      src += 16;
      word = v128.or(word, v128.shl<T>(value, shift));
      shift += width;
      if (shift < laneBits) continue;
      v128.store(dst, word);
      dst += 16;
      shift -= laneBits;
      word = shift === 0 ? i32x4.splat(0) : v128.shr<T>(value, width - shift);
    }
  }
}

/**
 * Packs `count` numbers that lie in lanes of unpackedSize(width) bytes; those between `count` and a whole
 * number of groups are packed, too. Bits above the width are left out.
 */
export function pack(src: usize, dst: usize, count: i32, width: i32): void {
  const groups = (count + 127) >> 7;
  if (width === 0) return;
  if (width <= 8) packGroups<u8>(src, dst, groups, width);
  else if (width <= 16) packGroups<u16>(src, dst, groups, width);
  else packGroups<u32>(src, dst, groups, width);
}
