/** Numbers from text, against what JavaScript reads. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { wideDecimalPowers } from '../../../src/engine/copy/decimal-powers.ts';
import { JOB, META_NULL } from '../../../src/kernels/input-kernels.ts';
import { kernels } from '../../../src/kernels/kernels.ts';
import { randomSource } from '../../support/random-source.ts';
import { seedOf } from '../../support/seed.ts';
import { FieldRows, utf8 } from './support/field-rows.ts';

const rows = new FieldRows();

const anyText = fc.string({ unit: fc.constantFrom(...'0123456789+-.eE \\N'), maxLength: 24 });
const double = fc.double({ noNaN: true, noDefaultInfinity: true });
const spelled = double.chain((value) =>
  fc.oneof(
    fc.constant(String(value)),
    fc.integer({ min: 0, max: 20 }).map((digits) => value.toExponential(digits)),
    fc.integer({ min: 0, max: 20 }).map((digits) => (value % 1e9).toFixed(digits)),
    fc.integer({ min: 1, max: 21 }).map((digits) => value.toPrecision(digits)),
  ),
);
/** Halfway between two doubles, and their neighbours. */
const nearTies = fc
  .tuple(fc.bigInt({ min: 2n ** 53n, max: 2n ** 54n }), fc.integer({ min: -2, max: 2 }))
  .map(([tie, step]) => String((tie | 1n) + BigInt(step)));
const decimal = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 19n - 1n }), fc.integer({ min: -70, max: 70 }))
  .map(([digits, exponent]) => `${digits}e${exponent}`);
const short = fc.integer({ min: -2000, max: 2000 }).map((n) => String(n / 8));
const pointed = fc.string({ unit: fc.constantFrom(...'0123456789.'), minLength: 1, maxLength: 9 });
const few = fc.oneof(spelled, nearTies, decimal, short, pointed);
const texts = fc.array(fc.oneof(anyText, few), { maxLength: 40 });

const DECIMAL = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

it('reads floats', () => {
  wideDecimalPowers();
  fc.assert(
    fc.property(texts, fc.boolean(), fc.nat({ max: 255 }), (fields, isSingle, follow) => {
      rows.place(fields.map(utf8), follow);
      kernels.parseFloats(rows.block, rows.job, isSingle ? 1 : 0);
      rows.numbers().forEach((value, row) => {
        const text = fields[row];
        if (text === '\\N') expect(value).toBeNull();
        else if (value !== 'odd') {
          expect(text).toMatch(DECIMAL);
          const wanted = isSingle ? Math.fround(Number(text)) : Number(text);
          expect(value, text).toBe(wanted);
          expect(Number.isFinite(value as number)).toBe(true);
        }
      });
    }),
    { numRuns: 2000 },
  );
});

it('leaves hardly a usual float to the caller', () => {
  const random = randomSource(seedOf('usual floats'));
  const float = (): number => (random() - 0.5) * 10 ** Math.floor(random() * 40 - 20);
  const usual = Array.from({ length: 500 }, float);
  rows.place(usual.map((value) => utf8(String(value))));
  kernels.parseFloats(rows.block, rows.job, 0);
  const odd = rows.numbers().filter((value, row) => {
    if (value !== 'odd') expect(value).toBe(usual[row]);
    return value === 'odd';
  });
  expect(odd.length).toBeLessThan(usual.length / 20);
});

it('reads integers', () => {
  const integer = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String);
  const small = fc.integer().map(String);
  const padded = fc.tuple(small, fc.nat({ max: 12 })).map(([text, n]) => '0'.repeat(n) + text);
  const fieldsOf = fc.array(fc.oneof(anyText, integer, small, padded), { maxLength: 40 });
  const limits = fc.constantFrom(32_767, 2_147_483_647, Number.MAX_SAFE_INTEGER);
  fc.assert(
    fc.property(fieldsOf, limits, fc.nat({ max: 255 }), (fields, limit, follow) => {
      rows.place(fields.map(utf8), follow);
      rows.setDouble(JOB.limit, limit);
      kernels.parseIntegers(rows.block, rows.job);
      rows.numbers().forEach((value, row) => {
        const text = fields[row];
        const isPlain = /^-?\d{1,16}$/.test(text) && Math.abs(Number(text)) <= limit;
        if (text === '\\N') expect(value).toBeNull();
        else expect(value, text).toBe(isPlain ? Number(text) + 0 : 'odd');
      });
    }),
    { numRuns: 2000 },
  );
});

const INT8_MAX = 2n ** 63n - 1n;

it('reads integers of 64 bits', () => {
  const wide = fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String);
  const near = fc.bigInt({ min: INT8_MAX - 2n, max: INT8_MAX + 3n });
  const border = fc.tuple(near, fc.constantFrom(1n, -1n)).map(([n, sign]) => String(n * sign));
  const small = fc.integer().map(String);
  const padded = fc.tuple(small, fc.nat({ max: 20 })).map(([text, n]) => '0'.repeat(n) + text);
  const fieldsOf = fc.array(fc.oneof(anyText, wide, border, small, padded), { maxLength: 40 });
  fc.assert(
    fc.property(fieldsOf, fc.nat({ max: 255 }), (fields, follow) => {
      rows.place(fields.map(utf8), follow);
      kernels.parseWides(rows.block, rows.job);
      rows.wides().forEach((value, row) => {
        const text = fields[row];
        const whole = /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
        const isPlain = whole !== undefined && whole <= INT8_MAX && whole >= -INT8_MAX - 1n;
        if (text === '\\N') expect(value).toBeNull();
        else expect(value, text).toBe(isPlain ? whole : 'odd');
      });
    }),
    { numRuns: 2000 },
  );
});

it('reads integers of 64 bits in binary form', () => {
  const field = fc.oneof(
    fc.bigInt({ min: -INT8_MAX - 1n, max: INT8_MAX }),
    fc.constant(null),
    fc.constant('short' as const),
  );
  fc.assert(
    fc.property(fc.array(field, { maxLength: 40 }), (values) => {
      const fields = values.map((value) => binaryForm(value));
      rows.place(fields);
      fields.forEach((bytes, row) => {
        const meta = values[row] === null ? META_NULL : bytes.length;
        rows.set(rows.fields, 8 * row + 4, meta);
      });
      kernels.readWides(rows.block, rows.job);
      expect(rows.wides()).toEqual(values.map((value) => (value === 'short' ? 'odd' : value)));
    }),
  );
});

function binaryForm(value: bigint | null | 'short'): Uint8Array {
  const bytes = Buffer.alloc(value === 'short' ? 4 : 8);
  if (typeof value === 'bigint') bytes.writeBigInt64BE(value);
  return bytes;
}
