/**
 * Rows put aside by the upper bits of their keys' hashes, and grouped a part at a time: what is known of a part's
 * groups fits into a near cache, and each part may be another thread's. A record is a key, a multiple of 4
 * bytes, and words behind it. Nothing that grouping reads is written, so that it may be done again.
 */
import { hashOf } from './key-table';

/** Records are copied by 16 bytes: so many may be written behind one. */
const COPY: u32 = 16;

/**
 * Copies records of `stride` bytes to where their parts' cursors stand. Cursors (u32 each): where the part's next
 * record goes, and the first place where none has room. Returns the row whose part has no room, `rows` where
 * all had.
 */
export function putRecords(
  records: usize,
  stride: u32,
  width: u32,
  row: i32,
  rows: i32,
  bits: u32,
  cursors: usize,
): i32 {
  if (width == 4) return put(records, stride, 4, row, rows, 32 - bits, cursors);
  if (width == 8) return put(records, stride, 8, row, rows, 32 - bits, cursors);
  if (width == 12) return put(records, stride, 12, row, rows, 32 - bits, cursors);
  return put(records, stride, width, row, rows, 32 - bits, cursors);
}

// @ts-ignore: decorator
@inline
function put(
  records: usize,
  stride: u32,
  width: u32,
  row: i32,
  rows: i32,
  shift: u32,
  cursors: usize,
): i32 {
  for (let record = records + (row as usize) * stride; row < rows; row++, record += stride) {
    const cursor = cursors + ((hashOf(record, width) >> shift) << 3);
    const at: usize = load<u32>(cursor);
    if (at >= load<u32>(cursor, 4)) return row;
    store<u32>(cursor, at + stride);
    if (stride <= 8) store<u64>(at, load<u64>(record));
    else for (let i: u32 = 0; i < stride; i += COPY) v128.store(at + i, v128.load(record + i));
  }
  return rows;
}

/** Layout (u32 each), then the states. */
const WIDTH: usize = 0;
const STRIDE: usize = 4;
/** Where a record has its bits for NULLs, 0 for nowhere. */
const FLAGS: usize = 8;
/** Bytes of a group before its count of rows, and before its key. */
const COUNTS: usize = 12;
const KEYS: usize = 16;
const STATES: usize = 20;
const LAYOUT: usize = 24;
/** A state (u32 each): kind, offset of the word in the record, bytes of a group before it, bit for NULL. */
const STATE: usize = 16;

const KNOWN: u32 = 0;
const SUM32: u32 = 1;
const SUM64: u32 = 2;
const MIN32: u32 = 3;
const MAX32: u32 = 4;
const MIN64: u32 = 5;
const MAX64: u32 = 6;

/** What is told of a part before the groups: how many there are, and how many of these are seeds. */
const HEAD: usize = 16;
/** Records numbered before their words are added up. */
const BLOCK: i32 = 1024;

/**
 * Groups the records of a part. `list` (u32 each) has how many stretches of seeds and of records there are, then
 * for each its address and length. Seeds are keys with a word behind each that are the first groups, in their
 * order, whether they have rows or not. `room` is a multiple of 2, at least the seeds and records. At `out` there
 * are the head, and one array behind the other: those of the states, the counts of rows, the keys.
 */
export function groupRecords(work: usize, layout: usize, list: usize, room: u32, out: usize): void {
  const width = load<u32>(layout + WIDTH);
  if (width == 4) group(work, layout, list, room, out, 4);
  else if (width == 8) group(work, layout, list, room, out, 8);
  else if (width == 12) group(work, layout, list, room, out, 12);
  else group(work, layout, list, room, out, width);
}

// @ts-ignore: decorator
@inline
function group(
  work: usize,
  layout: usize,
  list: usize,
  room: u32,
  out: usize,
  width: u32,
): void {
  const slotBits = max(4, 32 - (clz(room + (room >> 1)) as u32));
  memory.fill(work, 0, (4 as usize) << slotBits);
  const numbers = work + ((4 as usize) << slotBits);
  const mask: u32 = (4 << slotBits) - 4;
  const keys = out + HEAD + (load<u32>(layout + KEYS) as usize) * room;
  const counts = out + HEAD + (load<u32>(layout + COUNTS) as usize) * room;
  const stride: usize = load<u32>(layout + STRIDE);
  let stretch = list + 8;
  let groups: u32 = 0;
  for (const end = stretch + ((load<u32>(list) as usize) << 3); stretch < end; stretch += 8) {
    let seed: usize = load<u32>(stretch);
    for (let i = load<u32>(stretch, 4); i > 0; i--, seed += width + 4) {
      let slot: usize = (hashOf(seed, width) << 2) & mask;
      // No two seeds are the same.
      while (load<u32>(work + slot) != 0) slot = (slot + 4) & mask;
      copyKey(keys + (groups as usize) * width, seed, width);
      store<u32>(work + slot, ++groups);
    }
  }
  store<u32>(out, groups, 4);
  memory.fill(counts, 0, (groups as usize) << 2);
  begin(layout, room, out, 0, groups);
  for (const end = stretch + ((load<u32>(list, 4) as usize) << 3); stretch < end; stretch += 8) {
    let record: usize = load<u32>(stretch);
    for (let left: i32 = load<u32>(stretch, 4); left > 0; left -= BLOCK) {
      const rows = min(left, BLOCK);
      const before = groups;
      const first = record;
      for (let i = 0; i < rows; i++, record += stride) {
        // The upper bits tell the part: they are the same for all.
        let slot: usize = (hashOf(record, width) << 2) & mask;
        let number: usize = load<u32>(work + slot);
        while (number != 0 && !isSame(keys + (number - 1) * width, record, width)) {
          slot = (slot + 4) & mask;
          number = load<u32>(work + slot);
        }
        if (number == 0) {
          copyKey(keys + (groups as usize) * width, record, width);
          store<u32>(counts + (groups << 2), 0);
          number = ++groups;
          store<u32>(work + slot, number as u32);
        }
        store<u32>(numbers + (i << 2), (number as u32) - 1);
        const count = counts + ((number - 1) << 2);
        store<u32>(count, load<u32>(count) + 1);
      }
      begin(layout, room, out, before, groups);
      addAll(layout, room, out, numbers, rows, first, stride);
    }
  }
  store<u32>(out, groups);
}

