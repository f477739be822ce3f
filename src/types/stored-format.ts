/** The settings that stored values are written and read with: they depend on no session's. */
import type { FormatSettings } from './codec.ts';

export const STORED_FORMAT: FormatSettings = {
  timeZone: 'UTC',
  dateStyle: 'ISO',
  dateOrder: 'MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  nowMicros: 0,
};
