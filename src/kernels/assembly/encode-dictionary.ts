/** Vectors of few distinct lanes: the lanes once, then their numbers in as many bits as the highest needs. */
import { bitsOf } from './lane-statistics';
import { pack, packedBytes } from './packing';

/** Parts of the working memory: a hash table of lanes (u32) with their codes + 1 (u16), the codes. */
const KEYS: usize = 12_288;
const CODES: usize = KEYS + 2048;
const NUMBERS: usize = 4096;
const SLOTS: i32 = 512;

/** Distinct lanes in the vector, 0 for more than `limit` (at most 256); then their codes are in `work`. */
export function findDistinct<T>(src: usize, count: i32, limit: i32, work: usize): i32 {
  memory.fill(work + CODES, 0, SLOTS << 1);
  let distinct = 0;
  for (let i = 0; i < count; i++) {
    const lane: u32 = load<T>(src + i * sizeof<T>());
    let slot = <i32>((lane * 2654435761) >> 23);
    let code: i32 = load<u16>(work + CODES + (slot << 1));
    while (code !== 0 && load<u32>(work + KEYS + (slot << 2)) !== lane) {
      slot = (slot + 1) & (SLOTS - 1);
      code = load<u16>(work + CODES + (slot << 1));
    }
    if (code === 0) {
      if (distinct >= limit) return 0;
      code = ++distinct;
      store<u16>(work + CODES + (slot << 1), <u16>code);
      store<u32>(work + KEYS + (slot << 2), lane);
    }
    store<u8>(work + NUMBERS + i, <u8>(code - 1));
  }
  return distinct;
}

/** Bytes behind the scheme's. */
// @ts-ignore: decorator
@inline
export function dictionaryBytes<T>(distinct: i32, count: i32): i32 {
  return 1 + distinct * <i32>sizeof<T>() + packedBytes(count, bitsOf(<u32>(distinct - 1)));
}

export function writeDictionary<T>(dst: usize, distinct: i32, count: i32, work: usize): usize {
  store<u8>(dst++, <u8>(distinct - 1));
  for (let slot = 0; slot < SLOTS; slot++) {
    const code: i32 = load<u16>(work + CODES + (slot << 1));
    if (code === 0) continue;
    const lane = load<u32>(work + KEYS + (slot << 2));
    store<T>(dst + (code - 1) * sizeof<T>(), <T>lane);
  }
  dst += distinct * sizeof<T>();
  const width = bitsOf(<u32>(distinct - 1));
  memory.fill(work + NUMBERS + count, 0, ((count + 127) & ~127) - count);
  pack(work + NUMBERS, dst, count, width);
  return dst + packedBytes(count, width);
}
