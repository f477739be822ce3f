/** Literals in and out, compared with PostgreSQL for every style. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DbError } from '../../../../src/errors/db-error.ts';
import type { FormatSettings } from '../../../../src/types/codec.ts';
import { dateTimeCodecs } from '../../../../src/types/datetime/codecs.ts';
import { intervalTypmod } from '../../../../src/types/datetime/interval-typmod.ts';
import { OID } from '../../../../src/types/type.ts';
import { ZONES, randomValues } from './random-values.ts';
import { SETTINGS, startReference, type Reference } from './reference.ts';
import { seedOf } from '../../../support/seed.ts';

const TIMESTAMPS = [
  '1999-01-08 04:05:06.789',
  '1999-01-08T04:05:06Z',
  'January 8, 1999',
  'Jan 8, 1999 3:04 PM',
  '1/8/1999',
  '1/18/1999',
  '18/1/1999',
  '990108',
  '20010203T040506',
  '20010203T040506.789',
  '20010203 040506',
  '2001-02-03 04:05:06.123456789Z',
  '1999.008',
  'J2451187',
  'j2451187.5',
  '99-08-Jan',
  '08-Jan-99',
  'Jan-08-99',
  '1999-Jan-08',
  '08-Jan-1999',
  'January 8, 99 BC',
  '0044-03-15 BC',
  '4713-01-01 BC',
  '4714-11-24 00:00 BC',
  '4714-11-23 BC',
  '294276-12-31 23:59:59.999999',
  '294277-01-01',
  'infinity',
  '-infinity',
  'epoch',
  'allballs',
  '2001-02-29',
  '2000-02-29',
  '2001-13-01',
  '2001-12-32',
  '1999-01-08 04:05:06 PST',
  '1999-07-08 04:05:06 EDT',
  '1999-01-08 04:05:06 America/Los_Angeles',
  '1999-01-08 04:05:06 Foo/Bar',
  '1999-01-08 04:05:06 foo',
  '1999-01-08 04:05:06+05:30',
  '1999-01-08 04:05:06-0530',
  '1999-01-08 04:05:06+17',
  '1999-01-08 24:00:00',
  '1999-01-08 24:00:01',
  '1999-01-08 23:59:60',
  '1999-01-08 25:00',
  '04:05',
  '',
  '  ',
  'abc',
  '1999',
  '1999-01',
  'Mon Jan 08 1999 04:05:06',
  'Mon Jan 8 04:05:06 1999 PST',
  '12:30:00 2004-05-06',
  '2004-05-06 12:30 AM',
  '2004-05-06 13:30 PM',
  'y2001m02d04',
  '2001-034',
  '0001-01-01',
  '0000-01-01',
  '10000-01-01',
  '2019-03-10 02:30:00',
  '2019-11-03 01:30:00',
  '2019-11-03 01:30:00 EST',
  '1883-11-18 12:01:00',
  '2001-02-03 04:05:06.9999999',
  '1850-01-01',
  '1500-06-15 12:00',
  '2300-07-01 00:00',
  '5000-07-04 12:00',
  '2012-01-01 MSK',
  '2005-07-01 12:00 MSK',
  '2015-01-01 MSK',
  '2001-02-03 04:05:06 UTC+3',
  '1999-01-08 04:05:06 <+0530>-5:30',
  '1999-01-08 04:05:06 MET DST',
  '8 January 1999',
  '1999 8 January',
  '1999-1-8',
  '99-1-8',
  '1-8-99 1:2:3',
  '2001-02-03 4:5',
  '2001-02-03 04',
  '2001-02-03  04:05:06  +02',
  '2001-02-03 at 04:05',
  '2001-02-03,04:05:06',
  '2001/02/03',
  '2001.02.03',
  '03.02.2001',
  '2020-01-01T00:00:00.000000001Z',
  '2020-01-01T00:00:00.5+01',
  '20200101',
  '2020-01-01 040506',
  '2020-01-01 04:05:06.',
  '2020-01-01 1:2:3.4.5',
  '2020-01-01x',
  '2020-01-01 00:00:00 zulu',
  '2020-01-01 00:00Z',
  '2020-06-15 EST5EDT',
  '2020-06-15 12:00 est5edt',
  '2020-06-15 12:00 foo3bar',
  '2020-06-15 12:00 GMT+3',
  '1 2 3',
  '1999-01-08 1999-01-08',
  '12/31/69',
  '12/31/70',
  '2020-01-01 -05:30:15',
  '20010203040506',
  'Thu, 16 Feb 2023 10:00:00 GMT',
  '2001-02-03T04:05:06+01:00',
  'infinity ',
  ' infinity',
  'today',
  '15:04:05 Jan 2 2006',
  '+infinity',
  '2023-W05',
];
const TIMES = [
  '04:05:06.789',
  '04:05:06',
  '04:05',
  '040506',
  '04:05 AM',
  '04:05 PM',
  '12:00 AM',
  '13:00 PM',
  '04:05:06.789-8',
  '04:05:06-08:00',
  '04:05-08:00',
  '040506-08',
  '040506+0730',
  '04:05:06 PST',
  '2003-04-12 04:05:06 America/New_York',
  '04:05:06 America/New_York',
  '24:00:00',
  '24:00:01',
  '23:59:60',
  '23:59:60.5',
  '25:00',
  'allballs',
  '04:05:06.',
  '4',
  '0405',
  '04',
  'a',
  '',
  't040506',
  'T04:05:06',
  '12.5',
  '120000.5',
  '2003-04-12 04:05:06+05',
  '04:05 UTC',
  '04:05:06 America/Phoenix',
  '1:2:3',
  'Jan 8 1999 04:05',
  '15:36:39 America/Bogus',
  '23:59:59.9999999',
  '04:05:06.7891234',
];
const INTERVALS = [
  '1-2',
  '3 4:05:06',
  '1 year 2 months 3 days 4 hours 5 minutes 6 seconds',
  'P1Y2M3DT4H5M6S',
  'P0001-02-03T04:05:06',
  'P00010203T040506',
  '@ 1 minute',
  '1 day ago',
  '-1 day +02:03:04',
  '1 day -00:00:01',
  '300.000s',
  '1.5 hours',
  '1.5 months',
  '1.5 years',
  '1.7 weeks',
  '-1.5 days',
  '5',
  '1:30',
  '1:30.5',
  '1 2',
  '1d',
  '1 d 2 h 3 m 4 s',
  '1m',
  '1mon',
  '1 millennium',
  '2 centuries 3 decades',
  '1.123456789 seconds',
  '100 microseconds',
  '1 ms 5 us',
  '1.5 ms',
  '-0.5 s',
  'P1W',
  'P1.5D',
  'PT1.5H',
  'PT-3S',
  'P-1Y',
  'P',
  'PT',
  '1 day 1 day',
  'foo',
  '',
  '1 foo',
  '2147483647 years',
  '200000000 years',
  '178000000 years',
  '9223372036854 s',
  '9223372036855 s',
  '2562047788:00:54.775807',
  '2562047788:00:54.775808',
  '-2562047788:00:54.775808',
  '1 month -1 day 5:00',
  '-1-2',
  '+1-2',
  '1-12',
  '1-2 3 4:05',
  'P1Y1Y',
  'infinity',
  '1 day month',
  'y2001m02d04',
  '294276-12-31 23:59:59.999999',
  '0.1 microsecond',
  '1e3 s',
  '1.5',
  '.5 s',
  '1 +02:03:04',
  '1 year 1.2 month',
  '3 qtr',
  '1:2:3:4',
  '1:60',
  '00:00:60',
  '- 1 day',
  '1 day 2',
  '1.9999999 s',
  '-1.9999999 s',
  '2147483647 days 24:00',
  'PT36H',
  'P1Y2M3W4D',
  'P10-2',
  '-P1D',
  '1 hour 30 minutes ago',
  '1 week 2 days',
  '1y 2mon',
  '1h30m',
  '1h 30m',
];

/** What PostgreSQL 18, the reference here, reads otherwise than 15. */
const CHANGED_SINCE_15 = new Set([
  '+infinity',
  'infinity',
  '-infinity',
  '1 day month',
  'y2001m02d04',
  '294276-12-31 23:59:59.999999',
  '1 foo',
]);

