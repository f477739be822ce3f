import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { IntegerSpreadAccumulator } from '../../../src/functions/aggregate/integer-spread.ts';
import { Numeric } from '../../../src/types/numeric.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { valueAt, vectorFromValues } from '../../../src/vector/vector.ts';

const INT8 = sqlType(OID.int8);
const GROUPS = 3;

/** Rows of a group, added one by one, as a run, or as a summary. */
const part = fc.record({
  group: fc.nat({ max: GROUPS - 1 }),
  how: fc.constantFrom('rows', 'run', 'summary'),
  values: fc.oneof<fc.Arbitrary<(number | bigint | null)[]>[]>(
    fc.array(fc.option(fc.integer({ min: -500, max: 500 })), { minLength: 1, maxLength: 40 }),
    fc.array(fc.option(fc.maxSafeInteger()), { minLength: 1, maxLength: 20 }),
    fc.array(fc.option(fc.integer()), { minLength: 1, maxLength: 20 }),
    fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 5 }),
  ),
  shift: fc.constantFrom(0, 7, 1_000_000, 2 ** 40),
});

function summaryOf(values: readonly number[]) {
  const exact = values.map(BigInt);
  const sum = exact.reduce((total, value) => total + value, 0n);
  const squares = exact.reduce((total, value) => total + value ** 2n, 0n);
  const n = BigInt(values.length);
  const column = {
    sums: Float64Array.of(Number(sum)),
    squares: Float64Array.of(Number(n * squares - sum ** 2n) / values.length),
    minimums: undefined,
    maximums: undefined,
    firsts: undefined,
    lasts: undefined,
  };
  const none = new Float64Array(0);
  const times = { buckets: none, firstTimes: none, lastTimes: none };
  const rows = Float64Array.of(values.length);
  return { column, all: { length: 1, rows, ...times, groups: [], columns: [column] } };
}

describe('moments of integers', () => {
  it('are exact, however the values come', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const accumulator = new IntegerSpreadAccumulator(
          (n, sum, squares) => new Numeric(BigInt(n) * 10n ** 80n + sum * 10n ** 40n + squares, 0),
        );
        accumulator.ensureGroups(GROUPS);
        const expected = Array.from({ length: GROUPS }, () => ({ n: 0n, sum: 0n, squares: 0n }));
        for (const { group, how, values, shift } of parts) {
          const small = values.every(
            (value) => typeof value === 'number' && Math.abs(value) <= 500,
          );
          const added = small && how === 'summary' ? values.map((x) => Number(x) + shift) : values;
          for (const value of added) {
            if (value === null) continue;
            const state = expected[group]!;
            state.n += 1n;
            state.sum += BigInt(value);
            state.squares += BigInt(value) ** 2n;
          }
          if (small && how === 'summary') {
            const { column, all } = summaryOf(added as number[]);
            accumulator.addSummaries(Int32Array.of(group), column, all);
            continue;
          }
          const vector = vectorFromValues(INT8, added);
          if (how === 'run') accumulator.addRun(group, [vector], 0, added.length);
          else accumulator.add(new Int32Array(added.length).fill(group), [vector], 0, added.length);
        }
        const found = accumulator.finish(GROUPS);
        expected.forEach(({ n, sum, squares }, group) => {
          const wanted = new Numeric(n * 10n ** 80n + sum * 10n ** 40n + squares, 0);
          expect(String((valueAt(found, group) as Numeric).unscaled)).toBe(String(wanted.unscaled));
        });
      }),
    );
  });
});
