/**
 * Neighbouring text columns whose fields come in the same combinations again and again, as the tags of
 * series do: the bytes from the first field to the last one tell all their codes at once. Table:
 *   first column i32, columns i32, slots u32, mask u32, entries u32, entry capacity u32, count u32,
 *   pool u32, pool used u32, pool capacity u32, codes u32, rows u32, lead u32, last u32, missed i32.
 *   slots: per slot the tuple + 1, 0 where it is free.
 *   entries: per tuple where its bytes begin in the pool, how many they are, their hash, and the tuple + 1
 *   that has followed it. Bytes are padded with zeros to a multiple of sixteen.
 *   codes: per tuple a code per column, or NULL_CODE. rows: per row of the block its tuple, -1 for none.
 * Whoever uses it sees to it that equal bytes mean equal fields, and begins anew with other dictionaries.
 */
import {
  BLOCK_COLUMNS,
  BLOCK_FIELDS,
  BLOCK_ODD,
  BLOCK_ROWS,
  JOB_OUT,
  META_NULL,
  isNull,
  nullMeta,
} from './field-block';

const FIRST: usize = 0;
const COLUMNS: usize = 4;
const SLOTS: usize = 8;
const MASK: usize = 12;
const ENTRIES: usize = 16;
const CAPACITY: usize = 20;
const COUNT: usize = 24;
const POOL: usize = 28;
const POOL_USED: usize = 32;
const POOL_CAPACITY: usize = 36;
const CODES: usize = 40;
const ROWS: usize = 44;
/** Bytes before the first field that belong to it: its length, in binary input. */
const LEAD: usize = 48;
/** The tuple + 1 of the last row. */
const LAST: usize = 52;
/** Rows without a tuple in the last block. */
const MISSED: usize = 56;

/** Instead of a code: the field is NULL, the row has no tuple. */
export const NULL_CODE: i32 = -3;
export const NO_TUPLE: i32 = -4;

const ENTRY_SHIFT: usize = 4;
const ENTRY_LENGTH: usize = 4;
const ENTRY_HASH: usize = 8;
const ENTRY_NEXT: usize = 12;

const LENGTH_MAX: u32 = 1024;
const LENGTH_BITS: u32 = 0x3fffffff;
const MIX_A: u64 = 0x9e3779b97f4a7c15;
const MIX_B: u64 = 0xd6e8feb86659fd93;
const JOB_BYTES: usize = 128;

