/** to_char over numbers, compared with PostgreSQL for every combination of value and picture. */
import { expect, test } from 'vitest';
import { DbError } from '../../../../src/errors/db-error.ts';
import {
  floatToChar,
  integerToChar,
  numericToChar,
} from '../../../../src/functions/time/number-to-char.ts';
import { parseNumeric } from '../../../../src/types/numeric.ts';
import { startReference } from '../../types/datetime/reference.ts';

const VALUES = [
  '0',
  '0.1',
  '-0.1',
  '1',
  '-1',
  '-12.5',
  '485',
  '-485',
  '1485',
  '148.5',
  '12345.678',
  '0.0004859',
  '1000000',
  '12.45',
  '0.5',
  '2.5',
  '100',
  '123456789012',
  '-0.004',
  '21',
  '112',
  '1234.5',
];
const PICTURES = [
  '99.99',
  '9',
  '999',
  '0999',
  '0999.9',
  '9990999.9',
  '999,999',
  '9,999.999',
  '9G999D999',
  '999.',
  'FM999',
  'FM99.99',
  'FM990.99',
  'FM0999.90',
  'FM9.9',
  'FM.99',
  '.99',
  '0.9',
  'S999',
  '999S',
  'SG999',
  '999SG',
  '999MI',
  'FM999MI',
  'PL999',
  'MI999',
  '999PR',
  'FM999PR',
  '9999.99PR',
  'S0009.99',
  '999th',
  '999TH',
  '99V999',
  '9.99EEEE',
  'L999',
  '"Good number:"999',
  '9 9 9',
  'FM99,999.00',
  'B99',
  'FM0000',
  '00.00',
  '$9,999.99',
  'S99,999.9',
  'FM999D',
  '99.99S',
  'FM99.99S',
  '9S99',
  '999EEEE9',
  '9.9.9',
  'SS9',
  'V.9',
  '9PR9',
];

const CONVERSIONS: Readonly<Record<string, (value: string, picture: string) => string>> = {
  numeric: (value, picture) => numericToChar(parseNumeric(value), picture),
  float8: (value, picture) => floatToChar(Number(value), picture, false),
  float4: (value, picture) => floatToChar(Math.fround(Number(value)), picture, true),
  int4: (value, picture) => integerToChar(Number(value), picture, 2147483647n),
};

test('numbers print as in PostgreSQL', async () => {
  const reference = await startReference();
  const cases = VALUES.flatMap((value) =>
    PICTURES.flatMap((picture) =>
      Object.keys(CONVERSIONS)
        .filter((type) => type !== 'int4' || /^-?\d{1,9}$/.test(value))
        .map((type) => ({ value, picture, type })),
    ),
  );
  const expected = await reference.evaluate(
    cases.map(({ value, picture, type }) => ({
      zone: 'UTC',
      sql: `to_char('${value}'::${type}, '${picture}')`,
    })),
  );
  await reference.close();
  const actual = cases.map(({ value, picture, type }) => {
    try {
      return CONVERSIONS[type]?.(value, picture);
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      return `${error.code} ${error.message}`;
    }
  });
  const show = (results: readonly (string | undefined)[]): string[] =>
    cases.map(({ value, picture, type }, i) => `${type} ${value} '${picture}' -> [${results[i]}]`);
  expect(show(actual)).toEqual(show(expected));
});

test.each([
  [485, 'FMRN', 'CDLXXXV'],
  [485, 'rn', '        cdlxxxv'],
  [4000, 'RN', '###############'],
  [0, 'RN', '###############'],
])('roman numeral of %d by %s', (value, picture, expected) => {
  expect(integerToChar(value, picture, 2147483647n)).toBe(expected);
});
