/** Rows of COPY's binary format, and columns of its big-endian values. */
import {
  BLOCK_COLUMNS,
  BLOCK_FIELDS,
  BLOCK_LIMIT,
  BLOCK_ROWS,
  BLOCK_STOP,
  JOB_LIMIT,
  JOB_OUT,
  META_NULL,
  STOP_END,
  STOP_ROW,
  fieldAt,
  fieldStride,
  noteNull,
  noteOdd,
  resetCounts,
} from './field-block';

const LENGTH_MAX: u32 = 1 << 28;
const BAD_LENGTH: usize = 1;

// @ts-ignore: decorator
@inline
function wordAt(at: usize): u32 {
  return bswap(load<u32>(at));
}

/** Writes the fields of one row; returns where it ends, 0 where that is beyond `end`. */
// @ts-ignore: decorator
@inline
function splitRow(at: usize, end: usize, columns: i32, out: usize): usize {
  for (let field = 0; field < columns; field++, out += 8) {
    if (at + 4 > end) return 0;
    const length = wordAt(at);
    at += 4;
    store<u32>(out, at as u32);
    store<u32>(out, length, 4);
    // Most values have eight bytes: a guess that holds keeps `at` free of the load.
    if (length == 8) at += 8;
    else if (length <= LENGTH_MAX) at += length;
    else if (length != META_NULL) return length > 0x7fffffff ? BAD_LENGTH : 0;
  }
  return at > end ? 0 : at;
}

/** As splitText. A row with another number of fields (the trailer, too) is left to the caller. */
export function splitBinary(block: usize, at: usize, end: usize): usize {
  const columns = load<i32>(block + BLOCK_COLUMNS);
  const limit = load<i32>(block + BLOCK_LIMIT);
  let out: usize = load<u32>(block + BLOCK_FIELDS);
  let rows = 0;
  let stop = STOP_END;
  while (rows < limit && at + 2 <= end) {
    if ((bswap(load<u16>(at)) as i32) != columns) {
      stop = STOP_ROW;
      break;
    }
    const next = splitRow(at + 2, end, columns, out);
    if (next == 0) break;
    if (next == BAD_LENGTH) {
      stop = STOP_ROW;
      break;
    }
    out += (columns as usize) << 3;
    at = next;
    rows++;
  }
  store<i32>(block + BLOCK_ROWS, rows);
  store<i32>(block + BLOCK_STOP, stop);
  return at;
}

/** Integers of 2, 4 or 8 bytes within the job's limit. */
export function readIntegers(block: usize, job: usize, width: u32): void {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  const limit = load<f64>(job, JOB_LIMIT);
  let out: usize = load<u32>(job + JOB_OUT);
  let entry = fieldAt(block, job);
  resetCounts(job);
  for (let row = 0; row < rows; row++, entry += stride, out += 8) {
    const start: usize = load<u32>(entry);
    const length = load<u32>(entry, 4);
    if (length != width) {
      leave(block, job, row, length, out);
      continue;
    }
    let value: f64;
    if (width == 8) value = (bswap(load<u64>(start)) as i64) as f64;
    else if (width == 4) value = (wordAt(start) as i32) as f64;
    else value = (bswap(load<u16>(start)) as i16) as f64;
    if (abs(value) > limit) noteOdd(block, job, row);
    else store<f64>(out, value);
  }
}

/** All integers of 8 bytes as such. */
export function readWides(block: usize, job: usize): void {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  let out: usize = load<u32>(job + JOB_OUT);
  let entry = fieldAt(block, job);
  resetCounts(job);
  for (let row = 0; row < rows; row++, entry += stride, out += 8) {
    const length = load<u32>(entry, 4);
    if (length == 8) store<u64>(out, bswap(load<u64>(load<u32>(entry))));
    else leave(block, job, row, length, out);
  }
}

/** Floats of 4 or 8 bytes. */
export function readFloats(block: usize, job: usize, width: u32): void {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  let out: usize = load<u32>(job + JOB_OUT);
  let entry = fieldAt(block, job);
  resetCounts(job);
  for (let row = 0; row < rows; row++, entry += stride, out += 8) {
    const start: usize = load<u32>(entry);
    const length = load<u32>(entry, 4);
    if (length != width) leave(block, job, row, length, out);
    else if (width == 8) store<u64>(out, bswap(load<u64>(start)));
    else store<f64>(out, reinterpret<f32>(wordAt(start)) as f64);
  }
}

/** Booleans to bytes. */
export function readBooleans(block: usize, job: usize): void {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  const out: usize = load<u32>(job + JOB_OUT);
  let entry = fieldAt(block, job);
  resetCounts(job);
  for (let row = 0; row < rows; row++, entry += stride) {
    const length = load<u32>(entry, 4);
    if (length == 1) store<u8>(out + row, load<u8>(load<u32>(entry)) != 0 ? 1 : 0);
    else if (length == META_NULL) {
      store<u8>(out + row, 0);
      noteNull(job, row);
    } else noteOdd(block, job, row);
  }
}

/** A NULL, or a field of a wrong length. */
function leave(block: usize, job: usize, row: i32, length: u32, out: usize): void {
  if (length == META_NULL) {
    store<f64>(out, 0);
    noteNull(job, row);
  } else noteOdd(block, job, row);
}
