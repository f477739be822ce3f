/** Bitmaps to and from bytes of 0 and 1; the lowest bit comes first. */

/** Spreads `count` bits over as many bytes. */
export function expandBits(src: usize, dst: usize, count: i32): void {
  const bits = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const one = i8x16.splat(1);
  let i = 0;
  for (; i <= count - 16; i += 16) {
    const two = v128.load16_splat(src);
    const spread = i8x16.shuffle(two, two, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    v128.store(dst, v128.and(i8x16.eq(v128.and(spread, bits), bits), one));
    src += 2;
    dst += 16;
  }
  for (let bit = 0; i < count; i++, bit++) {
    store<u8>(dst++, (load<u8>(src + (bit >> 3)) >> <u8>(bit & 7)) & 1);
  }
}

/** Gathers `count` bytes of 0 and 1 into bits; what is left of the last byte is 0. */
export function collectBits(src: usize, dst: usize, count: i32): void {
  const zero = i8x16.splat(0);
  let i = 0;
  for (; i <= count - 16; i += 16) {
    store<u16>(dst, <u16>i8x16.bitmask(i8x16.ne(v128.load(src), zero)));
    src += 16;
    dst += 2;
  }
  for (; i < count; i += 8) {
    let byte = 0;
    for (let bit = 0; bit < min(8, count - i); bit++) byte |= i32(load<u8>(src++) !== 0) << bit;
    store<u8>(dst++, <u8>byte);
  }
}
