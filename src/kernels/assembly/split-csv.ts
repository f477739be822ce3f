/** Rows of CSV. Fields with quotes at both ends are taken; other uses of quotes are left to the caller. */
import {
  BLOCK_COLUMNS,
  BLOCK_FIELDS,
  BLOCK_LIMIT,
  BLOCK_ROWS,
  BLOCK_STOP,
  FLAG_ODD,
  FLAG_QUOTED,
  STOP_END,
  STOP_ROW,
} from './field-block';

const NEWLINE: u8 = 0x0a;
const RETURN: u8 = 0x0d;
const END_MARK: u16 = 0x2e5c;

/** Whether the quoted field that was read last holds doubled or escaped quotes. */
let quotedDirty: bool = false;

/** The next byte in [at, end) that is `a` or `b`, or `end`. */
function findEither(at: usize, end: usize, a: u8, b: u8): usize {
  const first = i8x16.splat(a);
  const second = i8x16.splat(b);
  for (; at < end; at += 16) {
    const bytes = v128.load(at);
    const bits = i8x16.bitmask(v128.or(i8x16.eq(bytes, first), i8x16.eq(bytes, second)));
    if (bits != 0) return min(at + (ctz(bits) as usize), end);
  }
  return end;
}

/** The quote that closes the field whose first byte within quotes is at `at`; 0 where there is none. */
function closingQuote(at: usize, end: usize, quote: u8, escape: u8): usize {
  quotedDirty = false;
  while (true) {
    const p = findEither(at, end, quote, escape);
    // What follows a quote decides what it is.
    if (p + 1 >= end) return 0;
    const byte = load<u8>(p);
    const next = load<u8>(p + 1);
    if (byte == escape && (next == quote || (next == escape && escape != quote))) {
      quotedDirty = true;
      at = p + 2;
    } else if (byte == quote) return p;
    else at = p + 1;
  }
}

/** A bit for each byte of 16 that may end a field or begin a quoted one. */
// @ts-ignore: decorator
@inline
function marks(at: usize, delimiter: v128, quote: v128): u64 {
  const bytes = v128.load(at);
  const ends = v128.or(
    i8x16.eq(bytes, i8x16.splat(NEWLINE)),
    i8x16.eq(bytes, i8x16.splat(RETURN)),
  );
  const others = v128.or(i8x16.eq(bytes, delimiter), i8x16.eq(bytes, quote));
  return i8x16.bitmask(v128.or(ends, others)) as u64;
}

// @ts-ignore: decorator
@inline
function isEndMark(start: usize, end: usize): bool {
  return end - start == 2 && load<u16>(start) == END_MARK;
}

// @ts-ignore: decorator
@inline
function storeField(out: usize, start: usize, end: usize, isQuoted: bool): void {
  const length = (end - start) as u32;
  if (!isQuoted || quotedDirty) {
    store<u32>(out, start as u32);
    store<u32>(out, isQuoted ? length | FLAG_ODD : length, 4);
  } else {
    store<u32>(out, (start as u32) + 1);
    store<u32>(out, (length - 2) | FLAG_QUOTED, 4);
  }
}

/** As splitText; `marksWord` holds delimiter, quote and escape, a byte each. */
export function splitCsv(block: usize, at: usize, end: usize, marksWord: u32): usize {
  const delimiter = marksWord as u8;
  const quote = (marksWord >> 8) as u8;
  const escape = (marksWord >> 16) as u8;
  const last = load<i32>(block + BLOCK_COLUMNS) - 1;
  const limit = load<i32>(block + BLOCK_LIMIT);
  let out: usize = load<u32>(block + BLOCK_FIELDS);
  const a = i8x16.splat(delimiter);
  const b = i8x16.splat(quote);
  let rowStart = at;
  let start = at;
  /** End of a quoted field that was just read: the next mark must follow it. */
  let quotedEnd: usize = 0;
  let field = 0;
  let rows = 0;
  let stop = STOP_END;
  let window = at;
  let isDone = false;
  while (window < end && !isDone) {
    let bits =
      marks(window, a, b) |
      (marks(window + 16, a, b) << 16) |
      (marks(window + 32, a, b) << 32) |
      (marks(window + 48, a, b) << 48);
    if (end - window < 64) bits &= ((1 as u64) << ((end - window) as u64)) - 1;
    let next = window + 64;
    while (bits != 0) {
      const p = window + (ctz(bits) as usize);
      bits &= bits - 1;
      const byte = load<u8>(p);
      // From here on, leaving this loop ends everything unless a quoted field moves the window.
      isDone = true;
      if (byte == quote) {
        if (p != start || quotedEnd != 0) stop = STOP_ROW;
        else {
          const close = closingQuote(p + 1, end, quote, escape);
          if (close == 0) break;
          next = quotedEnd = close + 1;
          isDone = false;
        }
        break;
      }
      const isDelimiter = byte == delimiter;
      const isRegular = quotedEnd != 0 ? quotedEnd == p : last != 0 || !isEndMark(start, p);
      if (!isRegular || isDelimiter == (field == last)) {
        stop = STOP_ROW;
        break;
      }
      let after = p + 1;
      if (byte == RETURN && !isDelimiter) {
        if (after >= end) break;
        if (load<u8>(after) == NEWLINE) {
          if (after < window + 64) bits &= bits - 1;
          else next++;
          after++;
        }
      }
      storeField(out, start, p, quotedEnd != 0);
      quotedEnd = 0;
      out += 8;
      start = after;
      field++;
      isDone = false;
      if (isDelimiter) continue;
      field = 0;
      rowStart = after;
      isDone = ++rows == limit;
      if (isDone) break;
    }
    window = next;
  }
  store<i32>(block + BLOCK_ROWS, rows);
  store<i32>(block + BLOCK_STOP, stop);
  return rowStart;
}
