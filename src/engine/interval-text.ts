/** Fixed-width intervals as microseconds, for chunk widths and time-outs. */
import { dbError } from '../errors/db-error.ts';
import { codecFor } from '../types/codecs.ts';
import { Interval } from '../types/interval.ts';
import { OID } from '../types/type.ts';
import { NEUTRAL_FORMAT } from '../types/neutral-format.ts';

const DAY_MICROS = 86_400_000_000;

/** Width in microseconds; a month counts 30 days, as in TimescaleDB's chunk intervals. */
export function intervalMicros(interval: Interval): number {
  const micros = (interval.months * 30 + interval.days) * DAY_MICROS + Number(interval.micros);
  if (micros > 0 && Number.isSafeInteger(micros)) return micros;
  throw dbError('invalid_parameter_value', 'invalid interval: must be positive');
}

export function intervalCodecText(text: string): number {
  const value = codecFor(OID.interval).parseText(text, -1, NEUTRAL_FORMAT);
  if (value instanceof Interval) return intervalMicros(value);
  throw dbError('invalid_parameter_value', `invalid interval: "${text}"`);
}
