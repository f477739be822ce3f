/**
 * ISO dates and timestamps straight into bytes. The text of the last day is kept: neighbouring rows
 * mostly share it.
 */
import {
  civilFromDays,
  daysFromCivil,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
} from '../types/datetime/calendar.ts';
import { formatOffset } from '../types/datetime/format-date-time.ts';
import type { TimeZone } from '../types/datetime/timezone.ts';
import { putDigits } from './field-bytes.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** Years with four digits and no era. */
const FIRST_DAY = daysFromCivil(1, 1, 1);
const LAST_DAY = daysFromCivil(9999, 12, 31);
/** `YYYY-MM-DD HH:MM:SS.ffffff+HH:MM:SS` */
const LONGEST = 36;

export class TimestampWriter {
  #day = Number.NaN;
  readonly #dayText = new Uint8Array(10);
  #offset = Number.NaN;
  #offsetText = new Uint8Array(0);

  /** Writes a date as a field; false where it needs the general form. */
  putDate(out: OutputBuffer, day: number): boolean {
    if (!(day >= FIRST_DAY && day <= LAST_DAY)) return false;
    if (day !== this.#day) this.#setDay(day);
    out.ensure(4 + LONGEST);
    out.view.setInt32(out.length, 10);
    copy(this.#dayText, out.bytes, out.length + 4);
    out.length += 14;
    return true;
  }

  /** Writes a timestamp as a field; with a zone as timestamptz. False where it needs the general form. */
  putTimestamp(out: OutputBuffer, utcMicros: number, zone: TimeZone | undefined): boolean {
    let micros = utcMicros;
    let offset = 0;
    if (zone !== undefined) {
      if (!Number.isFinite(micros)) return false;
      offset = zone.offsetAt(Math.floor(micros / MICROS_PER_SECOND));
      micros += offset * MICROS_PER_SECOND;
    }
    const day = Math.floor(micros / MICROS_PER_DAY);
    if (!(day >= FIRST_DAY && day <= LAST_DAY)) return false;
    if (day !== this.#day) this.#setDay(day);
    out.ensure(4 + LONGEST);
    const { bytes } = out;
    const start = out.length + 4;
    copy(this.#dayText, bytes, start);
    bytes[start + 10] = 32;
    let at = putTimeOfDay(bytes, start + 11, micros - day * MICROS_PER_DAY);
    if (zone !== undefined) {
      if (offset !== this.#offset) this.#setOffset(offset);
      at = copy(this.#offsetText, bytes, at);
    }
    out.view.setInt32(out.length, at - start);
    out.length = at;
    return true;
  }

  #setDay(day: number): void {
    const { year, month, day: dayOfMonth } = civilFromDays(day);
    const text = this.#dayText;
    putDigits(text, 0, year, 4);
    text[4] = 45;
    putDigits(text, 5, month, 2);
    text[7] = 45;
    putDigits(text, 8, dayOfMonth, 2);
    this.#day = day;
  }

  #setOffset(offset: number): void {
    this.#offsetText = new TextEncoder().encode(formatOffset(offset));
    this.#offset = offset;
  }
}

/** `HH:MM:SS` and the fraction without trailing zeros; answers the offset behind it. */
export function putTimeOfDay(bytes: Uint8Array, start: number, micros: number): number {
  const seconds = Math.floor(micros / MICROS_PER_SECOND);
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  let at = putDigits(bytes, start, hours, 2);
  bytes[at] = 58;
  at = putDigits(bytes, at + 1, minutes - hours * 60, 2);
  bytes[at] = 58;
  at = putDigits(bytes, at + 1, seconds - minutes * 60, 2);
  const fraction = micros - seconds * MICROS_PER_SECOND;
  if (fraction === 0) return at;
  bytes[at] = 46;
  at = putDigits(bytes, at + 1, fraction, 6);
  while (bytes[at - 1] === 48) at--;
  return at;
}

function copy(from: Uint8Array, to: Uint8Array, start: number): number {
  for (let i = 0; i < from.length; i++) to[start + i] = from[i] as number;
  return start + from.length;
}
