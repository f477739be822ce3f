/** time_bucket in all forms, and its kernels against the row-by-row functions. */
import { describe, expect, test } from 'vitest';
import type { KernelArg, ScalarFunction } from '../../../../src/functions/function.ts';
import { parseInterval } from '../../../../src/types/datetime/parse-interval.ts';
import { parseDate, parseTimestamp } from '../../../../src/types/datetime/parse-date-time.ts';
import { formatDate, formatTimestamp } from '../../../../src/types/datetime/format-date-time.ts';
import { sqlType } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { SETTINGS } from '../../types/datetime/reference.ts';
import { randomValues, ZONES } from '../../types/datetime/random-values.ts';
import { callInfo, contextFor, scalarFunction } from './context.ts';
import { seedOf } from '../../../support/seed.ts';

const context = contextFor('UTC', 0);
const span = (text: string) => parseInterval(text, -1, SETTINGS);
const stamp = (text: string) => parseTimestamp(text, SETTINGS);
const day = (text: string) => parseDate(text, SETTINGS);

function call(fn: ScalarFunction, ...args: Value[]): Value {
  return fn.evaluate(args, context, callInfo(fn));
}

describe('time_bucket', () => {
  const bucket = scalarFunction('time_bucket', 'interval', 'timestamp');
  test.each([
    ['5 minutes', '2020-02-03 04:07:09', '2020-02-03 04:05:00'],
    ['300.000s', '2020-02-03 04:07:09', '2020-02-03 04:05:00'],
    ['1 day', '2020-02-03 04:07:09', '2020-02-03 00:00:00'],
    ['1 week', '2020-02-05 04:07:09', '2020-02-03 00:00:00'],
    ['2 days', '2000-01-02 12:00:00', '2000-01-01 00:00:00'],
    ['3 days', '1999-12-31 00:00:00', '1999-12-31 00:00:00'],
    ['1 month', '2020-02-29 23:59:59', '2020-02-01 00:00:00'],
    ['3 months', '2020-06-15 00:00:00', '2020-04-01 00:00:00'],
    ['5 months', '1999-12-31 23:00:00', '1999-08-01 00:00:00'],
    ['10 years', '1995-06-15 00:00:00', '1990-01-01 00:00:00'],
    ['1 hour', 'infinity', 'infinity'],
    ['7 minutes', '0001-01-01 00:03:00', '0001-01-01 00:00:00'],
  ])('%s of %s', (width, value, expected) => {
    expect(formatTimestamp(call(bucket, span(width), stamp(value)) as number, SETTINGS)).toBe(
      expected,
    );
  });

  test.each([
    ['0', 'period must be greater than 0'],
    ['-1 hour', 'period must be greater than 0'],
    ['1 month 1 day', 'month intervals cannot have day or time component'],
    ['1 month 1 second', 'month intervals cannot have day or time component'],
  ])('a width of %s is refused', (width, message) => {
    expect(() => call(bucket, span(width), 0)).toThrow(message);
  });

  test('origin', () => {
    const fn = scalarFunction('time_bucket', 'interval', 'timestamp', 'timestamp');
    const result = call(fn, span('1 week'), stamp('2020-02-05'), stamp('2000-01-02'));
    expect(formatTimestamp(result as number, SETTINGS)).toBe('2020-02-02 00:00:00');
    const months = call(fn, span('3 months'), stamp('2020-06-15'), stamp('2000-02-17'));
    expect(formatTimestamp(months as number, SETTINGS)).toBe('2020-05-01 00:00:00');
  });

  test('offset', () => {
    const fn = scalarFunction('time_bucket', 'interval', 'timestamp', 'interval');
    const result = call(fn, span('5 minutes'), stamp('2020-02-03 04:07:09'), span('2 minutes'));
    expect(formatTimestamp(result as number, SETTINGS)).toBe('2020-02-03 04:07:00');
    const months = call(fn, span('1 month'), stamp('2020-02-01 00:00'), span('3 days'));
    expect(formatTimestamp(months as number, SETTINGS)).toBe('2020-01-04 00:00:00');
  });

  test('dates take whole days only', () => {
    const fn = scalarFunction('time_bucket', 'interval', 'date');
    expect(formatDate(call(fn, span('1 week'), day('2020-02-05')) as number, SETTINGS)).toBe(
      '2020-02-03',
    );
    expect(() => call(fn, span('1 hour'), 0)).toThrow('interval must not have sub-day precision');
    expect(() => call(fn, span('36 hours'), 0)).toThrow('interval must be a multiple of a day');
  });

  test('integers, offsets and the ends of the type', () => {
    const int4 = scalarFunction('time_bucket', 'int4', 'int4');
    const shifted = scalarFunction('time_bucket', 'int4', 'int4', 'int4');
    expect(call(int4, 10, 37)).toBe(30);
    expect(call(int4, 10, -1)).toBe(-10);
    expect(call(shifted, 10, 37, 3)).toBe(33);
    expect(call(shifted, 10, 2, 13)).toBe(-7);
    expect(() => call(int4, 10, -2147483648)).toThrow('timestamp out of range');
    expect(() => call(int4, 0, 1)).toThrow('period must be greater than 0');
    const int8 = scalarFunction('time_bucket', 'int8', 'int8');
    expect(call(int8, 10, 9223372036854775807n)).toBe(9223372036854775800n);
  });

  test('a zone decides where days start', () => {
    const fn = scalarFunction(
      'time_bucket',
      'interval',
      'timestamptz',
      'text',
      'timestamptz',
      'interval',
    );
    const at = (text: string) =>
      formatTimestamp(
        call(fn, span('1 day'), stamp(text), 'Europe/Berlin', null, null) as number,
        SETTINGS,
      );
    expect(at('2019-03-31 12:00')).toBe('2019-03-30 23:00:00');
    expect(at('2019-04-01 12:00')).toBe('2019-03-31 22:00:00');
    expect(call(fn, span('1 day'), 0, null, null, null)).toBeNull();
    expect(() => call(fn, span('1 day'), 0, 'Nowhere/Land', null, null)).toThrow('not recognized');
  });
});

