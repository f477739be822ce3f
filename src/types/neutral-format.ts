/** Settings that are no session's: what is stored, and what the server writes of itself, depends on none. */
import type { FormatSettings } from './codec.ts';

export const NEUTRAL_FORMAT: FormatSettings = {
  timeZone: 'UTC',
  dateStyle: 'ISO',
  dateOrder: 'MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  nowMicros: 0,
};
