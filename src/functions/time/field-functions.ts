/** extract() and date_part(). */
import {
  dateField,
  fieldToFloat8,
  fieldToNumeric,
  intervalField,
  timeField,
  timestampField,
  timeTzField,
  type FieldValue,
} from '../../types/datetime/extract.ts';
import { dateToTimestamp } from '../../types/datetime/casts.ts';
import { MICROS_PER_SECOND } from '../../types/datetime/calendar.ts';
import { isInfinite } from '../../types/datetime/micros.ts';
import { secondsOf } from '../../types/datetime/timezone.ts';
import type { Interval } from '../../types/interval.ts';
import type { TimeTz } from '../../types/time-tz.ts';
import type { Int64 } from '../../types/value.ts';
import { scalar } from '../define.ts';
import type { EvalContext, SqlFunction } from '../function.ts';
import { fieldKernel } from './field-kernel.ts';
import { sessionZone } from './operators.ts';

function momentField(unit: string, value: Int64, context: EvalContext): FieldValue {
  if (isInfinite(value)) return timestampField(unit, value, value, 0);
  const offset = sessionZone(context).offsetAt(secondsOf(value));
  const shift = offset * MICROS_PER_SECOND;
  const local = typeof value === 'number' ? value + shift : value + BigInt(shift);
  return timestampField(unit, local, value, offset);
}

const localField = (unit: string, value: Int64): FieldValue =>
  timestampField(unit, value, value, undefined);

/** date_part of a date goes through timestamp, so it knows hours too. */
const dateAsTimestampField = (unit: string, value: number): FieldValue =>
  localField(unit, dateToTimestamp(value));

export const fieldFunctions: readonly SqlFunction[] = [
  scalar('extract(text, date) numeric', (u: string, v: number) => fieldToNumeric(dateField(u, v))),
  scalar('extract(text, time) numeric', (u: string, v: number) => fieldToNumeric(timeField(u, v))),
  scalar('extract(text, timetz) numeric', (u: string, v: TimeTz) =>
    fieldToNumeric(timeTzField(u, v)),
  ),
  scalar(
    'extract(text, timestamp) numeric',
    (u: string, v: Int64) => fieldToNumeric(localField(u, v)),
    { kernel: fieldKernel() },
  ),
  scalar(
    'extract(text, timestamptz) numeric',
    (u: string, v: Int64, context: EvalContext) => fieldToNumeric(momentField(u, v, context)),
    { volatility: 'stable', kernel: fieldKernel(sessionZone) },
  ),
  scalar('extract(text, interval) numeric', (u: string, v: Interval) =>
    fieldToNumeric(intervalField(u, v)),
  ),
  scalar('date_part(text, date) float8', (u: string, v: number) =>
    fieldToFloat8(dateAsTimestampField(u, v)),
  ),
  scalar('date_part(text, time) float8', (u: string, v: number) => fieldToFloat8(timeField(u, v))),
  scalar('date_part(text, timetz) float8', (u: string, v: TimeTz) =>
    fieldToFloat8(timeTzField(u, v)),
  ),
  scalar(
    'date_part(text, timestamp) float8',
    (u: string, v: Int64) => fieldToFloat8(localField(u, v)),
    { kernel: fieldKernel() },
  ),
  scalar(
    'date_part(text, timestamptz) float8',
    (u: string, v: Int64, context: EvalContext) => fieldToFloat8(momentField(u, v, context)),
    { volatility: 'stable', kernel: fieldKernel(sessionZone) },
  ),
  scalar('date_part(text, interval) float8', (u: string, v: Interval) =>
    fieldToFloat8(intervalField(u, v)),
  ),
];
