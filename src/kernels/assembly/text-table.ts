/**
 * Byte strings numbered 0, 1, 2 ... in order of appearance. Table: slots u32, mask u32, entries u32,
 * entry capacity u32, pool u32, pool used u32, pool capacity u32, count u32, wanted u32; from 64 on room for what
 * is known of a few rows.
 *   slots, 32 bytes each: the first 16 bytes of the string with zeros after it, its length u32, its
 *   code + 1 u32 (0 where the slot is free), where its bytes begin in the pool u32.
 *   entries: per code where its bytes begin in the pool, and how many they are.
 * The caller owns the memory and makes it larger; 16 bytes after a string must be readable.
 */
import {
  BLOCK_ROWS,
  FLAG_QUOTED,
  JOB_OUT,
  fieldAt,
  fieldStride,
  isNull,
  noteNull,
  nullMeta,
  noteOdd,
  resetCounts,
} from './field-block';
import { NO_TUPLE, NULL_CODE, tupleCode } from './text-tuples';
import { isText } from './utf8';

const SLOTS: usize = 0;
const MASK: usize = 4;
const ENTRIES: usize = 8;
const ENTRY_CAPACITY: usize = 12;
const POOL: usize = 16;
const POOL_USED: usize = 20;
const POOL_CAPACITY: usize = 24;
const COUNT: usize = 28;
/** Bytes for which the pool lacked room. */
const WANTED: usize = 32;

/** The table has no room. */
const FULL: i32 = -1;
/** The bytes are no text, or too long for the table. */
const REFUSED: i32 = -2;
const LENGTH_MAX: u32 = 1024;

const SLOT_LENGTH: usize = 16;
const SLOT_CODE: usize = 20;
const SLOT_PLACE: usize = 24;
const SLOT_SHIFT: usize = 5;

/** Rows whose slots and strings are asked for before the first of them is needed: memory answers them at once. */
const WAVE: i32 = 16;
/** Their hashes, and where the strings in their slots begin. */
const HASHES: usize = 64;
const PLACES: usize = 128;
const TOUCHED: usize = 192;

const MIX_A: u64 = 0x9e3779b97f4a7c15;
const MIX_B: u64 = 0xd6e8feb86659fd93;

