import { describe, expect, it } from 'vitest';
import type { TableDescriptor } from '../../../../src/catalog/catalog.ts';
import { decodeInTurns, decodeRows, encodeRows } from '../../../../src/storage/row/row-codec.ts';
import { ROW_REF_ATTNUM } from '../../../../src/storage/system-columns.ts';
import { PgArray } from '../../../../src/types/pg-array.ts';
import { OID } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { valueAt, type Batch } from '../../../../src/vector/vector.ts';
import { createTable, inTransaction, open, rowsOf } from '../helpers.ts';

const INT4_ARRAY = 1007;
const TEXT_ARRAY = 1009;

/** A table of an array, a number, a text and an array of texts. */
async function mixedTable(): Promise<TableDescriptor> {
  const types = [INT4_ARRAY, OID.int4, OID.text, TEXT_ARRAY];
  const columns = types.map((type, i) => ({ name: `c${i}`, type }));
  return inTransaction(await open(), (setup) => createTable(setup, 'mixed', columns));
}

function encoded(table: TableDescriptor, rows: readonly (readonly Value[])[]) {
  const { bytes, starts } = encodeRows(table, rowsOf(table, rows));
  const bodies = rows.map((_, i) => bytes.slice(starts[i], starts[i + 1]));
  return { refs: rows.map((_, i) => i + 1), bodies };
}

function valuesOf({ columns, length }: Batch): Value[][] {
  return Array.from({ length }, (_, row) => columns.map((column) => valueAt(column, row)));
}

/** Turns that count how often they were asked; each gives way. */
function countedTurns() {
  let asked = 0;
  return { checkpoint: () => (asked++, Promise.resolve()), asked: () => asked };
}

describe('rows decoded in turns', () => {
  it('are those that are decoded at once, with checkpoints by their bytes', async () => {
    const table = await mixedTable();
    const numbers = Array.from({ length: 40_000 }, (_, i) => i);
    const words = numbers.map((i) => (i % 7 === 0 ? null : `word ${i}`));
    const large = new PgArray(OID.int4, numbers);
    const texts = new PgArray(OID.text, words, [40_000], [0]);
    const rows = encoded(table, [
      [large, 1, 'a', null],
      [null, null, null, texts],
      [new PgArray(OID.int4, [1, null]), 3, 'x'.repeat(100_000), texts],
      [null, 4, 'd', new PgArray(OID.text, [])],
    ]);
    const attnums = [4, ROW_REF_ATTNUM, 1, 3, 1];
    const turns = countedTurns();
    const inTurns = await decodeInTurns(table, rows, attnums, turns);
    expect(valuesOf(inTurns)).toEqual(valuesOf(decodeRows(table, rows, attnums)));
    expect(turns.asked()).toBeGreaterThan(20);
  });

  it('wait for nobody where they are small', async () => {
    const table = await mixedTable();
    const rows = encoded(
      table,
      Array.from({ length: 1000 }, (_, i) => [new PgArray(OID.int4, [i]), i, `text ${i}`, null]),
    );
    const turns = countedTurns();
    const batch = decodeInTurns(table, rows, [2, 3], turns);
    expect(batch).not.toBeInstanceOf(Promise);
    expect(turns.asked()).toBe(0);
  });

  it('have columns that came later', async () => {
    const table = await mixedTable();
    const rows = encoded(table, [[new PgArray(OID.int4, Array(100_000).fill(7)), 1, 'a', null]]);
    const [first] = table.columns;
    const added = { ...first!, attnum: 5, name: 'later', missingText: '{9}' };
    const wider = { ...table, columns: [...table.columns, added] };
    const batch = await decodeInTurns(wider, rows, [5, 2], countedTurns());
    expect(valuesOf(batch)).toEqual([[new PgArray(OID.int4, [9]), 1]]);
  });
});
