/** Numbers of rows of key columns against a table of any values. */
import fc from '../../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { finishNow } from '../../../../src/base/steps.ts';
import { KeyTable } from '../../../../src/exec/key-table.ts';
import { RowNumbers } from '../../../../src/exec/packed-keys/row-numbers.ts';
import { Interval } from '../../../../src/types/interval.ts';
import { Numeric, NUMERIC_NAN } from '../../../../src/types/numeric.ts';
import { numericFromInt } from '../../../../src/types/numeric-convert.ts';
import { PgArray } from '../../../../src/types/pg-array.ts';
import { TimeTz } from '../../../../src/types/time-tz.ts';
import { OID, sqlType } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { DecimalVector } from '../../../../src/vector/decimal-vector.ts';
import { StringDictionary } from '../../../../src/vector/string-dictionary.ts';
import { gather, slice } from '../../../../src/vector/gather.ts';
import { valueAt, vectorFromValues, type Vector } from '../../../../src/vector/vector.ts';
import { WideVector } from '../../../../src/vector/wide-vector.ts';
import { rounds } from '../../../support/rounds.ts';

const arrayOf = (values: readonly number[]): PgArray => new PgArray(OID.int4, values);
const infinities = fc.constantFrom(Infinity, -Infinity);
const COLUMNS = {
  int2: fc.integer({ min: -3, max: 3 }),
  int4: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31))),
  int8: fc.oneof(
    fc.integer({ min: -2, max: 2 }),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 60n, max: 2n ** 60n + 3n }),
    fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n),
  ),
  oid: fc.oneof(fc.nat({ max: 3 }), fc.constant(2 ** 32 - 1)),
  float4: fc.oneof(fc.constantFrom(0, NaN, Infinity, 0.5), fc.float({ noDefaultInfinity: true })),
  float8: fc.oneof(fc.constantFrom(0, NaN, Infinity, -0.5), fc.double()),
  date: fc.oneof(fc.integer({ min: -2, max: 2 }), infinities),
  time: fc.integer({ min: 0, max: 3 }).map((hour) => hour * 3600e6),
  timestamp: fc.oneof(fc.integer({ min: -2, max: 2 }), infinities, fc.constant(2n ** 55n)),
  timestamptz: fc.oneof(fc.integer({ min: -2, max: 2 }), infinities),
  bool: fc.boolean(),
  text: fc.oneof(fc.constantFrom('a', 'b', '', 'a '), fc.string()),
  bpchar: fc.constantFrom('a', 'a ', 'b'),
  numeric: fc.oneof(
    fc.integer({ min: 0, max: 5000 }).map(numericFromInt),
    fc.constantFrom(new Numeric(10n, 1), new Numeric(100n, 2), new Numeric(1n, 0), NUMERIC_NAN),
  ),
  interval: fc.constantFrom(
    new Interval(0, 1, 0),
    new Interval(0, 0, 86_400e6),
    new Interval(1, 0, 0),
  ),
  bytea: fc.uint8Array({ maxLength: 2 }),
  timetz: fc.constantFrom(new TimeTz(0, 0), new TimeTz(3600e6, -3600), new TimeTz(3600e6, 0)),
  int4Array: fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 2 }).map(arrayOf),
} as const;
type Kind = keyof typeof COLUMNS;
const kinds = Object.keys(COLUMNS) as Kind[];

/** Of texts, how their dictionaries come: anew, as one of distinct ones that grows, or now one, now the other. */
type Dictionaries = 'own' | 'shared' | 'mixed';

const cases = fc
  .tuple(
    fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 4 }),
    fc.constantFrom<Dictionaries>('own', 'shared', 'mixed'),
    fc.integer({ min: 1, max: 12 }),
  )
  .chain(([columns, dictionaries, freq]) => {
    const values = columns.map((kind) =>
      fc.option(COLUMNS[kind] as fc.Arbitrary<Value>, { freq: freq * freq }),
    );
    const batch = fc.tuple(fc.array(fc.tuple(...values), { maxLength: 50 }), fc.boolean());
    const batches = fc.array(batch, { minLength: 1, maxLength: 6 });
    return fc.tuple(fc.constant(columns), fc.constant(dictionaries), batches);
  });

/** A column's dictionary as storage has it: strings are added, and an array never changes. */
class Shared {
  readonly #codes = new Map<string, number>([['', 0]]);