/** From 16 - n on, a mask of the first n bytes of sixteen. */
const MASKS: StaticArray<u8> = [
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/** The first sixteen bytes of a string, zeros after its end. */
// @ts-ignore: decorator
@inline
function keyOf(at: usize, length: u32): v128 {
  const mask = v128.load(changetype<usize>(MASKS) + 16 - (min(length, 16) as usize));
  return v128.and(v128.load(at), mask);
}

// @ts-ignore: decorator
@inline
function hashOf(key: v128, at: usize, length: u32): u32 {
  let hash = (i64x2.extract_lane(key, 0) ^ ((length as u64) << 56)) * MIX_A;
  hash ^= i64x2.extract_lane(key, 1) * MIX_B;
  if (length > 16) hash = hashRest(hash, at + 16, length - 16);
  hash = (hash ^ (hash >> 32)) * MIX_A;
  return (hash >> 32) as u32;
}

function hashRest(hash: u64, at: usize, length: u32): u64 {
  while (length > 0) {
    const key = keyOf(at, length);
    hash = (hash ^ (hash >> 29) ^ i64x2.extract_lane(key, 0)) * MIX_B;
    hash = (hash ^ (hash >> 32) ^ i64x2.extract_lane(key, 1)) * MIX_A;
    at += 16;
    length -= min(length, 16);
  }
  return hash;
}

/** Compares what follows the first sixteen bytes of two strings. */
function isRestSame(at: usize, known: usize, length: u32): bool {
  const end = at + length;
  for (at += 16, known += 16; at < end; at += 16, known += 16) {
    const rest = (end - at) as u32;
    if (v128.any_true(v128.xor(keyOf(at, rest), keyOf(known, rest)))) return false;
  }
  return true;
}

/** The code of a string, a new one where the table does not have it, or FULL or REFUSED. */
// @ts-ignore: decorator
@inline
function codeOf(
  table: usize,
  slots: usize,
  mask: u32,
  pool: usize,
  at: usize,
  length: u32,
  key: v128,
  hash: u32,
): i32 {
  let slot = hash & mask;
  while (true) {
    const address = slots + ((slot as usize) << SLOT_SHIFT);
    const code = load<u32>(address, SLOT_CODE);
    const isOther = v128.any_true(v128.xor(key, v128.load(address)));
    if (!isOther && load<u32>(address, SLOT_LENGTH) == length && code != 0) {
      const known = pool + load<u32>(address, SLOT_PLACE);
      if (length <= 16 || isRestSame(at, known, length)) return (code - 1) as i32;
    }
    if (code == 0) return addText(table, at, length, address);
    slot = (slot + 1) & mask;
  }
  return FULL;
}

export function textCode(table: usize, at: usize, length: u32): i32 {
  const slots: usize = load<u32>(table + SLOTS);
  const key = keyOf(at, length);
  const hash = hashOf(key, at, length);
  return codeOf(table, slots, load<u32>(table + MASK), load<u32>(table + POOL), at, length, key, hash);
}

function addText(table: usize, at: usize, length: u32, slot: usize): i32 {
  const used = load<u32>(table + POOL_USED);
  const count = load<u32>(table + COUNT);
  if (length > LENGTH_MAX || !isText(at, length)) return REFUSED;
  if (count >= load<u32>(table + ENTRY_CAPACITY) || used + length > load<u32>(table + POOL_CAPACITY)) {
    store<u32>(table + WANTED, length);
    return FULL;
  }
  const entry: usize = (load<u32>(table + ENTRIES) as usize) + ((count as usize) << 3);
  memory.copy((load<u32>(table + POOL) as usize) + used, at, length);
  store<u32>(entry, used);
  store<u32>(entry, length, 4);
  store<u32>(table + POOL_USED, used + length);
  store<u32>(table + COUNT, count + 1);
  writeSlot(slot, at, length, count, used);
  return count as i32;
}

function writeSlot(slot: usize, at: usize, length: u32, code: u32, place: u32): void {
  v128.store(slot, keyOf(at, length));
  store<u32>(slot, length, SLOT_LENGTH);
  store<u32>(slot, code + 1, SLOT_CODE);
  store<u32>(slot, place, SLOT_PLACE);
}

/** Fills the slots from the entries, after the number of slots has changed. */
export function rehashTexts(table: usize): void {
  const slots: usize = load<u32>(table + SLOTS);
  const mask = load<u32>(table + MASK);
  const entries: usize = load<u32>(table + ENTRIES);
  const count = load<u32>(table + COUNT);
  memory.fill(slots, 0, ((mask as usize) + 1) << SLOT_SHIFT);
  for (let code: u32 = 0; code < count; code++) {
    const entry = entries + ((code as usize) << 3);
    const length = load<u32>(entry, 4);
    // Strings that the caller keeps by itself have a code and no place in the table.
    if (length > LENGTH_MAX) continue;
    const place = load<u32>(entry);
    const at: usize = (load<u32>(table + POOL) as usize) + place;
    const hash = hashOf(keyOf(at, length), at, length);
    let slot = hash & mask;
    while (load<u32>(slots + ((slot as usize) << SLOT_SHIFT), SLOT_CODE) != 0) {
      slot = (slot + 1) & mask;
    }
    writeSlot(slots + ((slot as usize) << SLOT_SHIFT), at, length, code, place);
  }
}

/** Hashes of the strings of `count` rows; their slots and what these name are in the processor's caches then. */
function hashRows(table: usize, entry: usize, stride: usize, count: i32): void {
  const slots: usize = load<u32>(table + SLOTS);
  const mask = load<u32>(table + MASK);
  const pool: usize = load<u32>(table + POOL);
  const first = table;
  let touched: u32 = 0;
  for (let i = 0; i < count; i++, entry += stride, table += 4) {
    const start: usize = load<u32>(entry);
    const length = load<u32>(entry, 4) & ~FLAG_QUOTED;
    if (length > LENGTH_MAX) {
      store<u32>(table, 0, PLACES);
      continue;
    }
    const hash = hashOf(keyOf(start, length), start, length);
    store<u32>(table, hash, HASHES);
    store<u32>(table, load<u32>(slots + (((hash & mask) as usize) << SLOT_SHIFT), SLOT_PLACE), PLACES);
  }
  for (let i: usize = 0; i < (count as usize) << 2; i += 4) {
    touched |= load<u8>(pool + load<u32>(first + i, PLACES), 16);
  }
  // Loads whose values nobody wants are left out.
  store<u32>(first, touched, TOUCHED);
}

/** Codes of a text column from row `from` on; returns the row for which the table had no room. */
export function textCodes(block: usize, job: usize, table: usize, from: i32): i32 {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  const out: usize = load<u32>(job + JOB_OUT);
  const expected = nullMeta(job);
  let entry = fieldAt(block, job) + stride * from;
  if (from == 0) resetCounts(job);
  const slots: usize = load<u32>(table + SLOTS);
  const mask = load<u32>(table + MASK);
  const pool: usize = load<u32>(table + POOL);
  for (let row = from, wave = 0; row < rows; row++, entry += stride, wave = (wave + 1) % WAVE) {
    if (wave == 0) hashRows(table, entry, stride, min(WAVE, rows - row));
    const start: usize = load<u32>(entry);
    const meta = load<u32>(entry, 4);
    if (isNull(job, expected, meta, start)) {
      store<i32>(out + (row << 2), 0);
      noteNull(job, row);
      continue;
    }
    const length = meta & ~FLAG_QUOTED;
    // Fields with escapes have flags that make them too long.
    let code = REFUSED;
    if (length <= LENGTH_MAX) {
      const hash = load<u32>(table + ((wave as usize) << 2), HASHES);
      code = codeOf(table, slots, mask, pool, start, length, keyOf(start, length), hash);
    }
    if (code >= 0) store<i32>(out + (row << 2), code);
    else if (code == FULL) return row;
    else noteOdd(block, job, row);
  }
  return rows;
}

/** The same where `tuples` tell most rows' codes; `position` is the column's among theirs. */
export function tupleCodes(
  block: usize,
  job: usize,
  table: usize,
  from: i32,
  tuples: usize,
  position: u32,
): i32 {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  const out: usize = load<u32>(job + JOB_OUT);
  const expected = nullMeta(job);
  const field = fieldAt(block, job);
  if (from == 0) resetCounts(job);
  for (let row = from; row < rows; row++) {
    let code = tupleCode(tuples, position, row);
    if (code == NO_TUPLE) {
      const entry = field + stride * row;
      const start: usize = load<u32>(entry);
      const meta = load<u32>(entry, 4);
      if (isNull(job, expected, meta, start)) code = NULL_CODE;
      else {
        const length = meta & ~FLAG_QUOTED;
        code = length <= LENGTH_MAX ? textCode(table, start, length) : REFUSED;
        if (code == FULL) return row;
        if (code == REFUSED) {
          noteOdd(block, job, row);
          continue;
        }
      }
    }
    if (code == NULL_CODE) {
      noteNull(job, row);
      code = 0;
    }
    store<i32>(out + (row << 2), code);
  }
  return rows;
}

/** Writes the strings of codes, each behind its length u32, and up to 16 bytes more; returns the end. */
export function writeTexts(table: usize, codes: usize, count: i32, out: usize): usize {
  const entries: usize = load<u32>(table + ENTRIES);
  const pool: usize = load<u32>(table + POOL);
  for (let i = 0; i < count; i++, codes += 4) {
    const entry = entries + ((load<u32>(codes) as usize) << 3);
    const at = pool + load<u32>(entry);
    const length = load<u32>(entry, 4);
    store<u32>(out, length);
    out += 4;
    for (let done: usize = 0; done < length; done += 16) v128.store(out + done, v128.load(at + done));
    out += length;
  }
  return out;
}
