/**
 * Encodes lanes as decode-lanes.ts reads them: for each vector of 1,024 the scheme that takes the fewest
 * bytes. `work` has room for 16 KB.
 */
import { dictionaryBytes, findDistinct, writeDictionary } from './encode-dictionary';
import { planBytes, planDeltas, planOffsets, writeNumbers } from './encode-numbers';
import { highest, lowest, runCount, summarise } from './lane-statistics';
import { CONSTANT, DELTAS, DICTIONARY, OFFSETS, PLAIN, RUNS } from './lane-schemes';

const VECTOR = 1024;
const SMALL: usize = 12_288;
/** Bytes above which a vector is worth looking for a dictionary: four bits a number. */
const DICTIONARY_SHARE = 2;

/** Writes the encoded vectors to `dst`; returns their bytes, at most those of the lanes and one each. */
// @ts-ignore: decorator
@inline
function encode<T>(src: usize, rows: i32, dst: usize, work: usize): i32 {
  const start = dst;
  for (; rows > 0; rows -= VECTOR) {
    const count = min(rows, VECTOR);
    dst = encodeVector<T>(src, count, dst, work);
    src += count * sizeof<T>();
  }
  return <i32>(dst - start);
}

function encodeVector<T>(src: usize, count: i32, dst: usize, work: usize): usize {
  summarise<T>(src, count, work + SMALL);
  if (lowest === highest) {
    store<u8>(dst, CONSTANT);
    store<T>(dst + 1, <T>lowest);
    return dst + 1 + sizeof<T>();
  }
  let scheme = PLAIN;
  let bytes: i32 = 1 + count * sizeof<T>();
  const runBytes: i32 = 3 + runCount * (2 + <i32>sizeof<T>());
  if (runBytes < bytes) {
    scheme = RUNS;
    bytes = runBytes;
  }
  planOffsets<T>(src, count, work);
  if (planBytes < bytes) {
    scheme = OFFSETS;
    bytes = planBytes;
  }
  let planned = OFFSETS;
  // Runs of equal lanes at least this long leave nothing to gain.
  if (bytes > 64) {
    planDeltas<T>(src, count, work);
    planned = DELTAS;
    if (planBytes < bytes) {
      scheme = DELTAS;
      bytes = planBytes;
    }
  }
  if (bytes * DICTIONARY_SHARE > count) {
    const distinct = findDistinct<T>(src, count, 1 << min(8, (bytes << 3) / count), work);
    if (distinct > 0 && 1 + dictionaryBytes<T>(distinct, count) < bytes) {
      store<u8>(dst, DICTIONARY);
      return writeDictionary<T>(dst + 1, distinct, count, work);
    }
  }
  store<u8>(dst, scheme);
  dst++;
  if (scheme === PLAIN) {
    memory.copy(dst, src, count * sizeof<T>());
    return dst + count * sizeof<T>();
  }
  if (scheme === RUNS) return writeRuns<T>(src, count, dst);
  if (scheme === OFFSETS && planned !== OFFSETS) planOffsets<T>(src, count, work);
  return writeNumbers<T>(dst, count, scheme === DELTAS, load<T>(src), work);
}

function writeRuns<T>(src: usize, count: i32, dst: usize): usize {
  store<u16>(dst, <u16>runCount);
  let lane = dst + 2;
  let length = lane + runCount * sizeof<T>();
  let from = 0;
  for (let i = 1; i <= count; i++) {
    const before = load<T>(src + from * sizeof<T>());
    if (i < count && load<T>(src + i * sizeof<T>()) === before) continue;
    store<T>(lane, before);
    store<u16>(length, <u16>(i - from));
    lane += sizeof<T>();
    length += 2;
    from = i;
  }
  return length;
}

export function encodeLanesU8(src: usize, rows: i32, dst: usize, work: usize): i32 {
  return encode<u8>(src, rows, dst, work);
}

export function encodeLanesU16(src: usize, rows: i32, dst: usize, work: usize): i32 {
  return encode<u16>(src, rows, dst, work);
}

export function encodeLanesU32(src: usize, rows: i32, dst: usize, work: usize): i32 {
  return encode<u32>(src, rows, dst, work);
}
