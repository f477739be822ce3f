/** Aggregates give PostgreSQL's results through both ways of feeding rows. */
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aggregateHere, aggregateThere } from './support.ts';

let db: PGlite;
beforeAll(async () => {
  db = await PGlite.create();
});
afterAll(() => db.close());

const ROWS: Readonly<Record<string, readonly (string | null)[]>> = {
  int4: ['5', null, '-3', '2147483647', '2147483647', '0'],
  int8: ['9223372036854775807', '9007199254740993', null, '-5', '9223372036854775807'],
  float8: ['1.5', null, '-2.25', '1e10', '0.1', '0.2'],
  numeric: ['1.50', '2.255', null, '-7'],
};
const NAMES = [
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'stddev',
  'var_pop',
  'stddev_pop',
  'variance',
  'array_agg',
];

test.each(Object.keys(ROWS))('over %s', async (type) => {
  for (const name of NAMES) {
    for (const values of [ROWS[type]!, [], [null], ROWS[type]!.slice(0, 1)]) {
      const rows = values.map((value) => [value]);
      expect(aggregateHere(name, [type], rows), `${name} ${JSON.stringify(values)}`).toBe(
        await aggregateThere(db, name, [type], rows),
      );
    }
  }
});
