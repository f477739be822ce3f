/** The current time in its many forms. */
import {
  timestampToDate,
  timestampToTime,
  timestampTzToTimeTz,
} from '../../types/datetime/casts.ts';
import { applyDateTimeTypmod } from '../../types/datetime/typmod.ts';
import { formatTime, two, yearText } from '../../types/datetime/format-date-time.ts';
import { civilFromDays, dayOfWeek } from '../../types/datetime/calendar.ts';
import { dayOf, timeOf } from '../../types/datetime/micros.ts';
import { secondsOf } from '../../types/datetime/timezone.ts';
import { DAY_NAMES, MONTH_NAMES } from '../../types/datetime/tokens.ts';
import { utcToLocal } from '../../types/datetime/zone-conversion.ts';
import { OID } from '../../types/type.ts';
import type { Int64, Value } from '../../types/value.ts';
import { scalar } from '../define.ts';
import type { EvalContext, SqlFunction } from '../function.ts';
import { sessionZone } from './operators.ts';

/** The SQL keywords; `precision` is the one in parentheses, -1 for none. */
export type CurrentKeyword =
  | 'current_date'
  | 'current_time'
  | 'current_timestamp'
  | 'localtime'
  | 'localtimestamp';

/** Value of CURRENT_DATE and its relatives for the running transaction. */
export function currentValue(
  keyword: CurrentKeyword,
  precision: number,
  context: EvalContext,
): Value {
  const now = context.transactionMicros;
  const local = (): Int64 => utcToLocal(context.format.timeZone, now);
  switch (keyword) {
    case 'current_date':
      return timestampToDate(local());
    case 'current_time':
      return applyDateTimeTypmod(
        OID.timetz,
        timestampTzToTimeTz(now, context.format) as NonNullable<Value>,
        precision,
      );
    case 'current_timestamp':
      return applyDateTimeTypmod(OID.timestamptz, now, precision);
    case 'localtime':
      return applyDateTimeTypmod(OID.time, timestampToTime(local()) as number, precision);
    case 'localtimestamp':
      return applyDateTimeTypmod(OID.timestamp, local(), precision);
  }
}

/** `Mon Nov 23 03:20:39.123456 2026 UTC`. */
function timeOfDay(context: EvalContext): string {
  const now = context.clock.nowMicros();
  const zone = sessionZone(context);
  const local = utcToLocal(context.format.timeZone, now);
  const days = dayOf(local);
  const { year, month, day } = civilFromDays(days);
  const [whole, fraction = ''] = formatTime(timeOf(local, days)).split('.') as [string, string?];
  const weekday = (DAY_NAMES[dayOfWeek(days)] as string).slice(0, 3);
  const monthName = (MONTH_NAMES[month - 1] as string).slice(0, 3);
  const name = zone.abbreviationAt(secondsOf(now));
  return `${weekday} ${monthName} ${two(day)} ${whole}.${fraction.padEnd(6, '0')} ${yearText(year)} ${name}`;
}

export const currentFunctions: readonly SqlFunction[] = [
  scalar('now() timestamptz', (context: EvalContext) => context.transactionMicros, {
    volatility: 'stable',
  }),
  scalar(
    'transaction_timestamp() timestamptz',
    (context: EvalContext) => context.transactionMicros,
    {
      volatility: 'stable',
    },
  ),
  scalar('statement_timestamp() timestamptz', (context: EvalContext) => context.statementMicros, {
    volatility: 'stable',
  }),
  scalar('clock_timestamp() timestamptz', (context: EvalContext) => context.clock.nowMicros(), {
    volatility: 'volatile',
  }),
  scalar('timeofday() text', timeOfDay, { volatility: 'volatile' }),
];
