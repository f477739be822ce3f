/**
 * Dates, times and timestamps in ISO style. A column keeps the text of its last day and the offset of
 * its zone between two transitions in a state of its own; layout in output-kernels.ts.
 */
import { digits8, pair, putUnsigned, ZEROS } from './decimal-digits';

const MICROS_PER_DAY: f64 = 86_400_000_000;
const MICROS_PER_SECOND: f64 = 1_000_000;
const INFINITY: u64 = 0x7974696e69666e69;
/** ` BC` */
const BEFORE_CHRIST: u32 = 0x434220;
/** `::` where they stand in HH:MM:SS. */
const COLONS: u64 = 0x00003a00003a0000;

// Fields of a state.
const DAY_START: usize = 0;
const DAY_LENGTH: usize = 8;
const ERA_LENGTH: usize = 12;
const DAY_TEXT: usize = 16;
const STRETCH: usize = 32;
const STRETCHES: usize = 80;
const FIRST_STRETCH: usize = 96;
// Fields of a stretch.
const STRETCH_START: usize = 0;
const STRETCH_END: usize = 8;
const STRETCH_OFFSET: usize = 16;
const SUFFIX_LENGTH: usize = 24;
const SUFFIX: usize = 32;
const STRETCH_BYTES: usize = 48;

/** Days from 0001-03-01 thirteen cycles of 400 years earlier to 2000-01-01. */
const DAYS_BEFORE: i64 = 730425 + 13 * 146097;

/** A day counted from 2000-01-01, or an infinity. */
export function putDate(out: usize, state: usize, day: f64): usize {
  if (day - day != 0) return putInfinity(out, day);
  if (day != load<f64>(state, DAY_START)) {
    store<f64>(state, day, DAY_START);
    setDay(state, <i64>day);
  }
  v128.store(out, v128.load(state, DAY_TEXT));
  out += load<u32>(state, DAY_LENGTH);
  store<u32>(out, BEFORE_CHRIST);
  return out + load<u32>(state, ERA_LENGTH);
}

/** A moment in microseconds since 2000 UTC; answers 0 where the state has no stretch of the zone for it. */
export function putTimestamp(out: usize, state: usize, micros: f64): usize {
  if (micros - micros != 0) return putInfinity(out, micros);
  const stretch = state + STRETCH;
  if (!(micros >= load<f64>(stretch, STRETCH_START) && micros < load<f64>(stretch, STRETCH_END))) {
    if (!findStretch(state, micros)) return 0;
  }
  const local = micros + load<f64>(stretch, STRETCH_OFFSET);
  let time = local - load<f64>(state, DAY_START);
  // Written so that a start that is not a number counts as another day.
  if (!(time >= 0 && time < MICROS_PER_DAY)) {
    const day = floor(local / MICROS_PER_DAY);
    store<f64>(state, day * MICROS_PER_DAY, DAY_START);
    setDay(state, <i64>day);
    time = local - day * MICROS_PER_DAY;
  }
  v128.store(out, v128.load(state, DAY_TEXT));
  out += load<u32>(state, DAY_LENGTH);
  store<u8>(out, 32);
  out = putTime(out + 1, time);
  v128.store(out, v128.load(stretch, SUFFIX));
  out += load<u32>(stretch, SUFFIX_LENGTH);
  store<u32>(out, BEFORE_CHRIST);
  return out + load<u32>(state, ERA_LENGTH);
}

/** HH:MM:SS and the fraction without trailing zeros. */
// @ts-ignore: decorator
@inline
export function putTime(out: usize, micros: f64): usize {
  // Half a microsecond keeps whole seconds whole: the factor is not exact.
  const seconds = <u32>((micros + 0.5) * 1e-6);
  const minutes = seconds / 60;
  const hours = minutes / 60;
  const clock =
    <u64>pair(hours) |
    (<u64>pair(minutes - hours * 60) << 24) |
    (<u64>pair(seconds - minutes * 60) << 48) |
    COLONS;
  store<u64>(out, clock);
  const fraction = <u32>(micros - <f64>seconds * MICROS_PER_SECOND);
  if (fraction == 0) return out + 8;
  const digits = digits8(fraction * 100);
  store<u8>(out, 46, 8);
  store<u64>(out, digits | ZEROS, 9);
  return out + 17 - (<usize>clz(digits) >> 3);
}

function putInfinity(start: usize, value: f64): usize {
  let out = start;
  if (value < 0) store<u8>(out++, 45);
  store<u64>(out, INFINITY);
  return out + 8;
}

/** Makes the stretch that holds a moment the current one. */
function findStretch(state: usize, micros: f64): bool {
  let stretch = state + FIRST_STRETCH;
  for (let left = load<i32>(state, STRETCHES); left > 0; left--, stretch += STRETCH_BYTES) {
    if (micros >= load<f64>(stretch, STRETCH_START) && micros < load<f64>(stretch, STRETCH_END)) {
      memory.copy(state + STRETCH, stretch, STRETCH_BYTES);
      return true;
    }
  }
  return false;
}

/** Keeps the text of a day: a year of at least four digits, month and day. */
function setDay(state: usize, day: i64): void {
  const shifted = <u32>(day + DAYS_BEFORE);
  const cycle = shifted / 146097;
  const dayOfCycle = shifted - cycle * 146097;
  const yearOfCycle =
    (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36524 - dayOfCycle / 146096) / 365;
  const dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100);
  const monthFromMarch = (5 * dayOfYear + 2) / 153;
  const dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = <i32>(cycle * 400 + yearOfCycle) - 5200 + <i32>(month <= 2);
  store<u32>(state, year > 0 ? 0 : 3, ERA_LENGTH);
  const shown = <u32>(year > 0 ? year : 1 - year);
  const text = state + DAY_TEXT;
  let end = text + 4;
  if (shown < 10_000) store<u32>(text, pair(shown / 100) | (pair(shown % 100) << 16));
  else end = putUnsigned(text, shown);
  store<u8>(end, 45);
  store<u16>(end, <u16>pair(month), 1);
  store<u8>(end, 45, 3);
  store<u16>(end, <u16>pair(dayOfMonth), 4);
  store<u32>(state, <u32>(end + 6 - text), DAY_LENGTH);
}
