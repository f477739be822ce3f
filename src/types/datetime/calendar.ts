/**
 * The proleptic Gregorian calendar over days since 2000-01-01. Years are astronomical inside the
 * system: 0 is 1 BC, -1 is 2 BC.
 */

export const MICROS_PER_SECOND = 1_000_000;
export const MICROS_PER_MINUTE = 60_000_000;
export const MICROS_PER_HOUR = 3_600_000_000;
export const MICROS_PER_DAY = 86_400_000_000;
export const SECONDS_PER_DAY = 86_400;

/** Julian day number of 2000-01-01, the zero of dates and timestamps. */
export const EPOCH_JULIAN = 2451545;
/** Days and seconds from 1970-01-01 to 2000-01-01. */
export const UNIX_EPOCH_DAYS = 10957;
export const UNIX_EPOCH_SECONDS = UNIX_EPOCH_DAYS * SECONDS_PER_DAY;

/** First and last dates that a date column can hold: 4714-11-24 BC and 5874897-12-31. */
export const MIN_DATE = -EPOCH_JULIAN;
export const MAX_DATE = 2145031948;

export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const CUMULATIVE_DAYS = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const MONTH_DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (MONTH_DAYS[month] as number);
}

/** Days since 2000-01-01 of a valid date; `day` may run past the month's end. */
export function daysFromCivil(year: number, month: number, day: number): number {
  // Years start in March, so that the leap day is the last one.
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const monthFromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 730425;
}

/** The date of a day number. */
export function civilFromDays(days: number): CivilDate {
  const shifted = days + 730425;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day };
}

/** 1 for 1 January. */
export function dayOfYear(year: number, month: number, day: number): number {
  const leap = month > 2 && isLeapYear(year) ? 1 : 0;
  return (CUMULATIVE_DAYS[month] as number) + leap + day;
}

/** 0 for Sunday .. 6 for Saturday; 2000-01-01 was a Saturday. */
export function dayOfWeek(days: number): number {
  // The remainder of a negative multiple of seven is -0, which a float field would show.
  return (((days + 6) % 7) + 7) % 7;
}

/** 1 for Monday .. 7 for Sunday. */
export function isoDayOfWeek(days: number): number {
  const weekday = dayOfWeek(days);
  return weekday === 0 ? 7 : weekday;
}

/** Day number of the Monday that starts ISO week 1 of a year. */
export function isoYearStart(isoYear: number): number {
  const fourth = daysFromCivil(isoYear, 1, 4);
  return fourth - (isoDayOfWeek(fourth) - 1);
}

/** ISO 8601 week-numbering year of a day. */
export function isoYearOf(days: number): number {
  // The Thursday of a week lies in the year that the week belongs to.
  return civilFromDays(days - isoDayOfWeek(days) + 4).year;
}

/** ISO 8601 week number, 1..53. */
export function isoWeekOf(days: number): number {
  return Math.floor((days - isoYearStart(isoYearOf(days))) / 7) + 1;
}

/** True where PostgreSQL's Julian day arithmetic covers the date (4714-11-24 BC .. 5874898-06-02). */
export function isValidJulian(year: number, month: number, day: number): boolean {
  const low = year > -4713 || (year === -4713 && (month > 11 || (month === 11 && day >= 24)));
  const high = year < 5874898 || (year === 5874898 && month < 6);
  return low && high;
}
