import fc from '../../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { finishNow } from '../../../../src/base/steps.ts';
import { GroupTable } from '../../../../src/exec/aggregation/group-table.ts';
import { KeyTable } from '../../../../src/exec/key-table.ts';
import { tryAllocate } from '../../../../src/kernels/memory.ts';
import { OID, sqlType } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { StringDictionary } from '../../../../src/vector/string-dictionary.ts';
import { laneArray, type LaneBits } from '../../../../src/vector/lanes.ts';
import { LaneVector } from '../../../../src/vector/lane-vector.ts';
import { valueAt, vectorFromValues, type Vector } from '../../../../src/vector/vector.ts';
import { rounds } from '../../../support/rounds.ts';

const COLUMNS = {
  int8: fc.oneof(fc.integer({ min: -4, max: 4 }), fc.integer(), fc.constant(2n ** 60n)),
  float8: fc.oneof(fc.constantFrom(0, -0, NaN, Infinity, 0.5), fc.double()),
  timestamptz: fc.integer({ min: 0, max: 12 }).map((hour) => hour * 3600e6),
  bool: fc.boolean(),
  text: fc.oneof(fc.constantFrom('a', 'b', ''), fc.string()),
  bpchar: fc.constantFrom('a', 'a ', 'b'),
} as const;

type Kind = keyof typeof COLUMNS;

const batches = fc
  .array(fc.constantFrom(...(Object.keys(COLUMNS) as Kind[])), { minLength: 1, maxLength: 5 })
  .chain((kinds) => {
    const row = fc.tuple(
      ...kinds.map((kind) => fc.option(COLUMNS[kind] as fc.Arbitrary<Value>, { freq: 6 })),
    );
    const batch = fc.array(row, { maxLength: 60 });
    const find = fc.integer({ min: 0, max: 8 });
    return fc.tuple(fc.constant(kinds), fc.array(batch, { maxLength: 6 }), find);
  });

function rowsOf(columns: readonly Vector[], count: number): Value[][] {
  return Array.from({ length: count }, (_, row) => columns.map((column) => valueAt(column, row)));
}

function insert(table: GroupTable | KeyTable, keys: readonly Vector[], out: Int32Array): void {
  const steps = table.insert(keys, out.length, out);
  if (steps !== undefined) finishNow(steps);
}

it('numbers keys as a hash table does, wherever it changes over to one', () => {
  fc.assert(
    fc.property(batches, ([kinds, all, findAt]) => {
      const types = kinds.map((kind) => sqlType(OID[kind]));
      const taken: Value[][] = [];
      const table = new GroupTable(types, (keys, count) => taken.push(...rowsOf(keys, count)));
      const firsts: Value[][] = [];
      const twin = new KeyTable(kinds.length);
      all.forEach((rows, i) => {
        const keys = kinds.map((kind, k) =>
          vectorFromValues(
            sqlType(OID[kind]),
            rows.map((row) => row[k] as Value),
          ),
        );
        const [out, expected] = [new Int32Array(rows.length), new Int32Array(rows.length)];
        if (i === findAt) {
          finishNow(table.find(keys, rows.length, out));
          twin.find(keys, rows.length, expected);
        } else {
          const before = twin.count;
          insert(table, keys, out);
          twin.insert(keys, rows.length, expected);
          const added = twin.count - before;
          const fresh = rowsOf(keys, rows.length);
          for (const row of twin.newRows.slice(0, added)) firsts.push(fresh[row]!);
          if (table.hasKeys) {
            expect(rowsOf(table.keys(0, table.count), table.count)).toEqual(firsts);
            const middle = before >>> 1;
            const some = rowsOf(table.keys(middle, before), before - middle);
            expect(some).toEqual(firsts.slice(middle, before));
          } else expect(taken).toEqual(firsts.slice(0, taken.length));
          expect(table.count).toBe(twin.count);
          expect(table.newRows.slice(0, added)).toEqual(twin.newRows.slice(0, added));
        }
        expect(out).toEqual(expected);
      });
      if (table.count > 0) expect(table.bytes).toBeGreaterThan(0);
    }),
    { numRuns: rounds(125) },
  );
});

