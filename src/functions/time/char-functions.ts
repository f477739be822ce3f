/** to_char() of the date/time types, to_date() and to_timestamp(text, text). */
import type { Int64 } from '../../types/value.ts';
import { scalar } from '../define.ts';
import type { EvalContext, SqlFunction } from '../function.ts';
import { parseByPicture } from './from-char.ts';
import { intervalToChar, timestampToChar, timestampTzToChar } from './to-char.ts';

export const charFunctions: readonly SqlFunction[] = [
  scalar('to_char(timestamp, text) text', timestampToChar, { volatility: 'stable' }),
  scalar('to_char(timestamptz, text) text', timestampTzToChar, { volatility: 'stable' }),
  scalar('to_char(interval, text) text', intervalToChar, { volatility: 'stable' }),
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
