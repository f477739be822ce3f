import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DbError } from '../../../src/errors/db-error.ts';
import { powerNumeric } from '../../../src/types/numeric-functions.ts';
import { formatNumeric, parseNumeric } from '../../../src/types/numeric.ts';

/** 1 + 10^-(zeros + 1), and 1 - 10^-nines. */
const above = (zeros: number, last = '1'): string => `1.${'0'.repeat(zeros)}${last}`;
const below = (nines: number): string => `0.${'9'.repeat(nines)}`;

/** Base, exponent and the md5 of PostgreSQL 15's answer; undefined where the value overflows. */
const POWERS: [string, string, string | undefined][] = [
  [above(16_000), '9'.repeat(16_001), 'b5fb3d734b44d720dbf6acc49124d958'],
  [below(16_000), '9'.repeat(16_001), '1fe4e86809ae9ff374fe8f634bcb45b9'],
  [`-${below(16_000)}`, '9'.repeat(16_001), 'ec77c47c369458ea87e3a41784ec3c18'],
  [above(16_382), '1e16383', 'b5fb3d734b44d720dbf6acc49124d958'],
  [above(3000), '1e3004', 'a34f402e38fc3721c3459bfcd401487d'],
  [above(3000), '-1e3003', '278cb9bc1241eb172839be43d4af5fed'],
  [above(500, '3'), `7${'0'.repeat(502)}.25`, 'f65806d29a9a6b24908b9c6b5b5dcf35'],
  [below(16_000), '9'.repeat(100_000), '1a5a255cc4b0646f8cb27448a2df2310'],
  [above(10_000), '9'.repeat(100_000), undefined],
  [below(10), `-${'9'.repeat(100_000)}`, undefined],
  ['1.1', '62900.5', '9becaafe9df9538724f32e1a4fb243b0'],
  ['1.1', '63057.5', undefined],
];

describe('numeric ^ with long numbers, as PostgreSQL 15 has it', () => {
  const short = (text: string): string => (text.length > 20 ? `${text.slice(0, 20)}...` : text);
  it.each(POWERS.map((row) => [`${short(row[0])} ^ ${short(row[1])}`, row] as const))(
    '%s',
    (_name, [base, exponent, expected]) => {
      const compute = (): string =>
        formatNumeric(powerNumeric(parseNumeric(base), parseNumeric(exponent)));
      if (expected === undefined) expect(compute).toThrow(DbError);
      else expect(createHash('md5').update(compute()).digest('hex')).toBe(expected);
    },
  );
});
