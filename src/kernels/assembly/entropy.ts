/**
 * Symbols of one byte in as many bits as their frequencies call for: rANS with four interleaved states.
 * Frequencies add up to 4,096. A state is a u32 of at least 2^16; below that it takes in the next u16.
 */

const TOTAL: u32 = 4096;
const LOW: u32 = 65536;
const STATES = 4;

/**
 * Makes the decoder's table from `count` entries of symbol u8 and frequency u16. 0 where the frequencies
 * do not add up. The table takes 16 KB.
 */
export function symbolTable(src: usize, count: i32, table: usize): i32 {
  let start: u32 = 0;
  for (let i = 0; i < count; i++) {
    const symbol: u32 = load<u8>(src);
    const frequency: u32 = load<u16>(src, 1);
    src += 3;
    if (frequency === 0 || start + frequency > TOTAL) return 0;
    for (let slot: u32 = 0; slot < frequency; slot++) {
      const entry = symbol | ((frequency - 1) << 8) | (slot << 20);
      store<u32>(table + ((start + slot) << 2), entry);
    }
    start += frequency;
  }
  return i32(start === TOTAL);
}

// @ts-ignore: decorator
@inline
function next(state: u32, entry: u32): u32 {
  return (((entry >> 8) & 0xfff) + 1) * (state >> 12) + (entry >> 20);
}

// @ts-ignore: decorator
@inline
function entryOf(state: u32, table: usize): u32 {
  return load<u32>(table + ((state & (TOTAL - 1)) << 2));
}

/** Decodes exactly `count` symbols; returns the bytes of [src, end) that were read, -1 for damage. */
export function decodeSymbols(
  src: usize,
  end: usize,
  dst: usize,
  count: i32,
  table: usize,
): i32 {
  const start = src;
  if (end - src < 4 * STATES) return -1;
  let a = load<u32>(src);
  let b = load<u32>(src, 4);
  let c = load<u32>(src, 8);
  let d = load<u32>(src, 12);
  src += 4 * STATES;
  let i = 0;
  // Four symbols take at most eight bytes: up to there nothing need be checked.
  for (; i <= count - STATES && end - src >= 2 * STATES; i += STATES) {
    let entry = entryOf(a, table);
    store<u8>(dst, <u8>entry);
    a = next(a, entry);
    let short = a < LOW;
    a = short ? (a << 16) | <u32>load<u16>(src) : a;
    src += <usize>short << 1;
    entry = entryOf(b, table);
    store<u8>(dst, <u8>entry, 1);
    b = next(b, entry);
    short = b < LOW;
    b = short ? (b << 16) | <u32>load<u16>(src) : b;
    src += <usize>short << 1;
    entry = entryOf(c, table);
    store<u8>(dst, <u8>entry, 2);
    c = next(c, entry);
    short = c < LOW;
    c = short ? (c << 16) | <u32>load<u16>(src) : c;
    src += <usize>short << 1;
    entry = entryOf(d, table);
    store<u8>(dst, <u8>entry, 3);
    d = next(d, entry);
    short = d < LOW;
    d = short ? (d << 16) | <u32>load<u16>(src) : d;
    src += <usize>short << 1;
    dst += STATES;
  }
  for (; i < count; i++) {
    const entry = entryOf(a, table);
    store<u8>(dst++, <u8>entry);
    a = next(a, entry);
    if (a < LOW) {
      if (end - src < 2) return -1;
      a = (a << 16) | <u32>load<u16>(src);
      src += 2;
    }
    const turned = a;
    a = b;
    b = c;
    c = d;
    d = turned;
  }
  // Every encoder begins with the lowest states, so a decoder must end with them.
  if (((a ^ LOW) | (b ^ LOW) | (c ^ LOW) | (d ^ LOW)) !== 0) return -1;
  return <i32>(src - start);
}

/**
 * Encodes symbols backwards, so that the bytes end at `end`; returns where they begin. `table` has for each
 * symbol its frequency, and from bit 16 on the sum of those before it. At most two bytes a symbol and 16.
 */
export function encodeSymbols(src: usize, count: i32, end: usize, table: usize, work: usize): usize {
  for (let state = 0; state < STATES; state++) store<u32>(work + (state << 2), LOW);
  for (let i = count - 1; i >= 0; i--) {
    const entry = load<u32>(table + ((<usize>load<u8>(src + i)) << 2));
    const frequency = entry & 0xffff;
    const at = work + ((i & (STATES - 1)) << 2);
    let state = load<u32>(at);
    if (<u64>state >= <u64>frequency << 20) {
      end -= 2;
      store<u16>(end, <u16>state);
      state >>= 16;
    }
    const whole = state / frequency;
    store<u32>(at, (whole << 12) + (state - whole * frequency) + (entry >> 16));
  }
  end -= 4 * STATES;
  for (let state = 0; state < STATES; state++) {
    store<u32>(end + (state << 2), load<u32>(work + (state << 2)));
  }
  return end;
}
