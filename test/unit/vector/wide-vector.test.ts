/** Integers as words against vectors of values. */
import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../src/exec/predicate-compare.ts';
import { selectWide } from '../../../src/exec/wide-compare.ts';
import type { AggregateFunction, EvalContext } from '../../../src/functions/function.ts';
import { builtinRegistry } from '../../../src/functions/registry.ts';
import { decodeBlock, encodeBlock } from '../../../src/storage/hypertable/column-block.ts';
import {
  gatherColumn,
  sliceColumn,
  storedValueAt,
  toVector,
} from '../../../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../../../src/storage/hypertable/text-dictionary.ts';
import { WideColumn } from '../../../src/storage/hypertable/wide-column.ts';
import { compareValues } from '../../../src/types/compare.ts';
import { formatNumeric, type Numeric } from '../../../src/types/numeric.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { concat } from '../../../src/vector/concat.ts';
import { gather, gatherOrNull, gatherSteps, slice } from '../../../src/vector/gather.ts';
import { valueAt, vectorFromValues, type Vector } from '../../../src/vector/vector.ts';
import { WideVector } from '../../../src/vector/wide-vector.ts';
import { finishNow } from '../../../src/base/steps.ts';

const INT8 = sqlType(OID.int8);
const canonical = (value: bigint): number | bigint =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value;
const edges = [0n, -1n, 1n, 2n ** 31n, 2n ** 32n, -(2n ** 32n), 2n ** 53n, 2n ** 63n - 1n];
const integer = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(...edges, -(2n ** 53n), -(2n ** 63n), 2n ** 53n - 1n),
  )
  .map(canonical);
const values = fc.array(fc.option(integer, { freq: 5 }), { minLength: 1, maxLength: 40 });

function wideOf(rows: readonly (number | bigint | null)[]): WideVector {
  const words = new BigInt64Array(rows.map((row) => BigInt(row ?? 0)));
  const nulls = rows.includes(null)
    ? Uint8Array.from(rows, (row) => (row === null ? 1 : 0))
    : undefined;
  return new WideVector(INT8, new Int32Array(words.buffer), nulls);
}

const valuesOf = (vector: Vector): Value[] =>
  Array.from({ length: vector.length }, (_, i) => valueAt(vector, i));

describe('vectors of wide integers', () => {
  it('have the values of their words, whole, in parts and joined', () => {
    fc.assert(
      fc.property(values, values, fc.array(fc.nat()), (rows, others, picks) => {
        const vector = wideOf(rows);
        expect(valuesOf(vector)).toEqual(rows);
        expect([...vector.data]).toEqual(rows);
        const start = picks.length % rows.length;
        expect(valuesOf(slice(vector, start, rows.length))).toEqual(rows.slice(start));
        const selection = Int32Array.from(picks, (pick) => pick % rows.length);
        const picked = [...selection].map((row) => rows[row]);
        expect(valuesOf(gather(vector, selection))).toEqual(picked);
        expect(valuesOf(finishNow(gatherSteps(vector, selection)))).toEqual(picked);
        const outer = Int32Array.of(-1, ...selection);
        expect(valuesOf(gatherOrNull(vector, outer))).toEqual([null, ...picked]);
        for (const other of [wideOf(others), vectorFromValues(INT8, others)]) {
          expect(valuesOf(concat(INT8, [vector, other]))).toEqual([...rows, ...others]);
        }
        const small = vectorFromValues(INT8, [5, null, -7, Number.MIN_SAFE_INTEGER]);
        expect(valuesOf(concat(INT8, [small, vector]))).toEqual([...valuesOf(small), ...rows]);
      }),
      { numRuns: 300 },
    );
  });

  it('are compared as their values', () => {
    const comparisons: readonly Comparison[] = ['=', '<>', '<', '<=', '>', '>='];
    fc.assert(
      fc.property(values, integer, fc.boolean(), fc.boolean(), (rows, other, isOwn, isAll) => {
        const value = isOwn ? (rows[0] ?? other) : other;
        const some = isAll ? undefined : Int32Array.from(rows.keys()).filter((row) => row % 3 > 0);
        for (const comparison of comparisons) {
          const selected = selectWide(wideOf(rows), comparison, BigInt(value), some);
          const expected = [...(some ?? rows.keys())].filter((i) => {
            const row = rows[i];
            if (row === null || row === undefined) return false;
            const order = compareValues(OID.int8, row, value);
            if (order === 0) return ['=', '<=', '>='].includes(comparison);
            return comparison === '<>' || comparison.startsWith(order < 0 ? '<' : '>');
          });
          expect([...(selected ?? some ?? rows.keys())]).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('have exact sums', () => {
    const sum = builtinRegistry
      .functions('sum')
      .find((fn) => fn.argTypes[0] === OID.int8) as AggregateFunction;
    const call = { argTypes: [INT8], returnType: sqlType(sum.returnType) };
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), (batches) => {
        const [runs, rows] = [0, 1].map(() => sum.createAccumulator(call, {} as EvalContext, []));
        runs!.ensureGroups(1);
        rows!.ensureGroups(1);
        let total = 0n;
        for (const batch of batches) {
          runs!.addRun(0, [wideOf(batch)], 0, batch.length);
          rows!.add(new Int32Array(batch.length), [wideOf(batch)], 0, batch.length);
          for (const value of batch) total += BigInt(value ?? 0);
        }
        const isEmpty = batches.flat().every((value) => value === null);
        for (const each of [runs!, rows!]) {
          const found = valueAt(each.finish(1), 0) as Numeric | null;
          expect(found && formatNumeric(found)).toBe(isEmpty ? null : String(total));
        }
      }),
    );
  });
});

it('come out of blocks as they went in', () => {
  fc.assert(
    fc.property(values, fc.array(fc.nat()), (rows, picks) => {
      const nulls = Uint8Array.from(rows, (row) => (row === null ? 1 : 0));
      const block = encodeBlock({ rep: 'any', data: rows, nulls }, rows.length, INT8);
      const column = decodeBlock(block, INT8, () => new TextDictionary());
      expect(column).toBeInstanceOf(WideColumn);
      expect(valuesOf(toVector(column, INT8, 0, rows.length))).toEqual(rows);
      expect(rows.map((_, row) => storedValueAt(column, row))).toEqual(rows);
      const selection = Int32Array.from(picks, (pick) => pick % rows.length);
      const picked = gatherColumn(column, selection, selection.length);
      expect(picked.rep === 'any' && [...picked.data]).toEqual([...selection].map((i) => rows[i]));
      const part = sliceColumn(column, 1, rows.length);
      expect(part.rep === 'any' && [...part.data]).toEqual(rows.slice(1));
    }),
  );
});
