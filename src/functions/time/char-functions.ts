/** to_char() of the date/time types and of numbers, to_date() and to_timestamp(text, text). */
import type { Numeric } from '../../types/numeric.ts';
import { INT8_MAX, type Int64 } from '../../types/value.ts';
import { scalar } from '../define.ts';
import type { EvalContext, SqlFunction } from '../function.ts';
import { parseByPicture } from './from-char.ts';
import { numberFromChar } from './number-from-char.ts';
import { floatToChar, integerToChar, numericToChar } from './number-to-char.ts';
import { intervalToChar, timestampToChar, timestampTzToChar } from './to-char.ts';

/** An empty picture gives NULL. */
function numberToChar<T>(
  type: string,
  convert: (value: T, picture: string) => string,
): SqlFunction {
  return scalar(
    `to_char(${type}, text) text`,
    (value: T, picture: string) => (picture === '' ? null : convert(value, picture)),
    { volatility: 'stable' },
  );
}

const numberFunctions: readonly SqlFunction[] = [
  numberToChar<Numeric>('numeric', numericToChar),
  numberToChar<number>('int4', (v, picture) => integerToChar(v, picture, 2147483647n)),
  numberToChar<Int64>('int8', (v, picture) => integerToChar(v, picture, INT8_MAX)),
  numberToChar<number>('float4', (v, picture) => floatToChar(v, picture, true)),
  numberToChar<number>('float8', (v, picture) => floatToChar(v, picture, false)),
];

export const charFunctions: readonly SqlFunction[] = [
  scalar('to_char(timestamp, text) text', timestampToChar, { volatility: 'stable' }),
  scalar('to_char(timestamptz, text) text', timestampTzToChar, { volatility: 'stable' }),
  scalar('to_char(interval, text) text', intervalToChar, { volatility: 'stable' }),
  ...numberFunctions,
  scalar('to_number(text, text) numeric', numberFromChar, { volatility: 'stable' }),
  scalar(
    'to_timestamp(text, text) timestamptz',
    (text: string, picture: string, context: EvalContext): Int64 =>
      parseByPicture(text, picture, context.format).toTimestampTz(),
    { volatility: 'stable' },
  ),
  scalar(
    'to_date(text, text) date',
    (text: string, picture: string, context: EvalContext): number =>
      parseByPicture(text, picture, context.format).toDate(),
    { volatility: 'stable' },
  ),
];
