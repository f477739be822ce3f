/**
 * Keys of a fixed width numbered 0, 1, 2 ... in order of appearance. Table (u32 each): slots, shift, pages,
 * width, count, limit, fresh, touched.
 *   slots, of 16 bytes for keys of up to 12: the key with zeros behind it, its number + 1 u32 (0 where the slot
 *   is free). Of wider keys 8 bytes: the key's hash u32, its number + 1 u32. A key belongs to slot hash >> shift
 *   or the next free one, so that doubling the slots keeps their order.
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

/** The widest keys that lie in slots, and the powers of two of slots' sizes. */
const NARROW_WIDTH: u32 = 12;
const NARROW_SLOT: u32 = 4;
const WIDE_SLOT: u32 = 3;

/** Rows whose slots and keys are fetched before the first of them is looked at. */
const AHEAD: i32 = 64;
/** Tables of less slots are in a near cache. */
const TOUCH_SHIFT: u32 = 32 - 14;

const MIX_A: u64 = 0x9e3779b97f4a7c15;
const MIX_B: u64 = 0xd6e8feb86659fd93;

// @ts-ignore: decorator
@inline
export function hashOf(at: usize, width: u32): u32 {
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
  // Widths that are constants let the compiler unroll what is inlined.
  if (width == 8) {
    for (let row = 0; row < rows; row++, keys += 8, hashes += 4) store<u32>(hashes, hashOf(keys, 8));
  } else if (width == 12) {
    for (let row = 0; row < rows; row++, keys += 12, hashes += 4) {
      store<u32>(hashes, hashOf(keys, 12));
    }
  } else {
    for (let row = 0; row < rows; row++, keys += width, hashes += 4) {
      store<u32>(hashes, hashOf(keys, width));
    }
  }
}

/**
 * Brings slots and keys of some rows near: what the processor waits for, it fetches for many rows at a time
 * here, while the loop that compares them would stop at each.
 */
function touch(table: usize, hashes: usize, row: i32, end: i32, out: usize): void {
  const slots: usize = load<u32>(table + SLOTS);
  const shift = load<u32>(table + SHIFT);
  const width = load<u32>(table + WIDTH);
  if (shift > TOUCH_SHIFT) return;
  let touched: u32 = 0;
  if (width <= NARROW_WIDTH) {
    for (let i = row; i < end; i++) {
      const home: usize = load<u32>(hashes + (i << 2)) >> shift;
      touched ^= load<u32>(slots + (home << NARROW_SLOT));
    }
  } else {
    const pages: usize = load<u32>(table + PAGES);
    for (let i = row; i < end; i++) {
      const home: usize = load<u32>(hashes + (i << 2)) >> shift;
      store<u32>(out + (i << 2), load<u32>(slots + (home << WIDE_SLOT), 4));
    }
    for (let i = row; i < end; i++) {
      const number = load<u32>(out + (i << 2));
      touched ^= load<u32>(keyAt(pages, max(number, 1) - 1, width));
    }
  }
  store<u32>(table + TOUCHED, touched);
}

/** The slot of a key, or the free one where it belongs. */
// @ts-ignore: decorator
@inline
function wideSlot(slots: usize, shift: u32, pages: usize, width: u32, key: usize, hash: u32): usize {
  const end = slots + ((1 as usize) << (32 - shift + WIDE_SLOT));
  let slot = slots + (((hash >> shift) as usize) << WIDE_SLOT);
  while (true) {
    const number = load<u32>(slot, 4);
    if (number == 0) return slot;
    if (load<u32>(slot) == hash && isSame(keyAt(pages, number - 1, width), key, width)) return slot;
    slot += 1 << WIDE_SLOT;
    if (slot == end) slot = slots;
  }
  return slot;
}

/** The same for a key of which these are the first 8 bytes and those that follow, zeros behind its end. */
// @ts-ignore: decorator
@inline
function narrowSlot(slots: usize, shift: u32, first: u64, rest: u32, hash: u32): usize {
  const end = slots + ((1 as usize) << (32 - shift + NARROW_SLOT));
  let slot = slots + (((hash >> shift) as usize) << NARROW_SLOT);
  while (true) {
    if (load<u32>(slot, 12) == 0) return slot;
    if (load<u64>(slot) == first && load<u32>(slot, 8) == rest) return slot;
    slot += 1 << NARROW_SLOT;
    if (slot == end) slot = slots;
  }
  return slot;
}

// @ts-ignore: decorator
@inline
function firstOf(key: usize, width: u32): u64 {
  return width == 4 ? (load<u32>(key) as u64) : load<u64>(key);
}

