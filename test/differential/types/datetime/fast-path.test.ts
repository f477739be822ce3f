/** The byte-level reader of ISO timestamps against the full parser. */
import { expect, test } from 'vitest';
import { ByteReader } from '../../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/byte-writer.ts';
import { dateTimeCodecs } from '../../../../src/types/datetime/codecs.ts';
import {
  parseIsoTimestamp,
  parseIsoTimestampBytes,
} from '../../../../src/types/datetime/iso-fast-path.ts';
import {
  parseTimestamp,
  parseTimestampTz,
} from '../../../../src/types/datetime/parse-date-time.ts';
import { requireZone } from '../../../../src/types/datetime/timezone.ts';
import { OID } from '../../../../src/types/type.ts';
import { randomValues, ZONES } from './random-values.ts';
import { SETTINGS } from './reference.ts';
import { seedOf } from '../../../support/seed.ts';

const encoder = new TextEncoder();

test('plain forms are read without the full parser', () => {
  expect(parseIsoTimestamp('2000-01-01 00:00:00')).toBe(0);
  expect(parseIsoTimestamp('2000-01-02')).toBe(86_400_000_000);
  expect(parseIsoTimestamp('2000-01-01T00:00:01.5')).toBe(1_500_000);
  expect(parseIsoTimestamp('1999-12-31 23:59:59.999999')).toBe(-1);
  const utc = requireZone('UTC');
  expect(parseIsoTimestamp('2000-01-01T01:00:00+01', utc)).toBe(0);
  expect(parseIsoTimestamp('2000-01-01T01:00:00Z', utc)).toBe(3_600_000_000);
  expect(parseIsoTimestamp('1999-12-31 18:30:00-05:30', utc)).toBe(0);
  expect(parseIsoTimestamp('1999-12-31 19:00:00.5 -0500', utc)).toBe(500_000);
  expect(parseIsoTimestamp('1999-12-31 19:00:00', requireZone('America/New_York'))).toBe(0);
});

test.each([
  '2001-02-29 00:00:00',
  '2001-13-01',
  '2001-00-01',
  '2001-01-00',
  '2001-01-01 24:00:00',
  '2001-01-01 00:60:00',
  '2001-01-01 00:00:60',
  '2001-01-01 00:00:00.1234567',
  '0044-03-15',
  '2001-1-1 00:00:00',
  '2001-01-01 00:00:00 PST',
  '2001-01-01 00:00:00  +00',
  '2001-01-01 00:00:00 ',
  '2001-01-01 00:00:00+1',
  '2001-01-01 00:00:00+17',
  '2001-01-01x00:00:00',
  '',
  'infinity',
  '2001-01-01 00:00',
  '2001-01-01 00:00:00+05:30:15',
])('%j goes to the full parser', (text) => {
  expect(parseIsoTimestamp(text)).toBeNaN();
});

test('random literals read the same either way', () => {
  const seed = seedOf('fast path');
  const random = randomValues(seed);
  for (let i = 0; i < 3000; i++) {
    const text =
      random.literal('timestamp') +
      random.pick(['', '', 'Z', '+05:30', '-08', '+0100', ' +0100', ' -08', ' Z', ' ']);
    const bytes = encoder.encode(`\t${text}\n`);
    const settings = { ...SETTINGS, timeZone: random.pick(ZONES) };
    // A trailing space keeps the full parser's own shortcut away.
    const local = parseIsoTimestampBytes(bytes, 1, bytes.length - 1);
    if (local === local)
      expect(local, `${text} seed ${seed}`).toBe(parseTimestamp(`${text} `, settings));
    const moment = parseIsoTimestampBytes(
      bytes,
      1,
      bytes.length - 1,
      requireZone(settings.timeZone),
    );
    if (moment === moment) {
      expect(moment, `${text} ${settings.timeZone} seed ${seed}`).toBe(
        parseTimestampTz(`${text} `, settings),
      );
    }
  }
});

test('binary forms come back as they were', () => {
  const random = randomValues(7);
  for (const type of ['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval'] as const) {
    const codec = dateTimeCodecs.get(OID[type]);
    if (codec === undefined) throw new Error(type);
    for (let i = 0; i < 200; i++) {
      const value = codec.parseText(random.literal(type), -1, SETTINGS);
      const writer = new ByteWriter();
      codec.writeBinary(writer, value as NonNullable<typeof value>, SETTINGS);
      expect(
        codec.readBinary(new ByteReader(writer.toBytes()), writer.length, -1, SETTINGS),
      ).toEqual(value);
    }
  }
});

test.each([
  ['timestamp', '7fffffffffffffff'],
  ['timestamptz', '7fffffffffffffff'],
  ['date', '7fffffff'],
] as const)('infinity of %s is the largest number on the wire', (type, hex) => {
  const writer = new ByteWriter();
  dateTimeCodecs.get(OID[type])?.writeBinary(writer, Infinity, SETTINGS);
  expect(Buffer.from(writer.toBytes()).toString('hex')).toBe(hex);
  expect(
    dateTimeCodecs.get(OID[type])?.readBinary(new ByteReader(writer.toBytes()), 8, -1, SETTINGS),
  ).toBe(Infinity);
});