it('gives up the grid where it would be sparse or there are too many numbers', () => {
  const type = sqlType(OID.int4);
  const numbers = (table: GroupTable | KeyTable, values: readonly number[][]): Int32Array => {
    const out = new Int32Array(values[0]!.length);
    const keys = values.map((column) => vectorFromValues(type, column));
    insert(table, keys, out);
    return out;
  };
  let left = 0;
  const table = new GroupTable([type, type], (_, count) => (left += count));
  const twin = new KeyTable(2);
  const ascending = (count: number, by = 1): number[] =>
    Array.from({ length: count }, (_, i) => 1 + i * by);
  for (const count of [10, 3000, 100, 5000, 9000]) {
    const columns = [ascending(count), ascending(count, -3)];
    expect(numbers(table, columns)).toEqual(numbers(twin, columns));
  }
  expect(table.count).toBe(9000);
  // Packed keys can be asked for, too.
  expect(table.hasKeys).toBe(true);
  expect(left).toBe(0);
});

it('numbers lanes as the numbers that they stand for', () => {
  const batch = fc.record({
    bits: fc.constantFrom<LaneBits>(8, 16, 32),
    base: fc.constantFrom(-3, 0, 1000),
    factor: fc.constantFrom(1, 2),
    divisor: fc.constantFrom(1, 10),
    rows: fc.integer({ min: 1, max: 3000 }),
    seed: fc.nat(),
    cut: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 5 }), (batches) => {
      const type = sqlType(OID.float8);
      const table = new GroupTable([type], () => {});
      const twin = new KeyTable(1);
      for (const { bits, base, factor, divisor, rows, seed, cut } of batches) {
        const length = 2 * rows;
        const block = tryAllocate((length * bits) / 8)!;
        const lanes = { block, bits, length, base, factor, divisor };
        const first = block.pointer / (bits / 8);
        for (let i = 0; i < length; i++) laneArray(lanes)[first + i] = (i * 7 + seed) % 11;
        // Two stretches, of which the second lies before the first.
        const middle = cut % rows;
        const starts = Int32Array.of(rows, 0);
        const at = Int32Array.of(0, middle, rows);
        const vector = new LaneVector(type, { lanes, starts, at }, undefined);
        const [out, expected] = [new Int32Array(rows), new Int32Array(rows)];
        insert(table, [vector], out);
        const plain = Array.from({ length: rows }, (_, row) => {
          const lane = row < middle ? rows + row : row - middle;
          return (base + ((lane * 7 + seed) % 11) * factor) / divisor;
        });
        twin.insert([vectorFromValues(type, plain)], rows, expected);
        expect(out).toEqual(expected);
        expect(table.count).toBe(twin.count);
      }
      const keys = table.keys(0, table.count);
      const again = new Int32Array(table.count);
      twin.find(keys, table.count, again);
      expect(again).toEqual(Int32Array.from(again.keys()));
    }),
    { numRuns: rounds(15) },
  );
});

it.each([100, 6000])('goes on when other texts come to %d strings of one dictionary', (size) => {
  const type = sqlType(OID.text);
  const strings = Array.from({ length: size }, (_, i) => (i === 0 ? '' : `text ${i}`));
  const dictionary = new StringDictionary(strings, {}, true);
  const table = new GroupTable([type, sqlType(OID.int4)], () => {});
  const twin = new KeyTable(2);
  const numbers = (texts: Vector, values: readonly number[]): void => {
    const keys = [texts, vectorFromValues(sqlType(OID.int4), values)];
    const [out, expected] = [new Int32Array(values.length), new Int32Array(values.length)];
    insert(table, keys, out);
    twin.insert(keys, values.length, expected);
    expect(out).toEqual(expected);
  };
  const home = (codes: readonly number[]): Vector => ({
    rep: 'text',
    type,
    length: codes.length,
    codes: Int32Array.from(codes),
    dictionary,
    nulls: undefined,
  });
  numbers(home([5, 7, 5, 0, 90]), [1, 1, 1, 2, 2]);
  numbers(vectorFromValues(type, ['new', 'text 7', 'text 98', '', 'new']), [1, 1, 1, 2, 2]);
  numbers(home([0, 1, 2, 98, 7, 90]), [1, 1, 1, 1, 1, 2]);
  numbers(vectorFromValues(type, ['text 0', 'text 1', 'newer', 'text 5', null]), [1, 1, 1, 1, 1]);
  const keys = table.keys(0, table.count);
  expect(rowsOf(keys, 4)).toEqual([
    ['text 5', 1],
    ['text 7', 1],
    ['', 2],
    ['text 90', 2],
  ]);
});
