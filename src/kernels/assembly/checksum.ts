/** CRC-32C, sixteen bytes a step, by tables that the caller keeps (checksum.ts says how they are made). */

// @ts-ignore: decorator
@inline
function byte(tables: usize, table: usize, word: u64, index: u64): u32 {
  return load<u32>(tables + (table << 10) + ((((word >> (index << 3)) & 0xff) as usize) << 2));
}

/** What `crc`, not inverted, becomes by `length` bytes. */
export function checksum(tables: usize, at: usize, length: i32, crc: u32): u32 {
  for (; length >= 16; length -= 16, at += 16) {
    const a = load<u64>(at) ^ (crc as u64);
    const b = load<u64>(at, 8);
    crc =
      byte(tables, 15, a, 0) ^
      byte(tables, 14, a, 1) ^
      byte(tables, 13, a, 2) ^
      byte(tables, 12, a, 3) ^
      byte(tables, 11, a, 4) ^
      byte(tables, 10, a, 5) ^
      byte(tables, 9, a, 6) ^
      byte(tables, 8, a, 7) ^
      byte(tables, 7, b, 0) ^
      byte(tables, 6, b, 1) ^
      byte(tables, 5, b, 2) ^
      byte(tables, 4, b, 3) ^
      byte(tables, 3, b, 4) ^
      byte(tables, 2, b, 5) ^
      byte(tables, 1, b, 6) ^
      byte(tables, 0, b, 7);
  }
  for (; length > 0; length--, at++) {
    crc = (crc >>> 8) ^ load<u32>(tables + (((crc ^ load<u8>(at)) & 0xff) << 2));
  }
  return crc;
}
