/** Timestamps, dates and booleans from text, against the types' own readers. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { JOB } from '../../../src/kernels/input-kernels.ts';
import { kernels } from '../../../src/kernels/kernels.ts';
import { tryParseBool } from '../../../src/types/bool.ts';
import {
  parseIsoDateBytes,
  parseIsoTimestampBytes,
} from '../../../src/types/datetime/iso-fast-path.ts';
import { requireZone } from '../../../src/types/datetime/timezone.ts';
import { FieldRows, utf8 } from './support/field-rows.ts';

const rows = new FieldRows();
const pair = (max: number): fc.Arbitrary<string> =>
  fc.oneof(fc.nat({ max }), fc.nat({ max: 99 })).map((n) => String(n).padStart(2, '0'));
const year = fc.oneof(fc.integer({ min: 1715, max: 2285 }), fc.nat({ max: 9999 }));
const date = fc
  .tuple(year, pair(12), pair(31))
  .map(([y, m, d]) => `${String(y).padStart(4, '0')}-${m}-${d}`);
const time = fc
  .tuple(fc.constantFrom(' ', 'T', '_'), pair(23), pair(59), pair(59))
  .map(([separator, h, m, s]) => `${separator}${h}:${m}:${s}`);
const fraction = fc.oneof(
  fc.constant(''),
  fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 8 }).map((digits) => `.${digits}`),
);
const zone = fc.oneof(
  fc.constantFrom('', 'Z', '+00', '-08', '+0530', '+05:30', '-15:59', '+16', '+5', ' UTC', '+05:3'),
  fc.tuple(fc.constantFrom('+', '-'), pair(15), pair(59)).map(([sign, h, m]) => `${sign}${h}:${m}`),
);
const stamp = fc.tuple(date, time, fraction, zone).map((parts) => parts.join(''));
const mutated = fc
  .tuple(stamp, fc.nat({ max: 30 }), fc.constantFrom('', ':', '9', '-', ' ', '\\', 'x'))
  .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1));
const field = fc.oneof(stamp, stamp, date, mutated, fc.constant('\\N'));
/** Neighbours are often the same. */
const fields = fc.array(fc.tuple(field, fc.integer({ min: 1, max: 3 })), { maxLength: 20 });

const DAY = 86_400;

it('reads timestamps', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu');
  fc.assert(
    fc.property(fields, fc.option(zones, { nil: undefined }), (runs, name) => {
      const texts = runs.flatMap(([text, count]) => Array.from({ length: count }, () => text));
      const timeZone = name === undefined ? undefined : requireZone(name);
      rows.place(texts.map(utf8));
      const { start, end, offset } = timeZone?.stretchAt(5e8) ?? { start: 0, end: 0, offset: 0 };
      rows.setDouble(JOB.zoneFrom, start + DAY);
      rows.setDouble(JOB.zoneTo, end - DAY);
      rows.setDouble(JOB.zoneOffset, offset);
      kernels.parseTimestamps(rows.block, rows.job, timeZone === undefined ? 0 : 1);
      rows.numbers().forEach((value, row) => {
        const bytes = utf8(texts[row]);
        const wanted = parseIsoTimestampBytes(bytes, 0, bytes.length, timeZone);
        if (texts[row] === '\\N') expect(value).toBeNull();
        else if (value !== 'odd') expect(value, texts[row]).toBe(wanted);
        // Only a local time that the zone has to place may be left, and a zone behind a space.
        else if (!Number.isNaN(wanted) && !/:.* /.test(texts[row])) expect(timeZone).toBeDefined();
      });
    }),
    { numRuns: 1000 },
  );
});

it('reads dates', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(date, mutated, fc.constant('\\N'))), (texts) => {
      rows.place(texts.map(utf8));
      kernels.parseDates(rows.block, rows.job);
      rows.numbers().forEach((value, row) => {
        const days = parseIsoDateBytes(utf8(texts[row]), 0);
        const isDate = texts[row].length === 10 && !Number.isNaN(days);
        const wanted = isDate ? days : 'odd';
        expect(value, texts[row]).toBe(texts[row] === '\\N' ? null : wanted);
      });
    }),
    { numRuns: 1000 },
  );
});

it('reads booleans', () => {
  const words = ['t', 'f', 'T', 'F', 'y', 'n', '1', '0', 'true', 'false', 'on', 'yes', 'TRUE', '2'];
  const byte = fc.nat({ max: 127 }).map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...words, '', '\\N'), byte)), (texts) => {
      rows.place(texts.map(utf8));
      kernels.parseBooleans(rows.block, rows.job);
      rows.flags().forEach((value, row) => {
        if (texts[row] === '\\N') expect(value).toBeNull();
        else if (value !== 'odd') expect(value === 1).toBe(tryParseBool(texts[row]));
        else expect(/^[tfyn10]$|^(true|false)$/.test(texts[row])).toBe(false);
      });
    }),
  );
});
