/** Every operator and function over random values, compared with PostgreSQL. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DbError } from '../../../../src/errors/db-error.ts';
import type { EvalContext, ScalarFunction } from '../../../../src/functions/function.ts';
import { timeFunctions, timeOperators } from '../../../../src/functions/time/index.ts';
import { dateTimeCodecs } from '../../../../src/types/datetime/codecs.ts';
import { formatNumeric, type Numeric } from '../../../../src/types/numeric.ts';
import { OID, type Oid } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { randomValues, ZONES, type RandomValues } from '../../types/datetime/random-values.ts';
import { startReference, type Reference } from '../../types/datetime/reference.ts';
import { callInfo, contextFor } from './context.ts';
import { seedOf } from '../../../support/seed.ts';

const NAMES = new Map<Oid, string>(Object.entries(OID).map(([name, oid]) => [oid, name]));
const UNITS = [
  'microsecond',
  'milliseconds',
  'second',
  'minute',
  'hour',
  'day',
  'month',
  'year',
  'decade',
  'century',
  'millennium',
  'epoch',
  'julian',
  'dow',
  'doy',
  'isodow',
  'isoyear',
  'timezone',
  'timezone_hour',
  'foo',
];
const PICTURES = [
  'YYYY-MM-DD HH24:MI:SS.US TZH:TZM OF',
  'FMDay, FMDDth FMMonth YYYY',
  'Day DAY day Dy DY dy',
  'Month MONTH month Mon MON mon',
  'HH12:MI AM HH a.m. pm P.M.',
  'CC Y,YYY YYY YY Y',
  'IYYY IYY IY I IW ID IDDD',
  'J Q RM rm FMRM W WW D DDD',
  'MS US FF1 FF2 FF3 FF4 FF5 FF6 SSSS SSSSS',
  'YYYYth MMTH BC A.D. ad',
  '"quoted \\" text" YYYY T HH24',
  'FMHH24 FMMI FMSS FMDD FMMM FMDDD FMYYYY',
];
const INTERVAL_PICTURES = [
  'HH24:MI:SS.US',
  'YYYY MM DD',
  'HH12 HH AM',
  'MS US FF3',
  'FMHH24 FMDD',
  'Day',
  'TZ',
];
const READINGS: readonly (readonly [string, string])[] = [
  ['2001-02-03 04:05:06', 'YYYY-MM-DD HH24:MI:SS'],
  ['20010203', 'YYYYMMDD'],
  ['05 Dec 2000', 'DD Mon YYYY'],
  ['2000    JUN', 'YYYY MON'],
  ['2000    JUN', 'FXYYYY MON'],
  ['12:30 PM', 'HH12:MI PM'],
  ['13:30 PM', 'HH:MI AM'],
  ['2006-42-4', 'IYYY-IW-ID'],
  ['2006-291', 'IYYY-IDDD'],
  ['2001-034', 'YYYY-DDD'],
  ['95', 'YY'],
  ['1,999', 'Y,YYY'],
  ['44-03-15 BC', 'YYYY-MM-DD BC'],
  ['2451187', 'J'],
  ['2001-02-03 04:05:06.7', 'YYYY-MM-DD HH24:MI:SS.MS'],
  ['2001-02-30', 'YYYY-MM-DD'],
  ['abc', 'YYYY'],
  ['20 19 45', 'CC YY MM'],
  ['2001-02-03 04:05:06-05:30', 'YYYY-MM-DD HH24:MI:SSTZH:TZM'],
  ['0097/Feb/16 --> 08:14:30', 'YYYY/Mon/DD --> HH:MI:SS'],
  ['2011$03!18 23_38_15', 'YYYY-MM-DD HH24:MI:SS'],
  ['05121445482000', 'MMDDHH24MISSYYYY'],
  ['2000January09Sunday', 'YYYYFMMonthDDFMDay'],
  ['20000-1116', 'YYYY-MMDD'],
  ['995-1116', 'YYY-MMDD'],
  ['2011 x12 x 18', 'YYYYxMMxDD'],
  ['1st January 2001', 'FMDDth FMMonth YYYY'],
  ['3600', 'SSSS'],
  ['', 'YYYY'],
  ['2001-366', 'YYYY-DDD'],
];

interface Case {
  readonly sql: string;
  readonly zone: string;
  readonly fn: ScalarFunction;
  readonly types: readonly string[];
  readonly args: readonly string[];
}

function parse(type: string, text: string, context: EvalContext): Value {
  const codec = dateTimeCodecs.get(OID[type as keyof typeof OID]);
  if (codec !== undefined) return codec.parseText(text, -1, context.format);
  return type === 'text' ? text : Number(text);
}

function show(oid: Oid, value: Value, context: EvalContext): string {
  if (value === null) return '';
  if (oid === OID.numeric) return formatNumeric(value as Numeric);
  return dateTimeCodecs.get(oid)?.formatText(value, context.format) ?? String(value);
}

function run({ fn, types, args, zone }: Case, now: number): string {
  const context = contextFor(zone, now);
  try {
    const values = args.map((text, i) => parse(types[i] as string, text, context));
    return show(fn.returnType, fn.evaluate(values, context, callInfo(fn)), context);
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

function literals(types: readonly string[], args: readonly string[]): string[] {
  return args.map((arg, i) => `'${arg.replaceAll("'", "''")}'::${types[i]}`);
}

function operatorCases(random: RandomValues): Case[] {
  return timeOperators.flatMap(({ name, fn }) => {
    const types = fn.argTypes.map((oid) => NAMES.get(oid) as string);
    return Array.from({ length: 6 }, () => {
      const args = types.map(random.literal);
      const [left, right] = literals(types, args);
      const sql = right === undefined ? `${name} ${left}` : `${left} ${name} ${right}`;
      return { sql, zone: random.pick(ZONES), fn, types, args };
    });
  });
}

/** The text arguments that a function understands; undefined for functions that are tested elsewhere. */
function textArgument(
  name: string,
  position: number,
  argument: string,
  random: RandomValues,
): string {
  if (position === 0 && ['extract', 'date_part', 'date_trunc'].includes(name))
    return random.pick(UNITS);
  if (name === 'to_char')
    return random.pick(argument === 'interval' ? INTERVAL_PICTURES : PICTURES);
  return random.pick([...ZONES, 'UTC', '+05:30', 'Foo/Bar', 'UTC+3', '-04']);
}