/** From 16 - n on, a mask of the first n bytes of sixteen. */
const MASKS: StaticArray<u8> = [
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/** The last `length` bytes, at most sixteen, zeros after them. */
// @ts-ignore: decorator
@inline
function tailOf(at: usize, length: u32): v128 {
  return v128.and(
    v128.load(at),
    v128.load(changetype<usize>(MASKS) + 16 - (length as usize)),
  );
}

function hashOf(at: usize, length: u32): u32 {
  let a: u64 = length;
  let b: u64 = MIX_B;
  for (; length > 16; length -= 16, at += 16) {
    a = (a ^ load<u64>(at)) * MIX_A;
    b = (b ^ load<u64>(at, 8)) * MIX_B;
    a ^= a >> 32;
    b ^= b >> 29;
  }
  const tail = tailOf(at, length);
  a = (a ^ i64x2.extract_lane(tail, 0)) * MIX_A;
  b = (b ^ i64x2.extract_lane(tail, 1)) * MIX_B;
  a = (a ^ (a >> 32) ^ (b >> 29)) * MIX_A;
  return (a >> 32) as u32;
}

// @ts-ignore: decorator
@inline
function isEntry(entry: usize, pool: usize, at: usize, length: u32): bool {
  if (load<u32>(entry, ENTRY_LENGTH) != length) return false;
  let known = pool + load<u32>(entry);
  for (; length > 16; length -= 16, at += 16, known += 16) {
    if (v128.any_true(v128.xor(v128.load(at), v128.load(known)))) return false;
  }
  return !v128.any_true(v128.xor(tailOf(at, length), v128.load(known)));
}

/** The tuple + 1 with these bytes, 0 where there is none. */
function tupleOf(tuples: usize, at: usize, length: u32, hash: u32): u32 {
  const slots: usize = load<u32>(tuples + SLOTS);
  const entries: usize = load<u32>(tuples + ENTRIES);
  const pool: usize = load<u32>(tuples + POOL);
  const mask = load<u32>(tuples + MASK);
  let slot = hash & mask;
  while (true) {
    const tuple = load<u32>(slots + ((slot as usize) << 2));
    if (tuple == 0) return 0;
    const entry = entries + (((tuple - 1) as usize) << ENTRY_SHIFT);
    if (load<u32>(entry, ENTRY_HASH) == hash && isEntry(entry, pool, at, length)) return tuple;
    slot = (slot + 1) & mask;
  }
  return 0;
}

/** Where a row's bytes begin. */
// @ts-ignore: decorator
@inline
function startOf(tuples: usize, field: usize): usize {
  return (load<u32>(field) as usize) - load<u32>(tuples + LEAD);
}

/** Where they end, given the last field. */
// @ts-ignore: decorator
@inline
function endOf(field: usize): usize {
  const meta = load<u32>(field, 4);
  return (load<u32>(field) as usize) + (meta == META_NULL ? 0 : meta & LENGTH_BITS);
}

/** Finds the tuples of the block's rows; returns how many rows have none. */
export function findTuples(block: usize, tuples: usize): i32 {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = (load<u32>(block + BLOCK_COLUMNS) as usize) << 3;
  const entries: usize = load<u32>(tuples + ENTRIES);
  const pool: usize = load<u32>(tuples + POOL);
  const reach = ((load<u32>(tuples + COLUMNS) - 1) as usize) << 3;
  let field: usize = (load<u32>(block + BLOCK_FIELDS) as usize) + ((load<u32>(tuples + FIRST) as usize) << 3);
  let out: usize = load<u32>(tuples + ROWS);
  let last = load<u32>(tuples + LAST);
  let missed = 0;
  for (let row = 0; row < rows; row++, field += stride, out += 4) {
    const start = startOf(tuples, field);
    const length = (endOf(field + reach) - start) as u32;
    const before = entries + (((last - 1) as usize) << ENTRY_SHIFT);
    if (last != 0) {
      // Most rows follow the row that they followed before.
      const next = load<u32>(before, ENTRY_NEXT);
      const entry = entries + (((next - 1) as usize) << ENTRY_SHIFT);
      if (next != 0 && isEntry(entry, pool, start, length)) {
        store<i32>(out, (next - 1) as i32);
        last = next;
        continue;
      }
    }
    const found = length <= LENGTH_MAX ? tupleOf(tuples, start, length, hashOf(start, length)) : 0;
    store<i32>(out, (found as i32) - 1);
    if (found == 0) missed++;
    else if (last != 0) store<u32>(before, found, ENTRY_NEXT);
    last = found;
  }
  store<u32>(tuples + LAST, last);
  store<i32>(tuples + MISSED, missed);
  return missed;
}

/**
 * Adds the tuples of the block's rows that had none, and whose fields have all been read: `jobs` is the
 * first of the columns' jobs, one after the other, each with its codes. Returns 0 where the table has no
 * room.
 */
export function learnTuples(block: usize, jobs: usize, tuples: usize): i32 {
  const rows = load<i32>(block + BLOCK_ROWS);
  const columns = load<u32>(block + BLOCK_COLUMNS) as usize;
  const count = load<u32>(tuples + COLUMNS);
  const first = load<u32>(tuples + FIRST) as usize;
  const found: usize = load<u32>(tuples + ROWS);
  let field: usize = (load<u32>(block + BLOCK_FIELDS) as usize) + (first << 3);
  let odd: usize = (load<u32>(block + BLOCK_ODD) as usize) + first;
  for (let row = 0; row < rows; row++, field += columns << 3, odd += columns) {
    if (load<i32>(found + (row << 2)) >= 0 || isAnyOdd(odd, count)) continue;
    const start = startOf(tuples, field);
    const length = (endOf(field + (((count - 1) as usize) << 3)) - start) as u32;
    if (length > LENGTH_MAX) continue;
    const hash = hashOf(start, length);
    if (tupleOf(tuples, start, length, hash) != 0) continue;
    if (!addTuple(tuples, start, length, hash)) return 0;
    let code: usize = load<u32>(tuples + CODES) + ((((load<u32>(tuples + COUNT) - 1) * count) as usize) << 2);
    for (let c: usize = 0; c < (count as usize); c++, code += 4) {
      const job = jobs + c * JOB_BYTES;
      const meta = load<u32>(field + (c << 3), 4);
      const isNullField = isNull(job, nullMeta(job), meta, load<u32>(field + (c << 3)));
      store<i32>(code, isNullField ? NULL_CODE : load<i32>((load<u32>(job + JOB_OUT) as usize) + (row << 2)));
    }
  }
  return 1;
}

function isAnyOdd(odd: usize, count: u32): bool {
  for (let c: u32 = 0; c < count; c++) if (load<u8>(odd + c) != 0) return true;
  return false;
}

/** Adds a tuple but for its codes; false where there is no room. */
function addTuple(tuples: usize, at: usize, length: u32, hash: u32): bool {
  const count = load<u32>(tuples + COUNT);
  const used = load<u32>(tuples + POOL_USED);
  const padded = (length + 16) & ~15;
  if (count >= load<u32>(tuples + CAPACITY)) return false;
  if (used + padded > load<u32>(tuples + POOL_CAPACITY)) return false;
  const bytes: usize = load<u32>(tuples + POOL) + used;
  memory.fill(bytes, 0, padded);
  memory.copy(bytes, at, length);
  const entry: usize = load<u32>(tuples + ENTRIES) + ((count as usize) << ENTRY_SHIFT);
  store<u32>(entry, used);
  store<u32>(entry, length, ENTRY_LENGTH);
  store<u32>(entry, hash, ENTRY_HASH);
  store<u32>(entry, 0, ENTRY_NEXT);
  const slots: usize = load<u32>(tuples + SLOTS);
  const mask = load<u32>(tuples + MASK);
  let slot = hash & mask;
  while (load<u32>(slots + ((slot as usize) << 2)) != 0) slot = (slot + 1) & mask;
  store<u32>(slots + ((slot as usize) << 2), count + 1);
  store<u32>(tuples + POOL_USED, used + padded);
  store<u32>(tuples + COUNT, count + 1);
  return true;
}

/** The code of a row's column, NULL_CODE or NO_TUPLE. */
// @ts-ignore: decorator
@inline
export function tupleCode(tuples: usize, position: u32, row: i32): i32 {
  const tuple = load<i32>((load<u32>(tuples + ROWS) as usize) + (row << 2));
  if (tuple < 0) return NO_TUPLE;
  const at = (tuple as u32) * load<u32>(tuples + COLUMNS) + position;
  return load<i32>((load<u32>(tuples + CODES) as usize) + ((at as usize) << 2));
}
