/**
 * Columns of timestamps, dates and booleans from text. Only the form that machines write is read here,
 * `YYYY-MM-DD[ HH:MM:SS[.ffffff][zone]]`, with the limits of types/datetime/iso-fast-path.ts.
 */
import {
  BLOCK_ROWS,
  FLAG_QUOTED,
  JOB_MEMO_BYTES,
  JOB_MEMO_LENGTH,
  JOB_MEMO_VALUE,
  JOB_OUT,
  JOB_ZONE_FROM,
  JOB_ZONE_OFFSET,
  JOB_ZONE_TO,
  MEMO_BYTES,
  fieldAt,
  fieldStride,
  isNull,
  noteNull,
  nullMeta,
  noteOdd,
  resetCounts,
} from './field-block';

const NONE: i32 = i32.MIN_VALUE;
const DAY_MICROS: i64 = 86_400_000_000;
const SECOND_MICROS: i64 = 1_000_000;
const MONTH_DAYS: StaticArray<u8> = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const FRACTION_SCALE: StaticArray<i32> = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/** Two digits, or a negative number far from zero. */
// @ts-ignore: decorator
@inline
function pair(at: usize): i32 {
  const tens = (load<u8>(at) as u32) - 48;
  const ones = (load<u8>(at + 1) as u32) - 48;
  return tens <= 9 && ones <= 9 ? ((tens * 10 + ones) as i32) : -1_000_000;
}

/** Days since 2000 of ten bytes, NONE where they are no date between 1720 and 2280. */
function dateOf(at: usize): i32 {
  const year = pair(at) * 100 + pair(at + 2);
  const month = pair(at + 5);
  const day = pair(at + 8);
  if (load<u8>(at + 4) != 0x2d || load<u8>(at + 7) != 0x2d) return NONE;
  if (year < 1720 || year > 2280 || month < 1 || month > 12 || day < 1) return NONE;
  if (day > 28) {
    const isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const days = load<u8>(changetype<usize>(MONTH_DAYS) + month) as i32;
    if (day > days + (month == 2 && isLeap ? 1 : 0)) return NONE;
  }
  // Years begin in March.
  const shifted = month <= 2 ? year - 1 : year;
  const fromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = (153 * fromMarch + 2) / 5 + day - 1;
  return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 730425;
}

/** Where the text goes on after date and time of day, and the micros that they are. */
let micros: i64 = 0;

function timeOfDay(at: usize, end: usize): usize {
  const separator = load<u8>(at);
  if ((separator != 0x20 && separator != 0x54) || end - at < 9) return 0;
  const hours = pair(at + 1);
  const minutes = pair(at + 4);
  const seconds = pair(at + 7);
  if (load<u8>(at + 3) != 0x3a || load<u8>(at + 6) != 0x3a) return 0;
  if ((hours as u32) >= 24 || (minutes as u32) >= 60 || (seconds as u32) >= 60) return 0;
  micros = ((hours * 3600 + minutes * 60 + seconds) as i64) * SECOND_MICROS;
  at += 9;
  if (at < end && load<u8>(at) == 0x2e) {
    const first = ++at;
    let fraction: i32 = 0;
    for (; at < end && at - first <= 6; at++) {
      const digit = (load<u8>(at) as u32) - 48;
      if (digit > 9) break;
      fraction = fraction * 10 + (digit as i32);
    }
    if (at - first > 6) return 0;
    const scale = load<i32>(changetype<usize>(FRACTION_SCALE) + ((at - first) << 2));
    micros += (fraction as i64) * (scale as i64);
  }
  return at;
}

/** Seconds east of Z, +HH, +HHMM or +HH:MM, or NONE. */
function offsetOf(at: usize, end: usize): i32 {
  const sign = load<u8>(at);
  const length = end - at;
  if (length == 1) return sign == 0x5a ? 0 : NONE;
  if (sign != 0x2b && sign != 0x2d) return NONE;
  const hours = pair(at + 1);
  let minutes: i32 = 0;
  if (length == 6 && load<u8>(at + 3) == 0x3a) minutes = pair(at + 4);
  else if (length == 5) minutes = pair(at + 3);
  else if (length != 3) return NONE;
  if ((hours as u32) > 15 || (minutes as u32) >= 60) return NONE;
  const seconds = hours * 3600 + minutes * 60;
  return sign == 0x2d ? -seconds : seconds;
}

