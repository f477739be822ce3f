/** Zones: names, offsets, gaps and overlaps. */
import { expect, test } from 'vitest';
import { findZone, requireZone, validateZone } from '../../../../src/types/datetime/timezone.ts';
import { localToUtc, utcToLocal } from '../../../../src/types/datetime/zone-conversion.ts';
import { parseTimestamp } from '../../../../src/types/datetime/parse-date-time.ts';
import { SETTINGS } from './reference.ts';

const micros = (text: string): number => parseTimestamp(text, SETTINGS) as number;

test.each([
  ['america/new_york', 'America/New_York'],
  ['UTC', 'UTC'],
  ['us/eastern', 'US/Eastern'],
  ['-8', '<-08>+08'],
  ['5.5', '<+05:30>-05:30'],
  ['<+05:30>-05:30', '<+05:30>-05:30'],
  ['foo3', 'FOO3'],
  ['Mars/Olympus', undefined],
  ['', undefined],
  ['__proto__', undefined],
])('validateZone(%j) is %j', (name, canonical) => {
  expect(validateZone(name)).toBe(canonical);
});

test('POSIX offsets point west', () => {
  expect(requireZone('UTC+3').offsetAt(0)).toBe(-3 * 3600);
  expect(requireZone('<+05:30>-05:30').offsetAt(0)).toBe(5.5 * 3600);
  const posix = requireZone('XXX5YYY,M3.2.0,M11.1.0');
  const eastern = requireZone('America/New_York');
  for (let second = 6e8; second < 7e8; second += 123_457) {
    expect(posix.offsetAt(second)).toBe(eastern.offsetAt(second));
  }
});

test('a time in a gap takes the offset before it, in an overlap the one after', () => {
  const zone = 'America/New_York';
  expect(localToUtc(zone, micros('2019-03-10 02:30:00'))).toBe(micros('2019-03-10 07:30:00'));
  expect(localToUtc(zone, micros('2019-11-03 01:30:00'))).toBe(micros('2019-11-03 06:30:00'));
  expect(localToUtc(zone, micros('2019-03-10 01:59:59'))).toBe(micros('2019-03-10 06:59:59'));
  expect(localToUtc(zone, micros('2019-03-10 03:00:00'))).toBe(micros('2019-03-10 07:00:00'));
});

test('cached stretches agree with a fresh zone in any order', () => {
  const zone = requireZone('Australia/Lord_Howe');
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: 'Australia/Lord_Howe',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  let state = 12345;
  for (let i = 0; i < 2000; i++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    const unix = state - 4e8;
    const parts = Object.fromEntries(
      format.formatToParts(unix * 1000).map((p) => [p.type, Number(p.value)]),
    );
    const { year, month, day, hour, minute, second } = parts as Record<string, number>;
    const local = Date.UTC(year as number, (month as number) - 1, day, hour, minute, second) / 1000;
    expect(zone.offsetAt(unix - 946_684_800), String(unix)).toBe(local - unix);
  }
});

test('far years follow the last rule', () => {
  const summer = BigInt(micros('2020-07-01 12:00:00'));
  const cycle = 146_097n * 86_400_000_000n;
  expect(utcToLocal('Europe/Berlin', summer + 300n * cycle)).toBe(
    summer + 300n * cycle + 7_200_000_000n,
  );
});

test('abbreviations', () => {
  const zone = requireZone('America/New_York');
  expect(zone.abbreviationAt(0)).toBe('EST');
  expect(zone.abbreviationAt(16_000_000)).toBe('EDT');
  expect(requireZone('Asia/Kathmandu').abbreviationAt(0)).toBe('+0545');
  expect(zone.abbreviationAt(-5_000_000_000)).toBe('LMT');
  expect(findZone('nowhere')).toBeUndefined();
});
