/**
 * Keys of up to 12 bytes, parted by the upper bits of their hashes and made distinct a part at a time: the slots
 * of a part fit into a near cache, and each part may be another thread's. A record is a key's hash, u32, and the
 * key. Nothing that is read is written, so that all of it may be done again.
 */

/** Said of parts that have more different keys than there is room for. */
const FULL: u32 = 0xffffffff;

/** How many keys there are of each of 2^bits parts, u32 each. */
export function countParts(hashes: usize, rows: i32, bits: u32, counts: usize): void {
  const shift = 32 - bits;
  memory.fill(counts, 0, 4 << bits);
  for (const end = hashes + ((rows as usize) << 2); hashes < end; hashes += 4) {
    const count = counts + ((load<u32>(hashes) >> shift) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
}

/** Writes records to where `starts` (u32, in records from `target`) says that those of each part go. */
export function partKeys(
  work: usize,
  keys: usize,
  width: u32,
  hashes: usize,
  rows: i32,
  bits: u32,
  starts: usize,
  target: usize,
): void {
  memory.copy(work, starts, 4 << bits);
  if (width == 4) part(work, keys, 4, hashes, rows, 32 - bits, target);
  else if (width == 8) part(work, keys, 8, hashes, rows, 32 - bits, target);
  else part(work, keys, 12, hashes, rows, 32 - bits, target);
}

// @ts-ignore: decorator
@inline
function part(
  next: usize,
  keys: usize,
  width: u32,
  hashes: usize,
  rows: i32,
  shift: u32,
  target: usize,
): void {
  for (const end = hashes + ((rows as usize) << 2); hashes < end; hashes += 4, keys += width) {
    const hash = load<u32>(hashes);
    const place = next + ((hash >> shift) << 2);
    const at: usize = load<u32>(place);
    store<u32>(place, (at as u32) + 1);
    const record = target + at * (width + 4);
    store<u32>(record, hash);
    if (width == 4) store<u32>(record, load<u32>(keys), 4);
    else store<u64>(record, load<u64>(keys), 4);
    if (width == 12) store<u32>(record, load<u32>(keys, 8), 12);
  }
}

/**
 * Counts the different keys of one of 2^bits parts, at `out`, and writes behind that, for each of them, the word
 * that lies `word` bytes from its beginning, where it has one there. `work` has room for 2^slotBits slots of 16
 * bytes.
 */
export function distinctKeys(
  work: usize,
  records: usize,
  rows: i32,
  width: u32,
  bits: u32,
  slotBits: u32,
  word: u32,
  out: usize,
): void {
  if (width == 4) distinct(work, records, rows, 4, bits, slotBits, word, out);
  else if (width == 8) distinct(work, records, rows, 8, bits, slotBits, word, out);
  else distinct(work, records, rows, 12, bits, slotBits, word, out);
}

// @ts-ignore: decorator
@inline
function distinct(
  slots: usize,
  record: usize,
  rows: i32,
  width: u32,
  bits: u32,
  slotBits: u32,
  word: u32,
  out: usize,
): void {
  memory.fill(slots, 0, (16 as usize) << slotBits);
  const mask: usize = ((16 as usize) << slotBits) - 1;
  const limit: u32 = 3 << (slotBits - 2);
  const shift = 32 - slotBits;
  let count: u32 = 0;
  for (const end = record + (rows as usize) * (width + 4); record < end; record += width + 4) {
    const first: u64 = width == 4 ? (load<u32>(record, 4) as u64) : load<u64>(record, 4);
    const rest: u32 = width == 12 ? load<u32>(record, 12) : 0;
    let at: usize = (((load<u32>(record) << bits) >> shift) as usize) << 4;
    let slot = slots + at;
    while (load<u32>(slot, 12) != 0 && (load<u64>(slot) != first || load<u32>(slot, 8) != rest)) {
      at = (at + 16) & mask;
      slot = slots + at;
    }
    if (load<u32>(slot, 12) != 0) continue;
    if (count == limit) {
      store<u32>(out, FULL);
      return;
    }
    store<u64>(slot, first);
    store<u32>(slot, rest, 8);
    store<u32>(slot, 1, 12);
    count++;
    if (word < width) store<u32>(out + (count << 2), load<u32>(record + 4 + word));
  }
  store<u32>(out, count);
}
