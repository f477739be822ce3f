/** Numerics of one scale as whole numbers, against vectors of values. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { finishNow } from '../../../src/base/steps.ts';
import type { EvalContext, ScalarFunction } from '../../../src/functions/function.ts';
import { builtinRegistry } from '../../../src/functions/registry.ts';
import { Numeric } from '../../../src/types/numeric.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { concat } from '../../../src/vector/concat.ts';
import { DecimalVector } from '../../../src/vector/decimal-vector.ts';
import { gather, gatherOrNull, gatherSteps, slice } from '../../../src/vector/gather.ts';
import { valueAt, vectorFromValues, type Vector } from '../../../src/vector/vector.ts';

const NUMERIC = sqlType(OID.numeric);
const rowsOf = fc.array(fc.option(fc.maxSafeInteger(), { freq: 5 }), {
  minLength: 1,
  maxLength: 30,
});
const valuesOf = (vector: Vector): Value[] =>
  Array.from({ length: vector.length }, (_, i) => valueAt(vector, i));

function vectorOf(rows: readonly (number | null)[], scale: number): DecimalVector {
  const nulls = rows.includes(null)
    ? Uint8Array.from(rows, (row) => (row === null ? 1 : 0))
    : undefined;
  return new DecimalVector(
    NUMERIC,
    Float64Array.from(rows, (row) => row ?? 0),
    scale,
    nulls,
  );
}

function numerics(rows: readonly (number | null | undefined)[], scale: number): Value[] {
  return rows.map((row) =>
    row === null || row === undefined ? null : new Numeric(BigInt(row), scale),
  );
}

it('has the values of its numbers, whole, in parts and joined', () => {
  const scale = fc.constantFrom(0, 2, 6);
  fc.assert(
    fc.property(rowsOf, rowsOf, scale, scale, fc.array(fc.nat()), (rows, others, a, b, picks) => {
      const vector = vectorOf(rows, a);
      const expected = numerics(rows, a);
      expect(valuesOf(vector)).toEqual(expected);
      expect([...vector.data]).toEqual(expected);
      const start = picks.length % rows.length;
      expect(valuesOf(slice(vector, start, rows.length))).toEqual(expected.slice(start));
      const selection = Int32Array.from(picks, (pick) => pick % rows.length);
      const picked = [...selection].map((row) => expected[row]);
      expect(valuesOf(gather(vector, selection))).toEqual(picked);
      expect(valuesOf(finishNow(gatherSteps(vector, selection)))).toEqual(picked);
      const outer = Int32Array.of(-1, ...selection);
      expect(valuesOf(gatherOrNull(vector, outer))).toEqual([null, ...picked]);
      const joined = concat(NUMERIC, [vector, vectorOf(others, b)]);
      expect(valuesOf(joined)).toEqual([...expected, ...numerics(others, b)]);
      const plain = vectorFromValues(NUMERIC, numerics(others, b));
      expect(valuesOf(concat(NUMERIC, [vector, plain]))).toEqual([
        ...expected,
        ...numerics(others, b),
      ]);
    }),
    { numRuns: 200 },
  );
});

const FIELDS =
  'microseconds milliseconds second minute hour day dow isodow week month quarter year isoyear decade century millennium doy epoch julian timezone timezone_hour';
const moment = fc.oneof(
  fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
  fc.integer({ min: -4000, max: 4000 }).map((days) => days * 86_400e6),
  fc.constantFrom(0, -1, 86_400e6 - 1, -86_400e6, Infinity, -Infinity),
);

it.each(['timestamp', 'timestamptz'] as const)('takes fields of vectors of %s', (type) => {
  const from = sqlType(OID[type]);
  const context = { format: { timeZone: 'America/New_York' } } as EvalContext;
  for (const name of ['extract', 'date_part']) {
    const fn = builtinRegistry
      .functions(name)
      .find(({ argTypes }) => argTypes[1] === from.oid) as ScalarFunction;
    const call = { argTypes: [sqlType(OID.text), from], returnType: sqlType(fn.returnType) };
    fc.assert(
      fc.property(
        fc.array(fc.option(moment, { freq: 6 }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(...FIELDS.split(' ')),
        (rows, unit) => {
          if (unit.startsWith('timezone') && type === 'timestamp') return;
          const arg = { rep: 'constant', type: sqlType(OID.text), value: unit } as const;
          const column = vectorFromValues(from, rows);
          const result = fn.kernel?.([arg, column], rows.length, call, context);
          if (result === undefined) {
            const isPlain = ['minute', 'day', 'dow', 'year', 'doy', 'hour'].includes(unit);
            const isFinite = rows.every((row) => row === null || Number.isFinite(row));
            expect(isPlain && isFinite).toBe(false);
            return;
          }
          const expected = rows.map((row) =>
            row === null ? null : fn.evaluate([unit, row], context, call),
          );
          expect(valuesOf(result)).toEqual(expected);
        },
      ),
      { numRuns: 400 },
    );
  }
});
