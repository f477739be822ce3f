/**
 * Keys of a fixed width numbered 0, 1, 2 ... in order of appearance. Table (u32 each): slots, shift, pages,
 * width, count, limit, fresh, touched.
 *   slots, 8 bytes each: the key's hash u32, its number + 1 u32 (0 where the slot is free). A hash belongs
 *   to slot hash >> shift or the next free one, so that doubling the slots keeps their order.
 *   pages: addresses of stretches of PAGE_KEYS keys; the caller sees to it that there are enough.
 * Keys are `width` bytes, a multiple of 4. No key is added beyond `limit` of them.
 */

const SLOTS: usize = 0;
const SHIFT: usize = 4;
const PAGES: usize = 8;
const WIDTH: usize = 12;
const COUNT: usize = 16;
const LIMIT: usize = 20;
/** Keys added since the caller set it to 0. */
const FRESH: usize = 24;
const TOUCHED: usize = 28;

const PAGE_BITS: u32 = 12;
const PAGE_MASK: u32 = (1 << PAGE_BITS) - 1;

/** Rows whose slots and keys are fetched before the first of them is looked at. */
const AHEAD: i32 = 64;

const MIX_A: u64 = 0x9e3779b97f4a7c15;
const MIX_B: u64 = 0xd6e8feb86659fd93;

// @ts-ignore: decorator
@inline
function hashOf(at: usize, width: u32): u32 {
  let hash: u64 = 0;
  const end = at + (width & ~7);
  for (; at < end; at += 8) {
    hash = (hash ^ load<u64>(at)) * MIX_A;
    hash ^= hash >> 32;
  }
  if ((width & 4) != 0) hash = (hash ^ (load<u32>(at) as u64)) * MIX_A;
  hash = (hash ^ (hash >> 29)) * MIX_B;
  return (hash >> 32) as u32;
}

// @ts-ignore: decorator
@inline
function keyAt(pages: usize, number: u32, width: u32): usize {
  const page: usize = load<u32>(pages + ((number >> PAGE_BITS) << 2));
  return page + (number & PAGE_MASK) * width;
}

// @ts-ignore: decorator
@inline
function isSame(a: usize, b: usize, width: u32): bool {
  const end = a + (width & ~7);
  for (; a < end; a += 8, b += 8) if (load<u64>(a) != load<u64>(b)) return false;
  return (width & 4) == 0 || load<u32>(a) == load<u32>(b);
}

/** One hash a row, u32 each. */
export function hashKeys(keys: usize, width: u32, rows: i32, hashes: usize): void {
  for (let row = 0; row < rows; row++, keys += width, hashes += 4) {
    store<u32>(hashes, hashOf(keys, width));
  }
}

/**
 * Brings slots and keys of some rows near: what the processor waits for, it fetches for many rows at a time
 * here, while the loop that compares them would stop at each.
 */
// @ts-ignore: decorator
@inline
function touch(table: usize, hashes: usize, row: i32, end: i32, out: usize): void {
  const slots: usize = load<u32>(table + SLOTS);
  const shift = load<u32>(table + SHIFT);
  const pages: usize = load<u32>(table + PAGES);
  const width = load<u32>(table + WIDTH);
  for (let i = row; i < end; i++) {
    const slot = slots + (((load<u32>(hashes + (i << 2)) >> shift) as usize) << 3);
    store<u32>(out + (i << 2), load<u32>(slot, 4));
  }
  let touched: u32 = 0;
  for (let i = row; i < end; i++) {
    const number = load<u32>(out + (i << 2));
    touched ^= load<u32>(keyAt(pages, max(number, 1) - 1, width));
  }
  store<u32>(table + TOUCHED, touched);
}

/** The slot of the key, or the free one where it belongs. */
// @ts-ignore: decorator
@inline
function slotOf(
  slots: usize,
  shift: u32,
  pages: usize,
  width: u32,
  key: usize,
  hash: u32,
): usize {
  const end = slots + ((1 as usize) << (35 - shift));
  let slot = slots + (((hash >> shift) as usize) << 3);
  while (true) {
    const number = load<u32>(slot, 4);
    if (number == 0) return slot;
    if (load<u32>(slot) == hash && isSame(keyAt(pages, number - 1, width), key, width)) return slot;
    slot += 8;
    if (slot == end) slot = slots;
  }
  return slot;
}

/**
 * Numbers the keys of rows [row, rows) and writes the numbers to `out`, the rows with new keys to `fresh`
 * behind those that it has. Returns the row whose key had no room, `rows` where all had.
 */
export function insertKeys(
  table: usize,
  keys: usize,
  hashes: usize,
  row: i32,
  rows: i32,
  out: usize,
  fresh: usize,
): i32 {
  const slots: usize = load<u32>(table + SLOTS);
  const shift = load<u32>(table + SHIFT);
  const pages: usize = load<u32>(table + PAGES);
  const width = load<u32>(table + WIDTH);
  const limit = load<u32>(table + LIMIT);
  let count = load<u32>(table + COUNT);
  let added = load<u32>(table + FRESH);
  while (row < rows) {
    const end = min(rows, row + AHEAD);
    touch(table, hashes, row, end, out);
    for (; row < end; row++) {
      const hash = load<u32>(hashes + (row << 2));
      const key = keys + (row as usize) * width;
      const slot = slotOf(slots, shift, pages, width, key, hash);
      let number = load<u32>(slot, 4);
      if (number == 0) {
        if (count == limit) break;
        memory.copy(keyAt(pages, count, width), key, width);
        number = ++count;
        store<u32>(slot, hash);
        store<u32>(slot, number, 4);
        store<u32>(fresh + (added++ << 2), row);
      }
      store<u32>(out + (row << 2), number - 1);
    }
    if (row < end) break;
  }
  store<u32>(table + COUNT, count);
  store<u32>(table + FRESH, added);
  return row;
}

