/** Text to intervals: PostgreSQL's own forms, the SQL standard's and ISO 8601. */
import { dbError } from '../../errors/db-error.ts';
import type { FormatSettings } from '../codec.ts';
import type { Interval } from '../interval.ts';
import { toInt64, type Int64 } from '../value.ts';
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from './calendar.ts';
import { invalidDateTime } from './date-time-decoder.ts';
import { lexFields, type Field } from './field-lexer.ts';
import { IntervalBuilder, IntervalFieldOverflow } from './interval-builder.ts';
import { intervalRange, RANGE_MINUTE, RANGE_SECOND, smallestField } from './interval-typmod.ts';
import { narrow } from './micros.ts';
import { fractionMicros, fractionOf, integerPrefix } from './number-text.ts';
import { parseIsoInterval } from './parse-iso-interval.ts';
import { tokenKey, UNIT_TOKENS, type Unit } from './tokens.ts';

/** Parses an interval; `typmod` says what a number without a unit means. It is not applied. */
export function parseInterval(
  text: string,
  typmod: number,
  settings: Pick<FormatSettings, 'intervalStyle'>,
): Interval {
  try {
    const fields = lexFields(text);
    const builder =
      fields === undefined ? undefined : decodeFields(fields, intervalRange(typmod), settings);
    const result = builder ?? parseIsoInterval(text);
    if (result === undefined) throw invalidDateTime('interval', text);
    return result.build();
  } catch (error) {
    if (!(error instanceof IntervalFieldOverflow)) throw error;
    throw dbError('interval_field_overflow', `interval field value out of range: "${text}"`);
  }
}

/** Bits for fields that may come once. */
const FIELD_BIT = new Map<Unit, number>([
  ['microsecond', 1],
  ['millisecond', 2],
  ['second', 4],
  ['minute', 8],
  ['hour', 16],
  ['day', 32],
  ['week', 64],
  ['month', 128],
  ['year', 256],
  ['decade', 512],
  ['century', 1024],
  ['millennium', 2048],
]);
const TIME_BITS = 1 | 2 | 4 | 8 | 16;
const SECOND_BITS = 1 | 2 | 4;

/** Reads the fields from the right, units before their values; undefined for a bad format. */
function decodeFields(
  fields: readonly Field[],
  range: number,
  settings: Pick<FormatSettings, 'intervalStyle'>,
): IntervalBuilder | undefined {
  const builder = new IntervalBuilder();
  const forceNegative = settings.intervalStyle === 'sql_standard' && leadingSignRules(fields);
  let unit: Unit | undefined;
  let seen = 0;
  let ago = false;
  for (let i = fields.length - 1; i >= 0; i--) {
    const field = fields[i] as Field;
    let mask: number | undefined;
    if (field.kind === 'text' || field.kind === 'special') {
      const token = UNIT_TOKENS.get(tokenKey(field.text));
      if (token === undefined) return undefined;
      if (token === 'ago') {
        ago = true;
        unit = undefined;
      } else {
        unit = token;
      }
      continue;
    }
    const time = clockField(field);
    if (time !== undefined) {
      mask = addClock(builder, time, range, field.text.startsWith('-'), forceNegative);
      unit = 'day';
    } else {
      if (field.kind === 'time') return undefined;
      mask = addNumber(
        builder,
        field.text,
        unit ?? smallestField(range) ?? 'second',
        forceNegative,
      );
      if (field.text.includes('-', 1)) unit = 'month';
      else unit ??= smallestField(range) ?? 'second';
      // '1 2:03' is a day, and so is the 1 of '1 2' hours.
      if (unit === 'hour') unit = 'day';
    }
    if (mask === undefined || (mask & seen) !== 0) return undefined;
    seen |= mask;
  }
  if (seen === 0) return undefined;
  if (ago) builder.negate();
  return builder;
}

/** In sql_standard style one leading minus negates every field, unless another field has a sign. */
function leadingSignRules(fields: readonly Field[]): boolean {
  if (!fields[0]?.text.startsWith('-')) return false;
  return fields.slice(1).every((f) => !f.text.startsWith('-') && !f.text.startsWith('+'));
}

/** The text of `[+-]hh:mm[:ss]` without its sign, or undefined. */
function clockField(field: Field): string | undefined {
  if (field.kind === 'time') return field.text;
  return field.kind === 'zone' && field.text.includes(':', 1) ? field.text.slice(1) : undefined;
}

function addClock(
  builder: IntervalBuilder,
  text: string,
  range: number,
  negative: boolean,
  forceNegative: boolean,
): number | undefined {
  const micros = clockMicros(text, range);
  if (micros === undefined) return undefined;
  builder.addMicros(negative || forceNegative ? (narrow(-BigInt(micros)) as Int64) : micros, 0, 1);
  return TIME_BITS;
}

