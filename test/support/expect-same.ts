/** Compares long lists of plain values, for which `toEqual` takes many times as long. */
import { expect } from 'vitest';

export function expectSame(
  actual: ArrayLike<unknown>,
  expected: ArrayLike<unknown>,
  message?: string,
): void {
  if (actual.length !== expected.length) expect(actual.length, message).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      expect({ at: i, value: actual[i] }, message).toEqual({ at: i, value: expected[i] });
    }
  }
}
