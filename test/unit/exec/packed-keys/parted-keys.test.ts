/** Rows put aside, against a Set of their values. */
import fc from '../../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { finishNow } from '../../../../src/base/steps.ts';
import { PartedKeys } from '../../../../src/exec/packed-keys/parted-keys.ts';
import { KernelTeam } from '../../../../src/kernels/kernel-team.ts';
import { OID, sqlType, type SqlType } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { valueAt, vectorFromValues, type Batch } from '../../../../src/vector/vector.ts';
import { rounds } from '../../../support/rounds.ts';

const alone = new KernelTeam([]);
const INT4 = sqlType(OID.int4);
const INT8 = sqlType(OID.int8);
const TEXT = sqlType(OID.text);

/** What makes a value of a number. */
const COLUMNS: readonly (readonly [SqlType, (n: number) => Value])[] = [
  [INT4, (n) => n - 50],
  [INT8, (n) => (n % 3 === 0 ? n : BigInt.asIntN(64, BigInt(n) * 9_007_199_254_740_993n))],
  [TEXT, (n) => `text ${n}`],
];

const batches = fc.array(
  fc.record({
    rows: fc.constantFrom(0, 1, 100, 5000, 40_000),
    spread: fc.constantFrom(1, 100, 30_000),
    seed: fc.nat(),
  }),
  { minLength: 1, maxLength: 5 },
);
const kinds = fc.constantFrom([0], [1], [2], [0, 1], [0, 2], [0, 0, 0]);

it('are as many different ones as a Set has', () => {
  fc.assert(
    fc.property(kinds, batches, (columns, all) => {
      const types = columns.map((c) => COLUMNS[c]![0]);
      const keys = PartedKeys.of(types, alone)!;
      const expected = new Map<string, Value>();
      let rows = 0;
      for (const batch of all) {
        let state = batch.seed | 0;
        const values = columns.map((): Value[] => []);
        for (let row = 0; row < batch.rows; row++) {
          const key = columns.map((c, i) => {
            state = (Math.imul(state, 1664525) + 1013904223) | 0;
            const value = COLUMNS[c]![1](Math.floor(((state >>> 0) / 2 ** 32) * batch.spread));
            values[i]!.push(value);
            return value;
          });
          expected.set(key.join(), key[0]!);
        }
        const vectors = values.map((some, i) => vectorFromValues(types[i]!, some));
        expect(finishNow(keys.add(vectors, batch.rows))).toBe(true);
        rows += batch.rows;
      }
      expect(keys.rows).toBe(rows);
      expect(new Set(keyTexts(keys.batches()))).toEqual(new Set(expected.keys()));
      const isNumber = columns[0] === 0;
      let count = 0;
      const words: number[] = [];
      for (const result of keys.distinct(isNumber ? 0 : -1)) {
        if (result === undefined) continue;
        if (!('count' in result)) throw new Error('there is room');
        count += result.count;
        words.push(...result.words);
      }
      expect(count).toBe(expected.size);
      const firsts = isNumber ? [...expected.values()].map(Number) : [];
      expect(Int32Array.from(words).sort()).toEqual(Int32Array.from(firsts).sort());
      keys.free();
    }),
    { numRuns: rounds(10) },
  );
});

it('come back where a part has more different ones than there is room for', () => {
  const keys = PartedKeys.of([INT4], alone)!;
  // So many that hardly a part is small enough.
  const rows = 60_000;
  const pages = 20;
  for (let page = 0; page < pages; page++) {
    const data = Float64Array.from({ length: rows }, (_, row) => page * rows + row);
    const column = { rep: 'f64', type: INT4, length: rows, data, nulls: undefined } as const;
    expect(finishNow(keys.add([column], rows))).toBe(true);
  }
  let count = 0;
  for (const result of keys.distinct(-1)) {
    if (result === undefined) continue;
    if ('count' in result) count += result.count;
    else count += keyTexts(result.batches).length;
  }
  expect(count).toBe(rows * pages);
  keys.free();
});

it('are not put aside where they are wider than the kernels take', () => {
  expect(PartedKeys.of([INT8, INT8], alone)).toBeUndefined();
  expect(PartedKeys.of([sqlType(OID.jsonb)], alone)).toBeUndefined();
});

function keyTexts(batches: Iterable<Batch>): string[] {
  const texts: string[] = [];
  for (const { columns, length } of batches) {
    for (let row = 0; row < length; row++) {
      texts.push(columns.map((column) => valueAt(column, row)).join());
    }
  }
  return texts;
}
