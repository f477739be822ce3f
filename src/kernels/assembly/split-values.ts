/** Rows of `VALUES (literal, ...), (...)`: quoted strings, numbers, NULL and other words. */
import {
  BLOCK_COLUMNS,
  BLOCK_FIELDS,
  BLOCK_LIMIT,
  BLOCK_ROWS,
  BLOCK_STOP,
  FLAG_ODD,
  FLAG_QUOTED,
  META_NULL,
  STOP_END,
  STOP_ROW,
  fieldAt,
  fieldStride,
} from './field-block';

/** The text goes on with something that is no row of literals. */
const STOP_OTHER: i32 = 2;

const QUOTE: u8 = 0x27;
const OPEN: u8 = 0x28;
const CLOSE: u8 = 0x29;
const COMMA: u8 = 0x2c;
/** Results of reading a field: the input ended in it, or it is none. */
const CUT: usize = 0;
const BAD: usize = 1;

/** Per byte: white space, a byte of numbers and words (letters, digits, plus, minus, point), other. */
const SPACE: u8 = 1;
const WORD: u8 = 2;
// prettier-ignore
const CLASSES: StaticArray<u8> = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 2, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0,
  0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0,
  0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

// @ts-ignore: decorator
@inline
function classAt(at: usize): u8 {
  return load<u8>(changetype<usize>(CLASSES) + (load<u8>(at) as usize));
}

/** Stops at the end of the input, where a zero byte stands. */
// @ts-ignore: decorator
@inline
function skipSpace(at: usize): usize {
  while (classAt(at) == SPACE) at++;
  return at;
}

/** The next quote in [at, end), or `end`. */
// @ts-ignore: decorator
@inline
function findQuote(at: usize, end: usize): usize {
  for (; at < end; at += 16) {
    const bits = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(QUOTE)));
    if (bits != 0) return min(at + (ctz(bits) as usize), end);
  }
  return end;
}

/** A string from its opening quote on. */
function readString(at: usize, end: usize, out: usize): usize {
  let isDoubled = false;
  let quote = findQuote(at + 1, end);
  while (quote + 1 < end && load<u8>(quote + 1) == QUOTE) {
    isDoubled = true;
    quote = findQuote(quote + 2, end);
  }
  if (quote + 1 >= end) return CUT;
  const length = (quote - at) as u32;
  store<u32>(out, isDoubled ? (at as u32) : (at as u32) + 1);
  store<u32>(out, isDoubled ? (length + 1) | FLAG_ODD : (length - 1) | FLAG_QUOTED, 4);
  return quote + 1;
}

function readWord(at: usize, end: usize, out: usize): usize {
  let p = at;
  while (classAt(p) == WORD) p++;
  if (p >= end) return CUT;
  const length = (p - at) as u32;
  if (length == 0) return BAD;
  store<u32>(out, at as u32);
  if (load<u8>(at) < 0x41) store<u32>(out, length, 4);
  else {
    const isNullWord = length == 4 && (load<u32>(at) | 0x20202020) == 0x6c6c756e;
    store<u32>(out, isNullWord ? META_NULL : length | FLAG_ODD, 4);
  }
  return p;
}

/** One row from its parenthesis on; returns where it ends, CUT or BAD. */
function readRow(at: usize, end: usize, columns: i32, out: usize): usize {
  if (load<u8>(at) != OPEN) return BAD;
  at++;
  for (let field = 1; field <= columns; field++, out += 8) {
    at = skipSpace(at);
    at = load<u8>(at) == QUOTE ? readString(at, end, out) : readWord(at, end, out);
    if (at <= BAD) return at;
    at = skipSpace(at);
    if (load<u8>(at) != (field == columns ? CLOSE : COMMA)) return at >= end ? CUT : BAD;
    at++;
  }
  return at;
}

/**
 * Cuts rows of [at, end) into fields; returns where the next row begins, after its comma, or for
 * STOP_ROW where the last row ended that no comma follows. The byte at `end` is overwritten.
 */
export function splitValues(block: usize, at: usize, end: usize): usize {
  const columns = load<i32>(block + BLOCK_COLUMNS);
  const limit = load<i32>(block + BLOCK_LIMIT);
  let out: usize = load<u32>(block + BLOCK_FIELDS);
  let rows = 0;
  let stop = STOP_END;
  store<u8>(end, 0);
  while (rows < limit && stop == STOP_END) {
    const start = skipSpace(at);
    if (start >= end) break;
    const rowEnd = readRow(start, end, columns, out);
    if (rowEnd == BAD) stop = STOP_OTHER;
    if (rowEnd <= BAD) break;
    const next = skipSpace(rowEnd);
    if (next >= end) break;
    const isMore = load<u8>(next) == COMMA;
    at = isMore ? next + 1 : rowEnd;
    stop = isMore ? STOP_END : STOP_ROW;
    out += (columns as usize) << 3;
    rows++;
  }
  store<i32>(block + BLOCK_ROWS, rows);
  store<i32>(block + BLOCK_STOP, stop);
  return at;
}

/** How many fields of the column are numbers without quotes. */
export function countBare(block: usize, job: usize): i32 {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  let entry = fieldAt(block, job);
  let count = 0;
  for (let row = 0; row < rows; row++, entry += stride) {
    count += load<u32>(entry, 4) < FLAG_QUOTED ? 1 : 0;
  }
  return count;
}
