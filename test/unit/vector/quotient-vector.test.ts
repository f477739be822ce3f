import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';
import { codecFor } from '../../../src/types/codecs.ts';
import { divideNumeric } from '../../../src/types/numeric-arithmetic.ts';
import { numericFromInt } from '../../../src/types/numeric-convert.ts';
import { formatNumeric, Numeric } from '../../../src/types/numeric.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { concat } from '../../../src/vector/concat.ts';
import { gather, gatherOrNull, gatherSteps, slice } from '../../../src/vector/gather.ts';
import { QUOTIENT_BYTES_MAX } from '../../../src/vector/output/quotient-source.ts';
import { QUOTIENT_COUNT_MAX, QuotientVector } from '../../../src/vector/quotient-vector.ts';
import { valueAt, type AnyVector, type Vector } from '../../../src/vector/vector.ts';
import type { FormatSettings } from '../../../src/types/codec.ts';

const NUMERIC = sqlType(OID.numeric);
const power = fc.integer({ min: 0, max: 15 }).map((exponent) => 10 ** exponent);
const sum = fc.oneof(
  fc.integer({ min: -100_000, max: 100_000 }),
  fc.maxSafeInteger(),
  fc.tuple(power, fc.integer({ min: -3, max: 3 })).map(([base, by]) => base + by),
  fc.constantFrom(0, -0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
const count = fc.oneof(
  fc.integer({ min: 1, max: 400 }),
  fc.integer({ min: 1, max: QUOTIENT_COUNT_MAX }),
  // Where the kernel goes over from eight digits a step to four.
  fc.integer({ min: 90_071_980, max: 90_072_000 }),
  fc.tuple(power, fc.integer({ min: 0, max: 2 })).map(([base, by]) => Math.min(base + by, 9e11)),
  fc.constantFrom(1, QUOTIENT_COUNT_MAX),
);

function quotientOf(total: number, rows: number): Numeric {
  return divideNumeric(new Numeric(BigInt(total), 0), numericFromInt(rows));
}

describe('the quotient kernel', () => {
  /** Quotients that are whole numbers or next to one. */
  const nearWhole = fc
    .tuple(count, fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: -1, max: 1 }))
    .map(([by, times, off]): [number, number] => [by * times + off, by]);
  const pair = fc.oneof(fc.tuple(sum, fc.oneof(count, fc.constant(0))), nearWhole);
  const pairs = fc.array(pair, { minLength: 1, maxLength: 40 });

  /** The bytes of each quotient. */
  function written(values: readonly (readonly [number, number])[], isText: boolean): Uint8Array[] {
    const rows = values.length;
    const sums = scratch(rows * (16 + 8 + QUOTIENT_BYTES_MAX) + 128);
    const counts = sums + rows * 8;
    const work = counts + rows * 8;
    const entries = work + 64;
    const { f64, u8, u32 } = kernelViews();
    values.forEach(([total, divisor], i) => {
      f64[sums / 8 + i] = total;
      f64[counts / 8 + i] = divisor;
    });
    const out = entries + rows * 8;
    kernels.writeQuotients(sums, counts, rows, Number(isText), work, entries, out);
    return values.map((_, i) => {
      const start = u32[entries / 4 + i * 2] as number;
      return u8.slice(start, start + (u32[entries / 4 + i * 2 + 1] as number));
    });
  }

  it('writes what dividing numerics gives, as text and in binary', () => {
    fc.assert(
      fc.property(pairs, (values) => {
        const texts = written(values, true);
        const binaries = written(values, false);
        values.forEach(([total, divisor], i) => {
          const text = texts[i] as Uint8Array;
          const binary = binaries[i] as Uint8Array;
          if (divisor === 0) {
            expect([text.length, binary.length]).toEqual([0, 0]);
            return;
          }
          const expected = quotientOf(total, divisor);
          const writer = new ByteWriter();
          const settings = undefined as unknown as FormatSettings;
          codecFor(OID.numeric).writeBinary(writer, expected, settings);
          expect(new TextDecoder().decode(text)).toBe(formatNumeric(expected));
          expect([...binary]).toEqual([...writer.view()]);
          expect(Math.max(text.length, binary.length)).toBeLessThanOrEqual(QUOTIENT_BYTES_MAX);
        });
      }),
      { numRuns: 1500 },
    );
  });
});

describe('quotient vectors', () => {
  const rows = fc.array(fc.tuple(sum, fc.oneof(count, fc.constant(0))), {
    minLength: 1,
    maxLength: 30,
  });
  const vectorOf = (values: readonly (readonly [number, number])[]): Vector => {
    const nulls = Uint8Array.from(values, ([, n]) => (n === 0 ? 1 : 0));
    return new QuotientVector(
      NUMERIC,
      Float64Array.from(values, ([total]) => total),
      Float64Array.from(values, ([, n]) => n),
      nulls.includes(1) ? nulls : undefined,
    );
  };
  const read = (vector: Vector): unknown[] =>
    Array.from({ length: vector.length }, (_, i) => valueAt(vector, i));

  it('give the rows that were sliced, gathered and joined', () => {
    fc.assert(
      fc.property(rows, fc.array(fc.nat()), fc.nat(), (values, picks, cut) => {
        const vector = vectorOf(values);
        const expected = values.map(([total, n]) => (n === 0 ? null : quotientOf(total, n)));
        const selection = Int32Array.from(picks, (pick) => pick % values.length);
        const picked = [...selection].map((row) => expected[row]);
        const middle = cut % values.length;
        const joined = concat(NUMERIC, [slice(vector, middle, values.length), vector]);
        expect(read(gather(vector, selection))).toEqual(picked);
        expect(read(gatherOrNull(vector, Int32Array.of(-1, ...selection)))).toEqual([
          null,
          ...picked,
        ]);
        expect(QuotientVector.from(joined)).toBeDefined();
        expect(read(joined)).toEqual([...expected.slice(middle), ...expected]);
        expect(read(vector)).toEqual(expected);
        expect({ ...(vector as AnyVector) }.data).toEqual(expected);
        const mixed: Vector = { ...(vector as AnyVector), data: expected };
        expect(read(concat(NUMERIC, [vector, mixed]))).toEqual([...expected, ...expected]);
      }),
    );
    const many = vectorOf(Array.from({ length: 70_000 }, (_, i) => [i, 7] as const));
    const all = Int32Array.from({ length: 70_000 }, (_, i) => 69_999 - i);
    const steps = gatherSteps(many, all);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    expect(valueAt(step.value, 0)).toEqual(quotientOf(69_999, 7));
  });
});
