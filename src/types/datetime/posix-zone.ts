/** POSIX TZ strings: `UTC+3`, `<+0530>-5:30`, `EST5EDT,M3.2.0,M11.1.0`. Offsets in them point west. */
import {
  civilFromDays,
  dayOfWeek,
  daysFromCivil,
  daysInMonth,
  isLeapYear,
  SECONDS_PER_DAY,
} from './calendar.ts';

/** A parsed string: seconds east of UTC, and the daylight saving rule where there is one. */
export interface PosixZone {
  readonly standardName: string;
  readonly standardSeconds: number;
  readonly daylight: PosixDaylight | undefined;
}

export interface PosixDaylight {
  readonly name: string;
  readonly seconds: number;
  readonly start: PosixRule;
  readonly end: PosixRule;
}

interface PosixRule {
  readonly kind: 'julian' | 'day' | 'weekday';
  readonly month: number;
  readonly week: number;
  readonly day: number;
  /** Seconds after local midnight. */
  readonly time: number;
}

/** The rule that a string without one means: that of the United States. */
const DEFAULT_RULE = ',M3.2.0,M11.1.0';

/** Parses a POSIX TZ string, or answers undefined where it is none. */
export function parsePosixZone(text: string): PosixZone | undefined {
  const cursor = new Cursor(text);
  const standardName = cursor.zoneName();
  if (standardName === undefined || cursor.atEnd()) return undefined;
  const west = cursor.offset();
  if (west === undefined) return undefined;
  const standardSeconds = west === 0 ? 0 : -west;
  if (cursor.atEnd()) return { standardName, standardSeconds, daylight: undefined };
  const name = cursor.zoneName();
  if (name === undefined || name === '') return undefined;
  let seconds = standardSeconds + 3600;
  if (!cursor.atEnd() && cursor.peek() !== ',' && cursor.peek() !== ';') {
    const daylightWest = cursor.offset();
    if (daylightWest === undefined) return undefined;
    seconds = -daylightWest;
  }
  const rules = cursor.atEnd() ? new Cursor(DEFAULT_RULE) : cursor;
  const start = rules.separator() ? rules.rule() : undefined;
  const end =
    start !== undefined && rules.peek() === ',' && rules.separator() ? rules.rule() : undefined;
  if (start === undefined || end === undefined || !rules.atEnd()) return undefined;
  return { standardName, standardSeconds, daylight: { name, seconds, start, end } };
}

/** Offset of a POSIX zone with a rule at a moment, seconds since 2000-01-01 UTC. */
export function posixOffsetAt(zone: PosixZone, utcSeconds: number): number {
  const daylight = zone.daylight;
  if (daylight === undefined) return zone.standardSeconds;
  const { year } = civilFromDays(Math.floor((utcSeconds + zone.standardSeconds) / SECONDS_PER_DAY));
  const start = ruleSeconds(daylight.start, year) - zone.standardSeconds;
  const end = ruleSeconds(daylight.end, year) - daylight.seconds;
  const inDaylight =
    start < end ? utcSeconds >= start && utcSeconds < end : utcSeconds >= start || utcSeconds < end;
  return inDaylight ? daylight.seconds : zone.standardSeconds;
}

/** Local seconds since 2000 at which a rule takes effect in a year. */
function ruleSeconds(rule: PosixRule, year: number): number {
  const newYear = daysFromCivil(year, 1, 1);
  if (rule.kind === 'day') return (newYear + rule.day) * SECONDS_PER_DAY + rule.time;
  if (rule.kind === 'julian') {
    const leap = isLeapYear(year) && rule.day >= 60 ? 1 : 0;
    return (newYear + rule.day - 1 + leap) * SECONDS_PER_DAY + rule.time;
  }
  const first = daysFromCivil(year, rule.month, 1);
  let day = 1 + ((rule.day - dayOfWeek(first) + 7) % 7) + (rule.week - 1) * 7;
  if (day > daysInMonth(year, rule.month)) day -= 7;
  return (first + day - 1) * SECONDS_PER_DAY + rule.time;
}

class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  peek(): string {
    return this.#text.charAt(this.#at);
  }

  separator(): boolean {
    if (this.peek() !== ',' && this.peek() !== ';') return false;
    this.#at++;
    return true;
  }

  /** `<...>` or everything up to a digit, sign or comma. */
  zoneName(): string | undefined {
    if (this.peek() === '<') {
      const close = this.#text.indexOf('>', this.#at);
      if (close < 0) return undefined;
      const name = this.#text.slice(this.#at + 1, close);
      this.#at = close + 1;
      return name;
    }
    const start = this.#at;
    while (!this.atEnd() && !'0123456789,+-'.includes(this.peek())) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** [+-]hh[:mm[:ss]] in seconds. */
  offset(): number | undefined {
    let sign = 1;
    if (this.peek() === '-' || this.peek() === '+') {
      sign = this.peek() === '-' ? -1 : 1;
      this.#at++;
    }
    const hours = this.#number(0, 167);
    if (hours === undefined) return undefined;
    let seconds = hours * 3600;
    for (const unit of [60, 1]) {
      if (this.peek() !== ':') break;
      this.#at++;
      const value = this.#number(0, unit === 60 ? 59 : 60);
      if (value === undefined) return undefined;
      seconds += value * unit;
    }
    return sign * seconds;
  }

  rule(): PosixRule | undefined {
    let parsed: Omit<PosixRule, 'time'> | undefined;
    if (this.peek() === 'J') {
      this.#at++;
      const day = this.#number(1, 365);
      if (day !== undefined) parsed = { kind: 'julian', month: 0, week: 0, day };
    } else if (this.peek() === 'M') {
      this.#at++;
      const month = this.#number(1, 12);
      const week = this.#dotted(1, 5);
      const day = this.#dotted(0, 6);
      if (month !== undefined && week !== undefined && day !== undefined) {
        parsed = { kind: 'weekday', month, week, day };
      }
    } else {
      const day = this.#number(0, 365);
      if (day !== undefined) parsed = { kind: 'day', month: 0, week: 0, day };
    }
    if (parsed === undefined) return undefined;
    if (this.peek() !== '/') return { ...parsed, time: 7200 };
    this.#at++;
    const time = this.offset();
    return time === undefined ? undefined : { ...parsed, time };
  }

  #dotted(low: number, high: number): number | undefined {
    if (this.peek() !== '.') return undefined;
    this.#at++;
    return this.#number(low, high);
  }

  #number(low: number, high: number): number | undefined {
    const start = this.#at;
    let value = 0;
    while (!this.atEnd() && this.peek() >= '0' && this.peek() <= '9') {
      value = value * 10 + (this.#text.charCodeAt(this.#at++) - 48);
      if (value > high) return undefined;
    }
    return this.#at === start || value < low ? undefined : value;
  }
}