const TYPMODS: Readonly<Record<string, number>> = {
  'timestamp(3)': 3,
  'timestamptz(0)': 0,
  'time(2)': 2,
  'timetz(1)': 1,
  'interval year': intervalTypmod(4, 0xffff),
  'interval hour to second': intervalTypmod(1024 | 2048 | 4096, 0xffff),
  'interval(2)': intervalTypmod(0x7fff, 2),
  'interval minute to second(1)': intervalTypmod(2048 | 4096, 1),
  'interval day': intervalTypmod(8, 0xffff),
};

function roundTrip(type: string, text: string, settings: FormatSettings): string {
  const name = /^[a-z]+/.exec(type)?.[0] as keyof typeof OID;
  const codec = dateTimeCodecs.get(OID[name]);
  if (codec === undefined) throw new Error(type);
  try {
    const value = codec.parseText(text, TYPMODS[type] ?? -1, settings);
    return codec.formatText(value as NonNullable<typeof value>, settings);
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

const STYLES: readonly (readonly [string, Partial<FormatSettings>])[] = [
  ["set datestyle = 'ISO, MDY'; set intervalstyle = postgres", {}],
  [
    "set datestyle = 'SQL, DMY'; set intervalstyle = postgres_verbose",
    { dateStyle: 'SQL', dateOrder: 'DMY', intervalStyle: 'postgres_verbose' },
  ],
  [
    "set datestyle = 'German, YMD'; set intervalstyle = sql_standard",
    { dateStyle: 'GERMAN', dateOrder: 'YMD', intervalStyle: 'sql_standard' },
  ],
  [
    "set datestyle = 'Postgres, MDY'; set intervalstyle = iso_8601",
    { dateStyle: 'POSTGRES', dateOrder: 'MDY', intervalStyle: 'iso_8601' },
  ],
];

function fixedCases(): { type: string; text: string }[] {
  const cases: { type: string; text: string }[] = [];
  const add = (types: readonly string[], texts: readonly string[]): void => {
    for (const text of texts) for (const type of types) cases.push({ type, text });
  };
  add(['date', 'timestamp', 'timestamptz', 'timestamp(3)', 'timestamptz(0)'], TIMESTAMPS);
  add(['time', 'timetz', 'time(2)', 'timetz(1)'], TIMES);
  const intervals = INTERVALS.filter((text) => !text.includes('2562047788'));
  add(
    ['interval', ...Object.keys(TYPMODS).filter((type) => type.startsWith('interval'))],
    intervals,
  );
  return cases.filter(({ text }) => !CHANGED_SINCE_15.has(text));
}

describe('literals read and print as in PostgreSQL', () => {
  let reference: Reference;
  beforeAll(async () => {
    reference = await startReference();
  });
  afterAll(() => reference.close());

  test.each(STYLES)('%s', async (setup, style) => {
    const seed = seedOf('literals');
    const random = randomValues(seed);
    const zone = random.pick(ZONES);
    const settings = { ...SETTINGS, ...style, timeZone: zone, nowMicros: reference.nowMicros };
    const cases = fixedCases();
    for (let i = 0; i < 400; i++) {
      const type = random.pick(['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval']);
      const text = random.literal(type);
      // Names of war-time summer times (EWT, CEMT) are not kept.
      if (type !== 'timestamptz' || !/^19[0-4]/.test(text)) cases.push({ type, text });
    }
    for (const statement of setup.split('; ')) {
      await reference.evaluate([
        {
          zone,
          sql: statement.replace(/^set (\w+) = '?(.*?)'?$/, "set_config('$1', '$2', false)"),
        },
      ]);
    }
    const expected = await reference.evaluate(
      cases.map(({ type, text }) => ({ zone, sql: `'${text.replaceAll("'", "''")}'::${type}` })),
    );
    const actual = cases.map(({ type, text }) => roundTrip(type, text, settings));
    const show = (results: readonly string[]): string[] =>
      cases.map(({ type, text }, i) => `${type} '${text}' -> ${results[i]}`);
    expect(show(actual), `zone ${zone}, seed ${seed}`).toEqual(show(expected));
  });
});
