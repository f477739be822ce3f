import { describe, expect, it } from 'vitest';
import { OID } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import {
  INSERT,
  createIndex,
  createTable,
  inTransaction,
  lookup,
  open,
  rowsOf,
} from '../helpers.ts';
import { seededRandom } from '../random.ts';

type Row = [number | null, number | null, number];

function compare(a: Value, b: Value, descending: boolean, nullsFirst: boolean): number {
  if (a === null || b === null) {
    if (a === b) return 0;
    return (a === null) === nullsFirst ? -1 : 1;
  }
  return (Number(a) - Number(b)) * (descending ? -1 : 1);
}

describe('index scans', () => {
  it('bring what a filter and a sort would, over random bounds, directions and NULLs', async () => {
    const random = seededRandom('index scan');
    const engine = await open();
    for (let round = 0; round < 12; round++) {
      const small = (): number | null => (random.int(6) === 0 ? null : random.int(7) - 3);
      const rows: Row[] = Array.from({ length: 120 }, (_, n) => [small(), small(), n]);
      const directions = [0, 1].map(() => ({
        descending: random.int(2) === 0,
        nullsFirst: random.int(2) === 0,
      }));
      const [first, second] = directions as [(typeof directions)[0], (typeof directions)[0]];
      const columns = ['a', 'b', 'n'].map((name) => ({ name, type: OID.int4 }));
      await inTransaction(engine, async (setup) => {
        const table = await createTable(setup, `t${round}`, columns);
        const keys = directions.map((direction, i) => ({ column: i + 1, ...direction }));
        const index = await createIndex(setup, table, `i${round}`, [], { keys });
        await setup.insert(table, rowsOf(table, rows.slice(0, 60)), INSERT);
        return { table, index };
      }).then(async ({ table, index }) => {
        const t = engine.begin('read committed', false);
        // Half of the rows are stored, half are the transaction's own.
        await t.insert(table, rowsOf(table, rows.slice(60)), INSERT);
        for (let probe = 0; probe < 15; probe++) {
          const bound = () =>
            random.int(3) === 0
              ? null
              : { value: random.int(7) - 3, inclusive: random.int(2) === 0 };
          const equals = random.int(2) === 0 ? [] : [random.int(7) - 3];
          const column = equals.length;
          const request = {
            equals,
            lower: bound(),
            upper: bound(),
            descending: random.int(2) === 0,
          };
          const { lower, upper } = request;
          const expected = rows
            .filter((row) => {
              const value = row[column] as number | null;
              if (equals.length > 0 && row[0] !== equals[0]) return false;
              if (lower === null && upper === null) return true;
              if (value === null) return false;
              if (lower !== null && !(lower.inclusive ? value >= lower.value : value > lower.value))
                return false;
              return (
                upper === null || (upper.inclusive ? value <= upper.value : value < upper.value)
              );
            })
            .sort(
              (x, y) =>
                compare(x[0], y[0], first.descending, first.nullsFirst) ||
                compare(x[1], y[1], second.descending, second.nullsFirst) ||
                x[2] - y[2],
            );
          if (request.descending) expected.reverse();
          expect(await lookup(t, table, index, request), `seed ${random.seed}`).toEqual(expected);
        }
        t.rollback();
      });
    }
    await engine.close();
  });

  it('find nothing for NULL', async () => {
    const engine = await open();
    await inTransaction(engine, async (t) => {
      const table = await createTable(t, 't');
      const index = await createIndex(t, table, 'i', [1]);
      await t.insert(
        table,
        rowsOf(table, [
          [null, 'x'],
          [1, 'y'],
        ]),
        INSERT,
      );
      expect(await lookup(t, table, index, { equals: [null] })).toEqual([]);
      expect(await lookup(t, table, index, { lower: { value: null, inclusive: true } })).toEqual(
        [],
      );
      expect(await lookup(t, table, index)).toHaveLength(2);
    });
    await engine.close();
  });
});
