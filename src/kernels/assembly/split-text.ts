/** Rows of COPY's text format: delimiters, newlines, backslashes that take the next byte's meaning. */
import {
  BLOCK_COLUMNS,
  BLOCK_FIELDS,
  BLOCK_LIMIT,
  BLOCK_ROWS,
  BLOCK_STOP,
  FLAG_ODD,
  STOP_END,
  STOP_ROW,
} from './field-block';

const NEWLINE: u8 = 0x0a;
const RETURN: u8 = 0x0d;
const BACKSLASH: u8 = 0x5c;
/** `\.` as two bytes. */
const END_MARK: u16 = 0x2e5c;

/** A bit for each of the 16 bytes that is one of three. */
// @ts-ignore: decorator
@inline
function marks(at: usize, a: v128, b: v128, c: v128): u64 {
  const bytes = v128.load(at);
  const found = v128.or(v128.or(i8x16.eq(bytes, a), i8x16.eq(bytes, b)), i8x16.eq(bytes, c));
  return i8x16.bitmask(found) as u64;
}

/**
 * Cuts complete rows of [at, end) into fields; returns where the first row begins that it did not take.
 * 64 bytes after `end` must be readable.
 */
export function splitText(block: usize, at: usize, end: usize, delimiter: u32): usize {
  const last = load<i32>(block + BLOCK_COLUMNS) - 1;
  const limit = load<i32>(block + BLOCK_LIMIT);
  let out: usize = load<u32>(block + BLOCK_FIELDS);
  const a = i8x16.splat(delimiter as i8);
  const b = i8x16.splat(NEWLINE);
  const c = i8x16.splat(BACKSLASH);
  let rowStart = at;
  let start = at;
  let flags: u32 = 0;
  let field = 0;
  let rows = 0;
  let stop = STOP_END;
  let window = at;
  while (window < end && rows < limit) {
    let bits =
      marks(window, a, b, c) |
      (marks(window + 16, a, b, c) << 16) |
      (marks(window + 32, a, b, c) << 32) |
      (marks(window + 48, a, b, c) << 48);
    if (end - window < 64) bits &= ((1 as u64) << ((end - window) as u64)) - 1;
    let next = window + 64;
    while (bits != 0) {
      const bit = ctz(bits);
      bits &= bits - 1;
      const p = window + (bit as usize);
      const byte = load<u8>(p);
      if (byte == (delimiter as u8)) {
        if (field == last) {
          stop = STOP_ROW;
          break;
        }
        store<u32>(out, start as u32);
        store<u32>(out, ((p - start) as u32) | flags, 4);
        out += 8;
        field++;
        start = p + 1;
        flags = 0;
      } else if (byte == NEWLINE) {
        if (field != last || (last == 0 && isEndMark(start, p))) {
          stop = STOP_ROW;
          break;
        }
        const stopAt = p > start && load<u8>(p - 1) == RETURN ? p - 1 : p;
        store<u32>(out, start as u32);
        store<u32>(out, ((stopAt - start) as u32) | flags, 4);
        out += 8;
        field = 0;
        rowStart = start = p + 1;
        flags = 0;
        if (++rows == limit) break;
      } else {
        flags = FLAG_ODD;
        // The byte after it has no meaning of its own.
        if (bit == 63) next++;
        else bits &= ~((2 as u64) << bit);
      }
    }
    window = stop == STOP_END ? next : end;
  }
  store<i32>(block + BLOCK_ROWS, rows);
  store<i32>(block + BLOCK_STOP, stop);
  return rowStart;
}

function isEndMark(start: usize, newline: usize): bool {
  const length = newline - start;
  if (length != 2 && !(length == 3 && load<u8>(newline - 1) == RETURN)) return false;
  return load<u16>(start) == END_MARK;
}
