import { describe, expect, it } from 'vitest';
import { formatGeneral } from '../../../src/types/float-text.ts';
import { numericFromFloat4, numericFromFloat8 } from '../../../src/types/numeric-convert.ts';
import { formatNumeric, parseNumeric } from '../../../src/types/numeric.ts';
import { randomSource } from '../../support/random-source.ts';
import { rounds } from '../../support/rounds.ts';
import { seedOf } from '../../support/seed.ts';

const seed = seedOf('numeric of floats');
const random = randomSource(seed);

/** What PostgreSQL does: it prints so many digits and reads them. */
function expected(value: number, digits: number): string {
  return formatNumeric(parseNumeric(formatGeneral(value, digits)));
}

function decimal(): number {
  const places = Math.floor(random() * 12);
  return Math.round(random() * 10 ** (random() * 15)) / 10 ** places;
}

function anyDouble(): number {
  const words = new Uint32Array([random() * 2 ** 32, random() * 2 ** 32]);
  const [value] = new Float64Array(words.buffer);
  return finite(value);
}

/** Doubles next to powers of ten, and to halves of the last digit that is kept. */
const finite = (value: number): number => (Number.isFinite(value) ? value : 0);

function border(): number {
  const power = 10 ** Math.floor(random() * 40 - 20);
  const half = Math.floor(random() * 1e15) + 0.5;
  const value = random() < 0.5 ? power : half / 10 ** Math.floor(random() * 16);
  return value * (1 + (Math.floor(random() * 9) - 4) * Number.EPSILON);
}

const KINDS = [decimal, anyDouble, border, () => random() * 1e6, () => 1e-5 * random()];

function check(of: (value: number) => string, values: () => number, digits: number): string[] {
  const wrong: string[] = [];
  for (let i = 0; i < rounds(8_000); i++) {
    const value = values() * (random() < 0.3 ? -1 : 1);
    if (of(value) !== expected(value, digits)) wrong.push(`${value}: ${of(value)}`);
  }
  return wrong;
}

describe(`numeric of floats (seed ${seed})`, () => {
  it.each(KINDS.map((values, i) => [i, values] as const))(
    '15 digits of a double, %i',
    (_, values) => {
      expect(check((value) => formatNumeric(numericFromFloat8(value)), values, 15)).toEqual([]);
    },
  );

  it.each(KINDS.map((values, i) => [i, values] as const))(
    '6 digits of a float4, %i',
    (_, values) => {
      const of = (value: number): string => formatNumeric(numericFromFloat4(value));
      expect(check(of, () => finite(Math.fround(values())), 6)).toEqual([]);
    },
  );

  it.each([0, -0, 9.99999999999999, 0.1, 999999.5, 1e15, 123456789012345.6, 5e-324, 1e22, 1e23])(
    'the same of %d',
    (value) => {
      expect(formatNumeric(numericFromFloat8(value))).toBe(expected(value, 15));
      expect(formatNumeric(numericFromFloat4(value))).toBe(expected(value, 6));
    },
  );
});
