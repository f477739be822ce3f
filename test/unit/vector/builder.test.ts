import { describe, expect, it } from 'vitest';
import { OID, type SqlType } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { constantVector, nullVector, VectorBuilder } from '../../../src/vector/builder.ts';
import { concat, concatBatches } from '../../../src/vector/concat.ts';
import { gather, gatherBatch, gatherOrNull, slice } from '../../../src/vector/gather.ts';
import { valueAt, vectorFromValues, type Vector } from '../../../src/vector/vector.ts';
import { textsOf } from '../../support/texts-of.ts';

const type = (oid: number): SqlType => ({ oid, typmod: -1 });
const values = (vector: Vector): Value[] =>
  Array.from({ length: vector.length }, (_, i) => valueAt(vector, i));

const SAMPLES: [SqlType, Value[]][] = [
  [type(OID.int8), [1, null, -3, 9007199254740993n, 0]],
  [type(OID.float8), [1.5, -0, null, NaN, Infinity]],
  [type(OID.bool), [true, null, false, false, true]],
  [type(OID.text), ['b', null, 'a', 'b', '']],
  [type(OID.text), [null, null, 'x', null, 'x']],
  [type(OID.bytea), [new Uint8Array(1), null, new Uint8Array(2), null, null]],
];

describe('vectors', () => {
  it.each(SAMPLES)('build, copy, gather, slice and concatenate %o', (sqlType, sample) => {
    const plain = vectorFromValues(sqlType, sample);
    const built = new VectorBuilder(sqlType, 1);
    const copied = new VectorBuilder(sqlType, 1);
    for (const value of sample) built.append(value);
    for (let i = 0; i < sample.length; i++) copied.appendFrom(plain, i);
    const vector = built.finish();
    expect(values(vector)).toEqual(sample);
    expect(values(copied.finish())).toEqual(sample);
    expect(values(gather(vector, Int32Array.of(4, 0, 0)))).toEqual([
      sample[4],
      sample[0],
      sample[0],
    ]);
    expect(values(gatherOrNull(vector, Int32Array.of(2, -1)))).toEqual([sample[2], null]);
    expect(values(slice(vector, 1, 4))).toEqual(sample.slice(1, 4));
    const both = concat(sqlType, [vector, slice(plain, 2, 5), nullVector(sqlType, 1)]);
    expect(values(both)).toEqual([...sample, ...sample.slice(2, 5), null]);
    for (const value of sample)
      expect(values(constantVector(sqlType, value, 2))).toEqual([value, value]);
  });

  it('intern repeated strings and stop where all differ', () => {
    const builder = new VectorBuilder(type(OID.text));
    for (let i = 0; i < 5000; i++) builder.append(`host_${i % 10}`);
    const repeated = builder.finish();
    expect(repeated.rep === 'text' && repeated.dictionary.length).toBe(10);
    const distinct = new VectorBuilder(type(OID.text));
    for (let i = 0; i < 5000; i++) distinct.append(`id_${i}`);
    expect(values(distinct.finish())[4999]).toBe('id_4999');
  });

  it('keep dictionaries that are the same and merge others', () => {
    const one = vectorFromValues(type(OID.text), ['a', 'b']);
    const same = concat(type(OID.text), [one, one]);
    expect(same.rep === 'text' && one.rep === 'text' && same.dictionary === one.dictionary).toBe(
      true,
    );
    const merged = concat(type(OID.text), [one, vectorFromValues(type(OID.text), ['b', 'c'])]);
    expect(merged.rep === 'text' && textsOf(merged.dictionary)).toEqual(['a', 'b', 'c']);
  });

  it('keep the runs of rows picked in order', () => {
    const column = vectorFromValues(type(OID.int4), [0, 1, 2, 3, 4, 5, 6, 7]);
    const runs = { starts: Int32Array.of(0, 3, 5), constantColumns: [], timeColumn: 0 };
    const batch = { columns: [column], length: 8, runs };
    expect([...gatherBatch(batch, Int32Array.of(1, 2, 5, 7), true).runs!.starts]).toEqual([0, 2]);
    expect([...gatherBatch(batch, Int32Array.of(3), true).runs!.starts]).toEqual([0]);
    expect(gatherBatch(batch, Int32Array.of(2, 1)).runs).toBe(undefined);
    expect(concatBatches([type(OID.int4)], []).length).toBe(0);
  });
});
