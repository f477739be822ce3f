import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernelViews } from '../../../src/kernels/memory.ts';
import { DATE_STATE, FieldKind, STRETCH } from '../../../src/kernels/output-kernels.ts';
import {
  formatDate,
  formatTime,
  formatTimestamp,
} from '../../../src/types/datetime/format-date-time.ts';
import { writtenTexts } from './written-texts.ts';
import { expectSame } from '../../support/expect-same.ts';

const ISO = { dateStyle: 'ISO', dateOrder: 'MDY' } as const;
const DAY = 86_400_000_000;
const SAFE = Number.MAX_SAFE_INTEGER;

/** A column without a zone. */
const STATE = {
  bytes: DATE_STATE.bytes,
  make(at: number): void {
    const { u8, f64 } = kernelViews();
    u8.fill(0, at, at + DATE_STATE.bytes);
    f64[(at + DATE_STATE.dayStart) / 8] = Number.NaN;
    f64[(at + DATE_STATE.stretch + STRETCH.start) / 8] = -Infinity;
    f64[(at + DATE_STATE.stretch + STRETCH.end) / 8] = Infinity;
  },
};

describe('ISO dates and times', () => {
  it('prints any date', () => {
    const day = fc.oneof(
      fc.integer({ min: -2_451_545, max: 2_145_031_948 }),
      fc.integer({ min: -800_000, max: 800_000 }),
      fc.constantFrom(Infinity, -Infinity, -730_119, -730_120, -730_121, -2_451_545),
    );
    fc.assert(
      fc.property(fc.array(day, { minLength: 200, maxLength: 1000 }), (days) => {
        expect(writtenTexts(FieldKind.DateText, days, STATE)).toEqual(
          days.map((each) => formatDate(each, ISO)),
        );
      }),
    );
  });

  it('prints every day of some cycles', () => {
    for (const first of [-1_900_000, -740_000, -40_000, 2_900_000]) {
      const days = Array.from({ length: 147_000 }, (_, i) => first + i);
      const expected = days.map((each) => formatDate(each, ISO));
      expectSame(writtenTexts(FieldKind.DateText, days, STATE), expected);
    }
  });

  it('prints any timestamp that a number holds', () => {
    const whole = fc.integer({ min: -3_000, max: 3_000 }).map((days) => days * DAY);
    const micros = fc.oneof(
      fc.integer({ min: -SAFE, max: SAFE }),
      fc.tuple(whole, fc.integer({ min: -3, max: 3 })).map(([start, step]) => start + step),
      fc.tuple(whole, fc.integer({ min: 0, max: 86_399 })).map(([start, s]) => start + s * 1e6),
      fc.tuple(whole, fc.integer({ min: 0, max: 9999 })).map(([start, ms]) => start + ms * 1000),
      fc.constantFrom(Infinity, -Infinity, SAFE, -SAFE, 0, -1),
    );
    fc.assert(
      fc.property(fc.array(micros, { minLength: 200, maxLength: 1000 }), (moments) => {
        expect(writtenTexts(FieldKind.TimestampText, moments, STATE)).toEqual(
          moments.map((each) => formatTimestamp(each, ISO)),
        );
      }),
    );
  });

  it('prints any time of day', () => {
    const micros = fc.oneof(
      fc.integer({ min: 0, max: DAY }),
      fc.integer({ min: 0, max: 86_400 }).map((seconds) => seconds * 1e6),
      fc.integer({ min: 1, max: 86_400 }).map((seconds) => seconds * 1e6 - 1),
    );
    fc.assert(
      fc.property(fc.array(micros, { minLength: 200, maxLength: 1000 }), (times) => {
        expect(writtenTexts(FieldKind.TimeText, times)).toEqual(times.map(formatTime));
      }),
    );
  });
});