/** The numbers of rows' keys, -1 where a key is not in the table. */
export function findKeys(table: usize, keys: usize, hashes: usize, rows: i32, out: usize): void {
  const slots: usize = load<u32>(table + SLOTS);
  const shift = load<u32>(table + SHIFT);
  const pages: usize = load<u32>(table + PAGES);
  const width = load<u32>(table + WIDTH);
  for (let row = 0; row < rows; ) {
    const end = min(rows, row + AHEAD);
    touch(table, hashes, row, end, out);
    for (; row < end; row++) {
      const hash = load<u32>(hashes + (row << 2));
      const slot = slotOf(slots, shift, pages, width, keys + (row as usize) * width, hash);
      store<u32>(out + (row << 2), load<u32>(slot, 4) - 1);
    }
  }
}

/** Puts what slots [at, end) of a smaller table hold into the table's. */
export function moveSlots(table: usize, at: usize, end: usize): void {
  const slots: usize = load<u32>(table + SLOTS);
  const shift = load<u32>(table + SHIFT);
  const behind = slots + ((1 as usize) << (35 - shift));
  for (; at < end; at += 8) {
    const entry = load<u64>(at);
    if (entry >> 32 == 0) continue;
    let slot = slots + ((((entry as u32) >> shift) as usize) << 3);
    while (load<u32>(slot, 4) != 0) {
      slot += 8;
      if (slot == behind) slot = slots;
    }
    store<u64>(slot, entry);
  }
}

/** Whole doubles as words of 32 bits, `stride` bytes apart; those out of range become the nearest in it. */
export function keyWords(source: usize, rows: i32, target: usize, stride: u32, isUnsigned: i32): void {
  const end = source + ((rows as usize) << 3);
  if (isUnsigned != 0) {
    for (; source < end; source += 8, target += stride) {
      store<u32>(target, <u32>(<i64>load<f64>(source)));
    }
  } else {
    for (; source < end; source += 8, target += stride) {
      store<i32>(target, <i32>load<f64>(source));
    }
  }
}

/** The same as 64 bits. */
export function keyWholes(source: usize, rows: i32, target: usize, stride: u32): void {
  const end = source + ((rows as usize) << 3);
  for (; source < end; source += 8, target += stride) {
    store<i64>(target, <i64>load<f64>(source));
  }
}

/** Doubles as they are, all NaNs as one; returns 0 where there is a zero with a sign among them. */
export function keyFloats(source: usize, rows: i32, target: usize, stride: u32): i32 {
  const end = source + ((rows as usize) << 3);
  let signed = false;
  for (; source < end; source += 8, target += stride) {
    const bits = load<u64>(source);
    const value = load<f64>(source);
    signed = signed || bits == 0x8000000000000000;
    store<u64>(target, value == value ? bits : 0x7ff8000000000000);
  }
  return signed ? 0 : 1;
}

/** Words of 32 bits, `stride` bytes apart. */
export function spreadWords(source: usize, rows: i32, target: usize, stride: u32): void {
  const end = source + ((rows as usize) << 2);
  for (; source < end; source += 4, target += stride) store<u32>(target, load<u32>(source));
}

/** The same for words of 64 bits. */
export function spreadLongs(source: usize, rows: i32, target: usize, stride: u32): void {
  const end = source + ((rows as usize) << 3);
  for (; source < end; source += 8, target += stride) store<u64>(target, load<u64>(source));
}

/** Words that lie `stride` bytes apart, one behind the other. */
export function collectWords(source: usize, stride: u32, rows: i32, target: usize): void {
  const end = target + ((rows as usize) << 2);
  for (; target < end; target += 4, source += stride) store<u32>(target, load<u32>(source));
}

export function collectLongs(source: usize, stride: u32, rows: i32, target: usize): void {
  const end = target + ((rows as usize) << 3);
  for (; target < end; target += 8, source += stride) store<u64>(target, load<u64>(source));
}

/** Whole numbers of 64 bits as doubles; returns 0 where there is one beyond +-(2^53 - 1). */
export function wholeDoubles(source: usize, rows: i32, target: usize): i32 {
  const end = source + ((rows as usize) << 3);
  let wide = false;
  for (; source < end; source += 8, target += 8) {
    const value = load<i64>(source);
    wide = wide || value > 9007199254740991 || value < -9007199254740991;
    store<f64>(target, <f64>value);
  }
  return wide ? 0 : 1;
}

/** Keys of one width as keys of a larger one, with zeros behind them. */
export function widenKeys(source: usize, width: u32, rows: i32, target: usize, wide: u32): void {
  for (let row = 0; row < rows; row++, source += width, target += wide) {
    memory.copy(target, source, width);
    memory.fill(target + width, 0, wide - width);
  }
}