describe('kernels give what the functions give', () => {
  const seed = seedOf('time bucket');
  const random = randomValues(seed);
  const times = Float64Array.from(
    { length: 500 },
    (_, i) => Math.floor((random.next() - 0.5) * 1e15) + (i % 3 === 0 ? 0 : i * 1e6),
  );
  // A dense ascending stretch over a transition, where the cached bucket is used.
  const start = stamp('2019-10-26 20:00:00') as number;
  for (let i = 0; i < 200; i++) times[100 + i] = start + i * 7 * 60e6;

  const widths = [
    '1 minute',
    '15 minutes',
    '1 hour',
    '7 hours',
    '1 day',
    '1 week',
    '1 month',
    '1 year',
  ];
  const units = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'century'];
  const constant = (value: Value): KernelArg => ({ rep: 'constant', type: sqlType(25), value });

  function compare(fn: ScalarFunction, first: Value, zone: string, rest: readonly Value[]): void {
    const scope = contextFor(zone, 0);
    const vector = {
      rep: 'f64',
      type: sqlType(1184),
      length: 500,
      data: times,
      nulls: undefined,
    } as const;
    const info = callInfo(fn);
    const result = fn.kernel?.([constant(first), vector, ...rest.map(constant)], 500, info, scope);
    if (result?.rep !== 'f64') throw new Error('the kernel declined');
    for (let i = 0; i < 500; i++) {
      const expected = fn.evaluate([first, times[i] as number, ...rest], scope, info);
      expect(result.data[i], `row ${i}, ${zone}, seed ${seed}`).toBe(expected);
    }
  }

  test.each(widths)('time_bucket %s', (width) => {
    compare(scalarFunction('time_bucket', 'interval', 'timestamptz'), span(width), 'UTC', []);
    const zoned = scalarFunction(
      'time_bucket',
      'interval',
      'timestamptz',
      'text',
      'timestamptz',
      'interval',
    );
    for (const zone of ZONES) compare(zoned, span(width), 'UTC', [zone, null, null]);
  });

  test.each(units)('date_trunc %s', (unit) => {
    compare(scalarFunction('date_trunc', 'text', 'timestamp'), unit, 'UTC', []);
    for (const zone of ZONES) {
      compare(scalarFunction('date_trunc', 'text', 'timestamptz'), unit, zone, []);
      compare(scalarFunction('date_trunc', 'text', 'timestamptz', 'text'), unit, 'UTC', [zone]);
    }
  });
});