/** Microseconds of hh:mm[:ss[.f]] or mm:ss.f; undefined for a bad format. */
function clockMicros(text: string, range: number): Int64 | undefined {
  const parts = text.split(':');
  if (parts.length > 3) return undefined;
  const first = integerPrefix(parts[0] as string);
  if (first.end !== (parts[0] as string).length) return undefined;
  let hours = integer64(parts[0] as string);
  const second = integerPrefix(parts[1] as string);
  let minutes: Int64 = second.value;
  let seconds = 0;
  let fraction = '';
  if (
    second.end < (parts[1] as string).length ||
    (parts.length === 2 && range === (RANGE_MINUTE | RANGE_SECOND))
  ) {
    // mm:ss
    if (parts.length === 3) return undefined;
    fraction = (parts[1] as string).slice(second.end);
    seconds = second.value;
    minutes = hours;
    hours = 0;
  } else if (parts.length === 3) {
    const third = integerPrefix(parts[2] as string);
    seconds = third.value;
    fraction = (parts[2] as string).slice(third.end);
  }
  const fractional = fraction === '' ? 0 : fractionOf(fraction);
  if (fractional === undefined) return undefined;
  if (minutes > 59 || minutes < 0 || seconds > 60 || seconds < 0) throw new IntervalFieldOverflow();
  const builder = new IntervalBuilder();
  builder.addMicros(hours, 0, MICROS_PER_HOUR);
  builder.addMicros(minutes, 0, MICROS_PER_MINUTE);
  builder.addMicros(seconds, 0, MICROS_PER_SECOND);
  builder.addMicros(fractionMicros(fractional), 0, 1);
  return builder.micros;
}

function integer64(text: string): Int64 {
  if (text.length <= 15) return Number(text === '' || text === '-' || text === '+' ? 0 : text);
  const value = narrow(BigInt(text));
  if (value === undefined) throw new IntervalFieldOverflow();
  return toInt64(BigInt(value));
}

/** A number with its unit, or the standard's `years-months`. */
function addNumber(
  builder: IntervalBuilder,
  text: string,
  unit: Unit,
  forceNegative: boolean,
): number | undefined {
  const { end } = integerPrefix(text);
  let value = end === 0 ? 0 : integer64(text.slice(0, end).replace(/^\+/, ''));
  const negative = text.startsWith('-');
  let fraction = 0;
  let target = unit;
  if (text[end] === '-') {
    const months = integerPrefix(text, end + 1);
    if (months.end !== text.length) return undefined;
    if (months.value < 0 || months.value >= 12) throw new IntervalFieldOverflow();
    target = 'month';
    const total = BigInt(value) * 12n + BigInt(negative ? -months.value : months.value);
    const checked = narrow(total);
    if (checked === undefined) throw new IntervalFieldOverflow();
    value = checked;
  } else if (end < text.length) {
    const rest = fractionOf(text.slice(end));
    if (rest === undefined) return undefined;
    fraction = negative ? -rest : rest;
  }
  if (forceNegative) {
    if (value > 0) value = -value;
    if (fraction > 0) fraction = -fraction;
  }
  return addUnit(builder, target, value, fraction);
}

/** Adds value + fraction of a unit; undefined for a unit that intervals do not have. */
export function addUnit(
  builder: IntervalBuilder,
  unit: Unit,
  value: Int64,
  fraction: number,
): number | undefined {
  switch (unit) {
    case 'microsecond':
      builder.addMicros(value, fraction, 1);
      break;
    case 'millisecond':
      builder.addMicros(value, fraction, 1000);
      break;
    case 'second':
      builder.addMicros(value, fraction, MICROS_PER_SECOND);
      return fraction === 0 ? FIELD_BIT.get('second') : SECOND_BITS;
    case 'minute':
      builder.addMicros(value, fraction, MICROS_PER_MINUTE);
      break;
    case 'hour':
      builder.addMicros(value, fraction, MICROS_PER_HOUR);
      break;
    case 'day':
      builder.addDays(value, fraction, 1);
      break;
    case 'week':
      builder.addDays(value, fraction, 7);
      break;
    case 'month':
      builder.addMonths(value, fraction);
      break;
    case 'year':
      builder.addYears(value, fraction, 1);
      break;
    case 'decade':
      builder.addYears(value, fraction, 10);
      break;
    case 'century':
      builder.addYears(value, fraction, 100);
      break;
    case 'millennium':
      builder.addYears(value, fraction, 1000);
      break;
    default:
      return undefined;
  }
  return FIELD_BIT.get(unit);
}
