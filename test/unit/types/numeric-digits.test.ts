/** Lengths of numerics around powers of ten, where one digit more or less decides. */
import { describe, expect, it } from 'vitest';
import { addNumeric } from '../../../src/types/numeric-arithmetic.ts';
import {
  digitCount,
  makeNumeric,
  NUMERIC_ONE,
  WHOLE_DIGITS_MAX,
} from '../../../src/types/numeric.ts';

describe('digitCount', () => {
  it('tells the digits of powers of ten and of what is one less', () => {
    const wrong: number[] = [];
    let power = 1n;
    for (let exponent = 0; exponent < 3000; exponent++) {
      if (digitCount(power) !== exponent + 1 || digitCount(-power) !== exponent + 1) {
        wrong.push(exponent);
      }
      if (exponent > 0 && digitCount(power - 1n) !== exponent) wrong.push(exponent);
      power *= 10n;
    }
    expect(wrong).toEqual([]);
  });

  it('tells the digits of powers of two', () => {
    for (let bits = 1; bits < 5000; bits += 7) {
      const value = 1n << BigInt(bits);
      expect(digitCount(value)).toBe(value.toString().length);
    }
  });
});

describe('the longest numeric', () => {
  const longest = 10n ** BigInt(WHOLE_DIGITS_MAX) - 1n;

  it('has 131072 digits before the point, whatever its scale', () => {
    expect(() => makeNumeric(longest, 0)).not.toThrow();
    expect(() => makeNumeric(-longest * 100n - 99n, 2)).not.toThrow();
  });

  it('ends with 22003 where it grows by one', () => {
    const overflow = /value overflows numeric format/;
    expect(() => addNumeric(makeNumeric(longest, 0), NUMERIC_ONE)).toThrow(overflow);
    expect(() => makeNumeric(-(longest + 1n) * 100n, 2)).toThrow(overflow);
  });
});