// @ts-ignore: decorator
@inline
function restOf(key: usize, width: u32): u32 {
  return width == 12 ? load<u32>(key, 8) : 0;
}

// @ts-ignore: decorator
@inline
function insertNarrow(
  table: usize,
  keys: usize,
  width: u32,
  hashes: usize,
  row: i32,
  rows: i32,
  out: usize,
  fresh: usize,
): i32 {
  const slots: usize = load<u32>(table + SLOTS);
  const shift = load<u32>(table + SHIFT);
  const pages: usize = load<u32>(table + PAGES);
  const limit = load<u32>(table + LIMIT);
  let count = load<u32>(table + COUNT);
  let added = load<u32>(table + FRESH);
  while (row < rows) {
    const end = min(rows, row + AHEAD);
    touch(table, hashes, row, end, out);
    for (; row < end; row++) {
      const key = keys + (row as usize) * width;
      const first = firstOf(key, width);
      const rest = restOf(key, width);
      const slot = narrowSlot(slots, shift, first, rest, load<u32>(hashes + (row << 2)));
      let number = load<u32>(slot, 12);
      if (number == 0) {
        if (count == limit) break;
        const kept = keyAt(pages, count, width);
        if (width == 4) store<u32>(kept, first as u32);
        else store<u64>(kept, first);
        if (width == 12) store<u32>(kept, rest, 8);
        number = ++count;
        store<u64>(slot, first);
        store<u32>(slot, rest, 8);
        store<u32>(slot, number, 12);
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

function insertWide(
  table: usize,
  keys: usize,
  width: u32,
  hashes: usize,
  row: i32,
  rows: i32,
  out: usize,
  fresh: usize,
): i32 {
  const slots: usize = load<u32>(table + SLOTS);
  const shift = load<u32>(table + SHIFT);
  const pages: usize = load<u32>(table + PAGES);
  const limit = load<u32>(table + LIMIT);
  let count = load<u32>(table + COUNT);
  let added = load<u32>(table + FRESH);
  while (row < rows) {
    const end = min(rows, row + AHEAD);
    touch(table, hashes, row, end, out);
    for (; row < end; row++) {
      const hash = load<u32>(hashes + (row << 2));
      const key = keys + (row as usize) * width;
      const slot = wideSlot(slots, shift, pages, width, key, hash);
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
  const width = load<u32>(table + WIDTH);
  if (width == 4) return insertNarrow(table, keys, 4, hashes, row, rows, out, fresh);
  if (width == 8) return insertNarrow(table, keys, 8, hashes, row, rows, out, fresh);
  if (width == 12) return insertNarrow(table, keys, 12, hashes, row, rows, out, fresh);
  return insertWide(table, keys, width, hashes, row, rows, out, fresh);
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
      const key = keys + (row as usize) * width;
      let number: u32 = 0;
      if (width <= NARROW_WIDTH) {
        const first = firstOf(key, width);
        number = load<u32>(narrowSlot(slots, shift, first, restOf(key, width), hash), 12);
      } else number = load<u32>(wideSlot(slots, shift, pages, width, key, hash), 4);
      store<u32>(out + (row << 2), number - 1);
    }
  }
}

/** Frees all slots of a stretch of memory. */
export function clearSlots(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes);
}

/** Puts what slots [at, end) of a smaller table hold into the table's. */
export function moveSlots(table: usize, at: usize, end: usize): void {
  const slots: usize = load<u32>(table + SLOTS);
  const shift = load<u32>(table + SHIFT);
  const width = load<u32>(table + WIDTH);
  if (width <= NARROW_WIDTH) {
    for (; at < end; at += 1 << NARROW_SLOT) {
      if (load<u32>(at, 12) == 0) continue;
      // No two keys are the same: what is found is a free slot.
      const hash = hashOf(at, width);
      v128.store(narrowSlot(slots, shift, load<u64>(at), load<u32>(at, 8), hash), v128.load(at));
    }
    return;
  }
  const behind = slots + ((1 as usize) << (32 - shift + WIDE_SLOT));
  for (; at < end; at += 1 << WIDE_SLOT) {
    const entry = load<u64>(at);
    if (entry >> 32 == 0) continue;
    let slot = slots + ((((entry as u32) >> shift) as usize) << WIDE_SLOT);
    while (load<u32>(slot, 4) != 0) {
      slot += 1 << WIDE_SLOT;
      if (slot == behind) slot = slots;
    }
    store<u64>(slot, entry);
  }
}
