import { expect, it } from 'vitest';
import { ByteWriter } from '../../../../src/base/byte-writer.ts';
import { readBatch, writeBlock } from '../../../../src/exec/spill/block-codec.ts';
import { Interval } from '../../../../src/types/interval.ts';
import { parseJson } from '../../../../src/types/json-reader.ts';
import { Jsonb } from '../../../../src/types/jsonb.ts';
import { Numeric, NUMERIC_INFINITY, NUMERIC_NAN } from '../../../../src/types/numeric.ts';
import { PgArray } from '../../../../src/types/pg-array.ts';
import { PgRecord } from '../../../../src/types/pg-record.ts';
import { TimeTz } from '../../../../src/types/time-tz.ts';
import { OID, type SqlType } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { gatherBatch } from '../../../../src/vector/gather.ts';
import { valueAt, vectorFromValues } from '../../../../src/vector/vector.ts';
import { textsOf } from '../../../support/texts-of.ts';

const type = (oid: number): SqlType => ({ oid, typmod: -1 });

const COLUMNS: readonly (readonly [number, readonly Value[]])[] = [
  [OID.float8, [1.5, -0, NaN, null]],
  [OID.int8, [1, null, 2n ** 62n, -(2n ** 63n)]],
  [OID.bool, [true, null, false, true]],
  [OID.text, ['', 'grüße 🎉', null, 'x'.repeat(5000)]],
  [OID.text, [null, null, null, null]],
  [OID.bytea, [new Uint8Array([0, 255]), new Uint8Array(0), null, new Uint8Array(3)]],
  [
    OID.numeric,
    [new Numeric(1500n, 3), new Numeric(-(10n ** 40n), 2), NUMERIC_NAN, NUMERIC_INFINITY],
  ],
  [OID.interval, [new Interval(1, -2, 3), new Interval(0, 0, 2n ** 60n), null, null]],
  [OID.timetz, [new TimeTz(5, -3600), null, null, new TimeTz(0, 0)]],
  [OID.jsonb, [new Jsonb(parseJson('{"a": [1.50, null, "x"]}')), null, null, null]],
  [
    OID.record,
    [
      new PgRecord([type(OID.int4), { oid: OID.numeric, typmod: 7 }], ['a', 'b'], [1, null]),
      new PgRecord([], [], []),
      null,
      new PgRecord([type(OID.textArray)], ['c'], [new PgArray(OID.text, ['x', null], [2], [-1])]),
    ],
  ],
];

it('brings back every kind of value', () => {
  const columns = COLUMNS.map(([oid, values]) => vectorFromValues(type(oid), values));
  const writer = new ByteWriter(16);
  writer.u8(1);
  writeBlock(writer, [{ columns, length: 4 }]);
  const back = readBatch(
    writer.toBytes().subarray(1),
    COLUMNS.map(([oid]) => type(oid)),
  );
  expect(back.length).toBe(4);
  for (const [i, [, values]] of COLUMNS.entries()) {
    expect(values.map((_, row) => valueAt(back.columns[i], row))).toEqual(values);
  }
});

it('writes of a dictionary only what the rows use, each string once', () => {
  const texts = Array.from({ length: 10_000 }, (_, i) => `text ${i % 100}`);
  const batch = { columns: [vectorFromValues(type(OID.text), texts)], length: texts.length };
  const some = gatherBatch(batch, Int32Array.of(5, 105, 7, 5));
  const writer = new ByteWriter();
  writeBlock(writer, [some]);
  const [column] = readBatch(writer.view(), [type(OID.text)]).columns;
  expect(column?.rep === 'text' && textsOf(column.dictionary)).toEqual(['text 5', 'text 7']);
  expect([0, 1, 2, 3].map((row) => valueAt(column, row))).toEqual([
    'text 5',
    'text 5',
    'text 7',
    'text 5',
  ]);
});
