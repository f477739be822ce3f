/**
 * Rows of COPY's text format: delimiters, newlines, backslashes that take the next byte's meaning. Where
 * there is no backslash, marks are listed first and become fields four at a time.
 */
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

/** A bit for each of the 64 bytes that is the one. */
// @ts-ignore: decorator
@inline
function marksOf(a: v128, b: v128, c: v128, d: v128, mark: v128): u64 {
  return (
    (i8x16.bitmask(i8x16.eq(a, mark)) as u64) |
    ((i8x16.bitmask(i8x16.eq(b, mark)) as u64) << 16) |
    ((i8x16.bitmask(i8x16.eq(c, mark)) as u64) << 32) |
    ((i8x16.bitmask(i8x16.eq(d, mark)) as u64) << 48)
  );
}

/** Writes the addresses of four marks; those behind the last are beyond the window. */
// @ts-ignore: decorator
@inline
function listFour(out: usize, window: u32, bits: u64): u64 {
  store<u32>(out, window + (ctz(bits) as u32));
  bits &= bits - 1;
  store<u32>(out, window + (ctz(bits) as u32), 4);
  bits &= bits - 1;
  store<u32>(out, window + (ctz(bits) as u32), 8);
  bits &= bits - 1;
  store<u32>(out, window + (ctz(bits) as u32), 12);
  return bits & (bits - 1);
}

/** Newlines among the marks of listPlain. */
let newlines: i32 = 0;

/**
 * Lists delimiters and newlines from `at` on, up to the first window of 64 bytes with a backslash, or until
 * there are enough for the block's rows. Returns where the list ends.
 */
function listPlain(block: usize, at: usize, end: usize, delimiter: u32, list: usize): usize {
  const limit = load<i32>(block + BLOCK_LIMIT);
  const full = list + (((limit * load<i32>(block + BLOCK_COLUMNS)) as usize) << 2);
  const delimiters = i8x16.splat(delimiter as i8);
  const lineEnds = i8x16.splat(NEWLINE);
  const backslashes = i8x16.splat(BACKSLASH);
  let lines = 0;
  for (; at < end && lines < limit && list < full; at += 64) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    let bits = marksOf(a, b, c, d, delimiters);
    let ends = marksOf(a, b, c, d, lineEnds);
    let escapes = marksOf(a, b, c, d, backslashes);
    if (end - at < 64) {
      const inside = ((1 as u64) << ((end - at) as u64)) - 1;
      bits &= inside;
      ends &= inside;
      escapes &= inside;
    }
    if (escapes != 0) break;
    lines += popcnt(ends) as i32;
    bits |= ends;
    const next = list + ((popcnt(bits) as usize) << 2);
    // Four after four until the list is past the last: what is written too much is overwritten.
    for (; list < next; list += 16) bits = listFour(list, at as u32, bits);
    list = next;
  }
  newlines = lines;
  return list;
}

/** How many rows the list has from its beginning, up to the first that does not end where it should. */
function wholeRows(list: usize, count: i32, columns: i32, limit: i32): i32 {
  const stride = (columns as usize) << 2;
  const most = min(limit, count / columns);
  let at = list + stride - 4;
  let rows = 0;
  for (; rows < most && load<u8>(load<u32>(at)) == NEWLINE; rows++) at += stride;
  // A newline for each row, and no other among them.
  let others = newlines;
  const end = list + ((count as usize) << 2);
  for (at = list + (rows as usize) * stride; at < end; at += 4) {
    if (load<u8>(load<u32>(at)) == NEWLINE) others--;
  }
  return others == rows ? rows : 0;
}

/**
 * Cuts rows that have no backslashes and are of the usual form; returns where the first row begins that it
 * did not take, which may be any.
 */
function splitPlain(block: usize, at: usize, end: usize, delimiter: u32): usize {
  const columns = load<i32>(block + BLOCK_COLUMNS);
  const limit = load<i32>(block + BLOCK_LIMIT);
  const fields: usize = load<u32>(block + BLOCK_FIELDS);
  // The list has the second half of the fields' place: fields never overtake it.
  const list = fields + (((columns * limit) as usize) << 2);
  const count = ((listPlain(block, at, end, delimiter, list) - list) >> 2) as i32;
  const rows = wholeRows(list, count, columns, limit);
  store<i32>(block + BLOCK_ROWS, rows);
  store<i32>(block + BLOCK_STOP, STOP_END);
  if (rows == 0) return at;
  const total = rows * columns;
  const one = i32x4.splat(1);
  let before = i32x4.splat((at as i32) - 1);
  let from = list;
  let out = fields;
  const last = load<u32>(list + ((total as usize) << 2) - 4);
  for (let i = 0; i < total; i += 4, from += 16, out += 32) {
    const ends = v128.load(from);
    // Each field begins behind the mark before it.
    const starts = i32x4.add(i8x16.shuffle(before, ends, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27), one);
    const lengths = i32x4.sub(ends, starts);
    v128.store(out, i8x16.shuffle(starts, lengths, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23));
    v128.store(out, i8x16.shuffle(starts, lengths, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31), 16);
    before = ends;
  }
  dropReturns(fields + (((columns - 1) as usize) << 3), (columns as usize) << 3, rows);
  return (last as usize) + 1;
}

/** Lines may end in \r\n: the first of the two belongs to no field. */
function dropReturns(field: usize, stride: usize, rows: i32): void {
  for (; rows > 0; rows--, field += stride) {
    const length = load<u32>(field, 4);
    if (length == 0 || load<u8>((load<u32>(field) as usize) + length - 1) != RETURN) continue;
    store<u32>(field, length - 1, 4);
  }
}

/**
 * Cuts complete rows of [at, end) into fields; returns where the first row begins that it did not take.
 * 64 bytes after `end` must be readable, and 512 behind the fields of all rows writable.
 */
export function splitText(block: usize, at: usize, end: usize, delimiter: u32): usize {
  const next = splitPlain(block, at, end, delimiter);
  return next == at ? splitMarked(block, at, end, delimiter) : next;
}

/** The same for rows of any form, mark by mark. */
function splitMarked(block: usize, at: usize, end: usize, delimiter: u32): usize {
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