  vector(vector: Vector): Vector {
    if (vector.rep !== 'text') return vector;
    const codes = vector.codes.map((code) => {
      const text = vector.dictionary.at(code);
      const known = this.#codes.get(text) ?? this.#codes.size;
      this.#codes.set(text, known);
      return known;
    });
    const dictionary = new StringDictionary([...this.#codes.keys()], this, true);
    return { ...vector, codes, dictionary };
  }
}

/** Integers as words. */
function asWide(vector: Vector): Vector {
  const values = Array.from({ length: vector.length }, (_, i) => valueAt(vector, i) ?? 0);
  const words = new BigInt64Array(values.map((value) => BigInt(value as number | bigint)));
  return new WideVector(vector.type, new Int32Array(words.buffer), vector.nulls);
}

/** Numerics of one scale as whole numbers. */
function asDecimals(vector: Vector): Vector {
  const values = Array.from({ length: vector.length }, (_, i) => valueAt(vector, i));
  const numerics = values.map((value) => value ?? new Numeric(0n, 0)) as Numeric[];
  if (!numerics.every(({ scale, kind }) => scale === 0 && kind === 'finite')) return vector;
  const unscaled = Float64Array.from(numerics, (value) => Number(value.unscaled));
  return new DecimalVector(vector.type, unscaled, 0, vector.nulls);
}

/** A vector of the same rows that is a part of a larger one, or picked from one. */
function inForms(vector: Vector, form: number): Vector {
  const { length } = vector;
  if (vector.type.oid === OID.int8 && form % 2 === 0) return asWide(vector);
  if (vector.type.oid === OID.numeric && form % 2 === 0) return asDecimals(vector);
  if (length === 0 || form % 3 === 0) return vector;
  if (form % 3 === 1)
    return gather(
      vector,
      Int32Array.from({ length }, (_, i) => i),
    );
  const twice = gather(
    vector,
    Int32Array.from({ length: length + 1 }, (_, i) => (i === 0 ? 0 : i - 1)),
  );
  return slice(twice, 1, length + 1);
}

function rowsOf(columns: readonly Vector[], count: number): Value[][] {
  return Array.from({ length: count }, (_, row) => columns.map((column) => valueAt(column, row)));
}

it('numbers rows as a table of any values does, and has their keys', () => {
  fc.assert(
    fc.property(cases, fc.nat({ max: 2 }), ([columns, dictionaries, batches], form) => {
      const types = columns.map((kind) => sqlType(OID[kind]));
      const taken: Value[][] = [];
      const numbers = new RowNumbers(types, (keys, n) => taken.push(...rowsOf(keys, n)));
      const twin = new KeyTable(types.length);
      const shared = types.map(() => new Shared());
      const firsts: Value[][] = [];
      batches.forEach(([rows, finds], i) => {
        const { length } = rows;
        const isShared = dictionaries === 'shared' || (dictionaries === 'mixed' && i % 2 === 0);
        const keys = types.map((type, k) => {
          const vector = vectorFromValues(
            type,
            rows.map((row) => row[k] as Value),
          );
          return inForms(isShared ? shared[k]!.vector(vector) : vector, form + i);
        });
        const [out, expected] = [new Int32Array(length), new Int32Array(length)];
        if (finds) {
          finishNow(numbers.find(keys, length, out));
          twin.find(keys, length, expected);
        } else {
          const before = twin.count;
          finishNow(numbers.insert(keys, length, out));
          twin.insert(keys, length, expected);
          const added = twin.newRows.slice(0, twin.count - before);
          expect(numbers.newRows.slice(0, added.length)).toEqual(added);
          for (const row of added) firsts.push(rowsOf(keys, length)[row]!);
        }
        expect(out).toEqual(expected);
        expect(numbers.count).toBe(twin.count);
        if (numbers.hasKeys) {
          const middle = firsts.length >>> 1;
          expect(rowsOf(numbers.keys(0, firsts.length), firsts.length)).toEqual(firsts);
          const rest = rowsOf(numbers.keys(middle, firsts.length), firsts.length - middle);
          expect(rest).toEqual(firsts.slice(middle));
        } else expect(taken).toEqual(firsts.slice(0, taken.length));
      });
      if (numbers.count > 0) expect(numbers.bytes).toBeGreaterThan(0);
      numbers.free();
    }),
    { numRuns: rounds(150) },
  );
});

it('moves many keys to a wider place when the first NULL comes, and to the table of any values', () => {
  const type = sqlType(OID.float8);
  const other = sqlType(OID.text);
  const numbers = new RowNumbers([type, other]);
  const twin = new KeyTable(2);
  const add = (values: readonly (number | null)[]): void => {
    const text = vectorFromValues(
      other,
      values.map((value) => (value === null ? null : `t${value % 1000}`)),
    );
    const keys = [vectorFromValues(type, values), text];
    const [out, expected] = [new Int32Array(values.length), new Int32Array(values.length)];
    finishNow(numbers.insert(keys, values.length, out));
    twin.insert(keys, values.length, expected);
    expect(out).toEqual(expected);
  };
  const some = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  add(some(30_000));
  add([1, null, 2, 100_000]);
  add(some(40_000));
  expect(numbers.hasKeys).toBe(true);
  add([-0, null, 0, 200_000]);
  expect(numbers.hasKeys).toBe(false);
  add(some(45_000));
});