const ELSEWHERE = new Set([
  'time_bucket',
  'now',
  'statement_timestamp',
  'transaction_timestamp',
  'clock_timestamp',
  'timeofday',
  'make_timestamptz',
  'make_timestamp',
  'make_date',
  'make_time',
  'to_date',
]);

function functionCases(random: RandomValues): Case[] {
  const cases: Case[] = [];
  for (const fn of timeFunctions) {
    if (fn.kind !== 'scalar' || ELSEWHERE.has(fn.name) || fn.name === 'to_timestamp') continue;
    const types = fn.argTypes.map((oid) => NAMES.get(oid) as string);
    if (
      types.some(
        (type) =>
          !/^(?:date|time|timetz|timestamp|timestamptz|interval|text|float8|int4)$/.test(type),
      )
    )
      continue;
    const rounds = ['extract', 'date_part', 'date_trunc', 'to_char'].includes(fn.name) ? 80 : 12;
    for (let i = 0; i < rounds; i++) {
      const args = types.map((type, position) => {
        if (type === 'text') return textArgument(fn.name, position, types[0] as string, random);
        if (position === 0 && fn.name === 'date_bin')
          return random.pick(['15 minutes', '1 day', '1 month', '0', '7 hours 3 s']);
        if (position === 0 && fn.name === 'timezone')
          return random.pick(['-08:00', '05:30', '1 day']);
        return random.literal(type);
      });
      const list = literals(types, args);
      const sql =
        fn.name === 'extract'
          ? `extract("${args[0]}" from ${list[1]})`
          : fn.name === 'overlaps'
            ? `(${list[0]}, ${list[1]}) overlaps (${list[2]}, ${list[3]})`
            : `${fn.name}(${list.join(', ')})`;
      cases.push({ sql, zone: random.pick(ZONES), fn, types, args });
    }
  }
  return cases;
}

function readingCases(random: RandomValues): Case[] {
  return timeFunctions.flatMap((fn) => {
    if (
      fn.kind !== 'scalar' ||
      !/^to_(?:date|timestamp)$/.test(fn.name) ||
      fn.argTypes.length !== 2
    )
      return [];
    return READINGS.map(([text, picture]) => ({
      sql: `${fn.name}('${text}', '${picture}')`,
      zone: random.pick(ZONES),
      fn,
      types: ['text', 'text'],
      args: [text, picture],
    }));
  });
}

let reference: Reference;
beforeAll(async () => {
  reference = await startReference('set intervalstyle = postgres');
});
afterAll(() => reference.close());

test.each([
  ['operators', operatorCases],
  ['functions', functionCases],
  ['readings of to_date and to_timestamp', readingCases],
] as const)('%s', async (_name, build) => {
  const seed = seedOf('reference');
  const cases = build(randomValues(seed));
  expect(cases.length).toBeGreaterThan(50);
  const expected = await reference.evaluate(cases);
  const differences: string[] = [];
  cases.forEach((one, i) => {
    const actual = run(one, reference.nowMicros);
    const wanted = expected[i] as string;
    const sameNumber =
      one.fn.returnType === OID.float8 && wanted !== '' && Number(actual) === Number(wanted);
    if (actual !== wanted && !sameNumber)
      differences.push(`${one.zone}: ${one.sql}\n  is ${actual}\n  not ${wanted}`);
  });
  expect(differences, `seed ${seed}`).toEqual([]);
});
