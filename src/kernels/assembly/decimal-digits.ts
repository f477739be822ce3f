/** Decimal digits of whole numbers. All of it writes up to 16 bytes past what it answers as the end. */

/** '00' in eight bytes. */
export const ZEROS: u64 = 0x3030303030303030;

/** 10^0 to 10^19. */
export const TENS: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
  1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
  1000000000000000000, 10000000000000000000,
]);

/** The eight digits of a number below 10^8, the first in the lowest byte, without the ASCII zeros. */
// @ts-ignore: decorator
@inline
export function digits8(value: u32): u64 {
  // Lanes halve three times: 4 digits in 32 bits, 2 in 16, 1 in 8.
  const high = value / 10000;
  let lanes = <u64>high | (<u64>(value - high * 10000) << 32);
  const hundreds = ((lanes * 10486) >> 20) & 0x0000007f0000007f;
  lanes = hundreds | ((lanes - hundreds * 100) << 16);
  const tens = ((lanes * 103) >> 10) & 0x000f000f000f000f;
  return tens | ((lanes - tens * 10) << 8);
}

/** Two digits as text, the first in the low byte. The number is below 100. */
// @ts-ignore: decorator
@inline
export function pair(value: u32): u32 {
  const tens = (value * 103) >> 10;
  return 0x3030 + tens + ((value - tens * 10) << 8);
}

/** A whole number without leading zeros. */
export function putUnsigned(out: usize, value: u64): usize {
  if (value < 100_000_000) {
    const digits = digits8(<u32>value);
    // Of eight zeros the last one stays.
    const zeros = min(<usize>ctz(digits) >> 3, 7);
    store<u64>(out, (digits | ZEROS) >> (<u64>zeros << 3));
    return out + 8 - zeros;
  }
  const high = value / 100_000_000;
  const end = putUnsigned(out, high);
  store<u64>(end, digits8(<u32>(value - high * 100_000_000)) | ZEROS);
  return end + 8;
}

/** A whole number of 32 bits with its sign. */
// @ts-ignore: decorator
@inline
export function putInt32(out: usize, value: i32): usize {
  if (<u32>value < 100) {
    // Most measurements are this small.
    const two = pair(value);
    const single = <u32>(value < 10);
    store<u16>(out, <u16>(two >> (single << 3)));
    return out + 2 - single;
  }
  return putWhole(out, value);
}

/** A whole number of 64 bits with its sign. */
export function putWhole(out: usize, value: i64): usize {
  if (value >= 0) return putUnsigned(out, value);
  store<u8>(out, 45);
  return putUnsigned(out + 1, <u64>-value);
}
