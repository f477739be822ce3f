import { describe, expect, test } from 'vitest';
import {
  preciseExp,
  preciseLog,
  preciseLog10,
  precisePower,
} from '../../../../src/functions/kernels/double-double.ts';

describe('powers', () => {
  test('of integers are the exact power, rounded once', () => {
    for (let base = 2; base < 120; base++) {
      for (let exponent = 0; exponent < 64; exponent++) {
        const exact = Number(BigInt(base) ** BigInt(exponent));
        expect(precisePower(base, exponent), `${base} ^ ${exponent}`).toBe(exact);
        const sign = exponent % 2 === 1 ? -1 : 1;
        expect(precisePower(-base, exponent)).toBe(sign * exact);
      }
    }
    expect(precisePower(10, -5)).toBe(1e-5);
    expect(precisePower(10, 150)).toBe(1e150);
    expect(precisePower(10, -150)).toBe(1e-150);
  });

  // The expected digits are PostgreSQL's, whose C library rounds them right.
  test('with fractions', () => {
    expect(precisePower(7, 1.5)).toBe(18.520259177452136);
    expect(precisePower(2, 0.5)).toBe(Math.SQRT2);
    expect(precisePower(1.5, 42)).toBe(24878997.72211503);
  });

  test('special values are those of JavaScript', () => {
    for (const base of [0, -0, 1, -1, 2, -2, 0.5, Infinity, -Infinity, NaN, 1e308, 5e-324]) {
      for (const exponent of [0, -0, Infinity, -Infinity, NaN, 1e308, 1e-310, -1]) {
        expect(precisePower(base, exponent), `${base} ^ ${exponent}`).toBe(base ** exponent);
      }
    }
  });
});

test('exponentials and logarithms', () => {
  expect(preciseExp(1)).toBe(Math.E);
  expect(preciseExp(0)).toBe(1);
  expect(preciseExp(-Infinity)).toBe(0);
  expect(preciseExp(710)).toBe(Infinity);
  expect(preciseLog(2)).toBe(Math.LN2);
  expect(preciseLog(10)).toBe(Math.LN10);
  expect(preciseLog(1)).toBe(0);
  expect(preciseLog(Infinity)).toBe(Infinity);
  for (let k = -300; k <= 300; k++) expect(preciseLog10(Number(`1e${k}`))).toBe(k);
});
