import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import type { Comparison } from '../../../src/exec/predicate-compare.ts';
import { selectWide } from '../../../src/exec/wide-compare.ts';
import { kernelViews, tryAllocate } from '../../../src/kernels/memory.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { WideVector } from '../../../src/vector/wide-vector.ts';

const HOLDS: Readonly<Record<Comparison, (a: bigint, b: bigint) => boolean>> = {
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** Few of them, that differ in one word or the other. */
const value = fc.constantFrom(0n, 1n, -1n, 2n ** 32n, 2n ** 32n + 1n, -(2n ** 63n), 2n ** 63n - 1n);
const row = fc.record({ value, isNull: fc.boolean(), isAsked: fc.boolean() });

it('selects the rows for which the comparison holds', () => {
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 60 }),
      fc.constantFrom(...(Object.keys(HOLDS) as Comparison[])),
      value,
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      (rows, comparison, wanted, hasNulls, hasRows, isPlaced) => {
        const block = isPlaced ? tryAllocate(rows.length * 8) : undefined;
        const words =
          block === undefined
            ? new Int32Array(rows.length * 2)
            : new Int32Array(kernelViews().i32.buffer, block.pointer, rows.length * 2);
        rows.forEach((each, i) => {
          words[2 * i] = Number(BigInt.asIntN(32, each.value));
          words[2 * i + 1] = Number(each.value >> 32n);
        });
        const nulls = hasNulls ? Uint8Array.from(rows, ({ isNull }) => Number(isNull)) : undefined;
        const asked = rows.flatMap(({ isAsked }, i) => (isAsked ? [i] : []));
        const among = hasRows ? Int32Array.from(asked) : undefined;
        const expected = (hasRows ? asked : rows.map((_, i) => i)).filter(
          (i) => !(hasNulls && rows[i]!.isNull) && HOLDS[comparison](rows[i]!.value, wanted),
        );
        const vector = new WideVector(sqlType(OID.int8), words, nulls, block);
        const found = selectWide(vector, comparison, wanted, among);
        // The next selection must not change this one.
        selectWide(vector, '<>', wanted + 5n, undefined);
        expect([...(found ?? rows.keys())]).toEqual(expected);
      },
    ),
  );
});