// @ts-ignore: decorator
@inline
function isSame(a: usize, b: usize, width: u32): bool {
  if (width == 4) return load<u32>(a) == load<u32>(b);
  if (load<u64>(a) != load<u64>(b)) return false;
  let i: usize = 8;
  for (const end: usize = width & ~7; i < end; i += 8) {
    if (load<u64>(a + i) != load<u64>(b + i)) return false;
  }
  return (width & 4) == 0 || load<u32>(a + i) == load<u32>(b + i);
}

// @ts-ignore: decorator
@inline
function copyKey(to: usize, from: usize, width: u32): void {
  if (width == 4) {
    store<u32>(to, load<u32>(from));
    return;
  }
  let i: usize = 0;
  for (const end: usize = width & ~7; i < end; i += 8) store<u64>(to + i, load<u64>(from + i));
  if ((width & 4) != 0) store<u32>(to + i, load<u32>(from + i));
}

// @ts-ignore: decorator
@inline
function wordBytes(kind: u32): usize {
  return kind == SUM64 ? 16 : kind == SUM32 || kind >= MIN64 ? 8 : 4;
}

/** States of groups [first, end) without rows. */
function begin(layout: usize, room: u32, out: usize, first: u32, end: u32): void {
  if (first == end) return;
  let state = layout + LAYOUT;
  for (let i = load<u32>(layout + STATES); i > 0; i--, state += STATE) {
    const kind = load<u32>(state);
    const bytes = wordBytes(kind);
    const base = out + HEAD + (load<u32>(state, 8) as usize) * room;
    const from = base + (first as usize) * bytes;
    const to = base + (end as usize) * bytes;
    if (kind == MIN32) for (let at = from; at < to; at += 4) store<i32>(at, i32.MAX_VALUE);
    else if (kind == MAX32) for (let at = from; at < to; at += 4) store<i32>(at, i32.MIN_VALUE);
    else if (kind == MIN64) for (let at = from; at < to; at += 8) store<i64>(at, i64.MAX_VALUE);
    else if (kind == MAX64) for (let at = from; at < to; at += 8) store<i64>(at, i64.MIN_VALUE);
    else memory.fill(from, 0, to - from);
  }
}

/** Adds the words of numbered records to all states. */
function addAll(
  layout: usize,
  room: u32,
  out: usize,
  numbers: usize,
  rows: i32,
  record: usize,
  stride: usize,
): void {
  const flags: usize = load<u32>(layout + FLAGS);
  let state = layout + LAYOUT;
  for (let i = load<u32>(layout + STATES); i > 0; i--, state += STATE) {
    const kind = load<u32>(state);
    const word = record + load<u32>(state, 4);
    const base = out + HEAD + (load<u32>(state, 8) as usize) * room;
    // Where the record has no bits, those of a mask of none are looked at.
    const bit = flags == 0 ? 0 : load<u32>(state, 12);
    const nulls = record + flags;
    if (kind == SUM32) add(numbers, rows, word, stride, base, nulls, bit, SUM32);
    else if (kind == SUM64) add(numbers, rows, word, stride, base, nulls, bit, SUM64);
    else if (kind == MIN32) add(numbers, rows, word, stride, base, nulls, bit, MIN32);
    else if (kind == MAX32) add(numbers, rows, word, stride, base, nulls, bit, MAX32);
    else if (kind == MIN64) add(numbers, rows, word, stride, base, nulls, bit, MIN64);
    else if (kind == MAX64) add(numbers, rows, word, stride, base, nulls, bit, MAX64);
    else add(numbers, rows, word, stride, base, nulls, bit, KNOWN);
  }
}

// @ts-ignore: decorator
@inline
function add(
  numbers: usize,
  rows: i32,
  word: usize,
  stride: usize,
  base: usize,
  nulls: usize,
  bit: u32,
  kind: u32,
): void {
  for (let i = 0; i < rows; i++, word += stride, nulls += stride) {
    if (bit != 0 && (load<u32>(nulls) & bit) != 0) continue;
    const number: usize = load<u32>(numbers + (i << 2));
    if (kind == SUM64) {
      // Sums of the lower and of the upper words: those of all rows that there can be fit.
      const at = base + (number << 4);
      store<u64>(at, load<u64>(at) + (load<u32>(word) as u64));
      store<i64>(at, load<i64>(at, 8) + (load<i32>(word, 4) as i64), 8);
    } else if (kind == SUM32) {
      const at = base + (number << 3);
      store<i64>(at, load<i64>(at) + (load<i32>(word) as i64));
    } else if (kind == MIN64) {
      const at = base + (number << 3);
      store<i64>(at, min(load<i64>(at), load<i64>(word)));
    } else if (kind == MAX64) {
      const at = base + (number << 3);
      store<i64>(at, max(load<i64>(at), load<i64>(word)));
    } else {
      const at = base + (number << 2);
      if (kind == KNOWN) store<u32>(at, load<u32>(at) + 1);
      else if (kind == MIN32) store<i32>(at, min(load<i32>(at), load<i32>(word)));
      else store<i32>(at, max(load<i32>(at), load<i32>(word)));
    }
  }
}
