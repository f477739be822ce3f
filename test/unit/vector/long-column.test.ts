import { describe, expect, it } from 'vitest';
import { finishNow } from '../../../src/base/steps.ts';
import { OID, type SqlType } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { VectorBuilder } from '../../../src/vector/builder.ts';
import { LongBatch, LongColumn, PART_ROWS } from '../../../src/vector/long-column.ts';
import { valueAt, type Vector } from '../../../src/vector/vector.ts';

const typeOf = (oid: number): SqlType => ({ oid, typmod: -1 });
const VECTOR_ROWS = 60_000;

const KINDS: readonly (readonly [string, number, (row: number) => Value, number])[] = [
  ['numbers', OID.int8, (row) => (row % 7 === 0 ? null : row), 1],
  ['booleans', OID.bool, (row) => (row % 5 === 0 ? null : row % 3 === 0), 1],
  ['few strings', OID.text, (row) => (row % 11 === 0 ? null : `text ${row % 9}`), 1],
  ['many strings', OID.text, (row) => (row % 11 === 0 ? null : `text ${row}`), 2],
  ['wide integers', OID.int8, (row) => (row === PART_ROWS + 3 ? 2n ** 60n : row), 2],
];

function vectors(oid: number, value: (row: number) => Value, rows: number): Vector[] {
  const all: Vector[] = [];
  for (let start = 0; start < rows; start += VECTOR_ROWS) {
    const builder = new VectorBuilder(typeOf(oid), VECTOR_ROWS);
    const end = Math.min(rows, start + VECTOR_ROWS);
    for (let row = start; row < end; row++) builder.append(value(row));
    all.push(builder.finish());
  }
  return all;
}

describe('LongColumn', () => {
  it.each(KINDS)('joins vectors of %s', (_name, oid, value, parts) => {
    const rows = PART_ROWS + 40_000;
    const column = finishNow(LongColumn.join(typeOf(oid), vectors(oid, value, rows)));
    expect(column.length).toBe(rows);
    expect(column.parts.length).toBe(parts);
    const asked = [0, 1, VECTOR_ROWS, PART_ROWS - 1, PART_ROWS, PART_ROWS + 3, rows - 1];
    for (const row of asked) expect(column.valueAt(row)).toEqual(value(row));
    const picked = Int32Array.from([...asked, -1, 7, 5]);
    const gathered = column.gather(picked);
    expect(Array.from(picked, (_, i) => valueAt(gathered, i))).toEqual(
      Array.from(picked, (row) => (row < 0 ? null : value(row))),
    );
    const known = column.gather(Int32Array.of(2, PART_ROWS + 6));
    expect([valueAt(known, 0), valueAt(known, 1)]).toEqual([value(2), value(PART_ROWS + 6)]);
    const slice = column.slice(PART_ROWS, PART_ROWS + 20);
    for (let i = 0; i < 20; i++) expect(valueAt(slice, i)).toEqual(value(PART_ROWS + i));
  });

  it('has a part where there is no vector', () => {
    const column = finishNow(LongColumn.join(typeOf(OID.text), []));
    expect([column.length, column.parts.length]).toEqual([0, 1]);
  });
});

describe('LongBatch', () => {
  it.each([4096, 1000])('gives its rows in pieces of %i', (rowsOfPiece) => {
    const rows = PART_ROWS + 5000;
    const columns = KINDS.map(([, oid, value]) => vectors(oid, value, rows));
    const batches = columns[0].map((first, i) => ({
      columns: columns.map((each) => each[i]),
      length: first.length,
    }));
    const types = KINDS.map(([, oid]) => typeOf(oid));
    const all = finishNow(LongBatch.join(types, batches));
    let row = 0;
    for (const piece of all.pieces({ rows: rowsOfPiece })) {
      KINDS.forEach(([, , value], i) => {
        const column = piece.columns[i];
        expect(column.length).toBe(piece.length);
        for (const at of [0, piece.length - 1])
          expect(valueAt(column, at)).toEqual(value(row + at));
      });
      row += piece.length;
    }
    expect(row).toBe(rows);
  });
});