/** Micros since 2000, NaN where the caller has to read the text. */
function timestampOf(job: usize, start: usize, end: usize, hasZone: bool): f64 {
  if (end - start < 10) return NaN;
  const days = dateOf(start);
  if (days == NONE) return NaN;
  micros = 0;
  let at = start + 10;
  if (at < end) {
    at = timeOfDay(at, end);
    if (at == 0) return NaN;
  }
  const local = (days as i64) * DAY_MICROS + micros;
  if (at < end) {
    const offset = offsetOf(at, end);
    if (offset == NONE) return NaN;
    // A timestamp without zone ignores the offset.
    return (hasZone ? local - (offset as i64) * SECOND_MICROS : local) as f64;
  }
  if (!hasZone) return local as f64;
  const seconds = (days as f64) * 86400 + ((micros / SECOND_MICROS) as f64);
  if (!(seconds >= load<f64>(job, JOB_ZONE_FROM) && seconds < load<f64>(job, JOB_ZONE_TO))) {
    return NaN;
  }
  return (local as f64) - load<f64>(job, JOB_ZONE_OFFSET) * 1_000_000;
}

/** True where the text is the one that was read last. */
// @ts-ignore: decorator
@inline
function isMemo(job: usize, start: usize, length: u32): bool {
  if (length != load<u32>(job, JOB_MEMO_LENGTH)) return false;
  const memo = job + JOB_MEMO_BYTES;
  let at: u32 = 0;
  for (; at + 8 <= length; at += 8) {
    if (load<u64>(start + at) != load<u64>(memo + at)) return false;
  }
  const rest = (length - at) << 3;
  if (rest == 0) return true;
  return ((load<u64>(start + at) ^ load<u64>(memo + at)) << ((64 - rest) as u64)) == 0;
}

/** Timestamps; rows of one scrape share theirs, so the last text is kept with its value. */
export function parseTimestamps(block: usize, job: usize, hasZone: i32): void {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  let out: usize = load<u32>(job + JOB_OUT);
  const expected = nullMeta(job);
  let entry = fieldAt(block, job);
  let value = load<f64>(job, JOB_MEMO_VALUE);
  resetCounts(job);
  for (let row = 0; row < rows; row++, entry += stride, out += 8) {
    const start: usize = load<u32>(entry);
    const meta = load<u32>(entry, 4);
    if (isNull(job, expected, meta, start)) {
      store<f64>(out, 0);
      noteNull(job, row);
      continue;
    }
    const length = meta & ~FLAG_QUOTED;
    if (isMemo(job, start, length)) {
      store<f64>(out, value);
      continue;
    }
    const read = length <= MEMO_BYTES ? timestampOf(job, start, start + length, hasZone != 0) : NaN;
    if (read != read) {
      noteOdd(block, job, row);
      continue;
    }
    value = read;
    store<f64>(out, value);
    store<f64>(job, value, JOB_MEMO_VALUE);
    store<u32>(job, length, JOB_MEMO_LENGTH);
    memory.copy(job + JOB_MEMO_BYTES, start, length);
  }
}

/** Dates to days since 2000. */
export function parseDates(block: usize, job: usize): void {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  let out: usize = load<u32>(job + JOB_OUT);
  const expected = nullMeta(job);
  let entry = fieldAt(block, job);
  resetCounts(job);
  for (let row = 0; row < rows; row++, entry += stride, out += 8) {
    const start: usize = load<u32>(entry);
    const meta = load<u32>(entry, 4);
    if (isNull(job, expected, meta, start)) {
      store<f64>(out, 0);
      noteNull(job, row);
      continue;
    }
    const days = (meta & ~FLAG_QUOTED) == 10 ? dateOf(start) : NONE;
    if (days == NONE) noteOdd(block, job, row);
    else store<f64>(out, days as f64);
  }
}

/** Booleans of one letter or digit, `true` and `false`, to bytes. */
export function parseBooleans(block: usize, job: usize): void {
  const rows = load<i32>(block + BLOCK_ROWS);
  const stride = fieldStride(block);
  const out: usize = load<u32>(job + JOB_OUT);
  const expected = nullMeta(job);
  let entry = fieldAt(block, job);
  resetCounts(job);
  for (let row = 0; row < rows; row++, entry += stride) {
    const start: usize = load<u32>(entry);
    const meta = load<u32>(entry, 4);
    if (isNull(job, expected, meta, start)) {
      store<u8>(out + row, 0);
      noteNull(job, row);
      continue;
    }
    const value = booleanOf(start, meta & ~FLAG_QUOTED);
    if (value < 0) noteOdd(block, job, row);
    else store<u8>(out + row, value as u8);
  }
}

function booleanOf(start: usize, length: u32): i32 {
  if (length == 1) {
    const byte = load<u8>(start);
    const letter = byte | 0x20;
    if (letter == 0x74 || letter == 0x79 || byte == 0x31) return 1;
    return letter == 0x66 || letter == 0x6e || byte == 0x30 ? 0 : -1;
  }
  if (length == 4) return load<u32>(start) == 0x65757274 ? 1 : -1;
  if (length == 5) return load<u32>(start) == 0x736c6166 && load<u8>(start + 4) == 0x65 ? 0 : -1;
  return -1;
}
