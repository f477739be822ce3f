/**
 * The texts of a column one behind the other, each with a code of its own, equal or not: for columns whose
 * texts come seldom twice, where looking them up costs more than it saves. State: hashes u32, starts u32,
 * capacity u32, pool u32, pool used u32, pool capacity u32, count u32, wanted u32.
 *   hashes: per code what `hashBytes` makes of the text.
 *   starts: per code where the text's length u32 stands in the pool, before its bytes.
 * The caller owns the memory and makes it larger; 16 bytes after the pool must be there.
 */
import {
  BLOCK_ROWS,
  FLAG_QUOTED,
  JOB_OUT,
  fieldAt,
  fieldStride,
  isNull,
  noteNull,
  noteOdd,
  nullMeta,
  resetCounts,
} from './field-block';
import { isText } from './utf8';

const HASHES: usize = 0;
const STARTS: usize = 4;
const CAPACITY: usize = 8;
const POOL: usize = 12;
const POOL_USED: usize = 16;
const POOL_CAPACITY: usize = 20;
const COUNT: usize = 24;
/** Bytes for which the pool lacked room. */
const WANTED: usize = 28;

const LENGTH_MAX: u32 = 1024;
const LENGTH_BYTES: u32 = 4;

const MIX_A: u32 = 0x9e3779b1;
const MIX_B: u32 = 0x85ebca6b;

/** As `hashBytes`. */
function hashOf(at: usize, length: u32): u32 {
  let hash = length;
  const end = at + length;
  for (; at + 4 <= end; at += 4) {
    hash = (hash ^ load<u32>(at)) * MIX_A;
    hash ^= hash >> 15;
  }
  let rest: u32 = 0;
  for (; at < end; at++) rest = (rest << 8) | load<u8>(at);
  hash = (hash ^ rest) * MIX_A;
  hash = (hash ^ (hash >> 13)) * MIX_B;
  hash ^= hash >> 16;
  return hash == 0 ? 1 : hash;
}

/** Codes of a text column from row `from` on; returns the row for which there was no room. */
export function appendTexts(block: usize, job: usize, state: usize, from: i32): i32 {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  const out: usize = load<u32>(job + JOB_OUT);
  const expected = nullMeta(job);
  let entry = fieldAt(block, job) + stride * from;
  if (from == 0) resetCounts(job);
  const hashes: usize = load<u32>(state + HASHES);
  const starts: usize = load<u32>(state + STARTS);
  const pool: usize = load<u32>(state + POOL);
  const capacity = load<u32>(state + CAPACITY);
  const poolCapacity = load<u32>(state + POOL_CAPACITY);
  let count = load<u32>(state + COUNT);
  let used = load<u32>(state + POOL_USED);
  let row = from;
  for (; row < rows; row++, entry += stride) {
    const start: usize = load<u32>(entry);
    const meta = load<u32>(entry, 4);
    if (isNull(job, expected, meta, start)) {
      store<i32>(out + (row << 2), 0);
      noteNull(job, row);
      continue;
    }
    const length = meta & ~FLAG_QUOTED;
    // Fields with escapes have flags that make them too long.
    if (length > LENGTH_MAX || !isText(start, length)) {
      noteOdd(block, job, row);
      continue;
    }
    if (count == capacity || used + LENGTH_BYTES + length > poolCapacity) {
      store<u32>(state + WANTED, LENGTH_BYTES + length);
      break;
    }
    const place = pool + used;
    store<u32>(place, length);
    for (let done: usize = 0; done < length; done += 16) {
      v128.store(place + LENGTH_BYTES + done, v128.load(start + done));
    }
    store<u32>(hashes + ((count as usize) << 2), hashOf(start, length));
    store<u32>(starts + ((count as usize) << 2), used);
    store<i32>(out + (row << 2), count as i32);
    used += LENGTH_BYTES + length;
    count++;
  }
  store<u32>(state + COUNT, count);
  store<u32>(state + POOL_USED, used);
  return row;
}
