/** Integers compared with decimals, by SQL and by exact arithmetic. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/session.ts';
import { memoryEngine } from '../../support/memory-engine.ts';
import { randomSource } from '../exec/support.ts';
import { TextSession } from '../../support/text-session.ts';
import { printedSeed } from '../../support/seed.ts';
import { rounds } from '../../support/rounds.ts';

let engine: Engine;
let session: TextSession;

beforeAll(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
  await session.run('CREATE TABLE i (a int2, b int4, c int8)');
  await session.run(
    'INSERT INTO i SELECT g, g, g FROM generate_series(-4, 4) g UNION ALL SELECT NULL, NULL, 9223372036854775807',
  );
});

afterAll(async () => {
  await session.close();
  await engine.close();
});

async function run(sql: string): Promise<unknown> {
  const outcome = await session.run(sql);
  return outcome.kind === 'error' ? outcome.code : outcome.result.rows;
}

describe('integers beside decimals', () => {
  it('compare as numbers do', async () => {
    const seed = printedSeed('compare integers');
    const random = randomSource(seed);
    const pick = <T>(items: readonly T[]): T => items[random(items.length)];
    for (let round = 0; round < rounds(60); round++) {
      const column = pick(['a', 'b', 'c']);
      const value = pick(['0.5', '-0.5', '2.0', '-2.00', '3.999', '-0.0', '1e30', '4.0000000001']);
      const operator = pick(['<', '<=', '>', '>=', '=', '<>']);
      // A column's own value times one is no plain cast of it.
      const [left, right] = random(2) === 0 ? [column, value] : [value, column];
      const plain = `SELECT ${column} FROM i WHERE ${left} ${operator} ${right} ORDER BY c`;
      const exact = plain.replace(
        `WHERE ${left} ${operator} ${right}`,
        `WHERE ${left === column ? `${column} * 1.0` : left} ${operator} ${right === column ? `${column} * 1.0` : right}`,
      );
      expect(await run(plain), `seed ${seed} ${plain}`).toEqual(await run(exact));
    }
  });

  it('are compared as integers', async () => {
    expect(await run('EXPLAIN (COSTS OFF) SELECT * FROM i WHERE b >= 0.5')).toEqual([
      ['Seq Scan on i'],
      ["  Filter: (b >= '1'::bigint)"],
    ]);
    expect(await run('EXPLAIN (COSTS OFF) SELECT * FROM i WHERE b = 0.5')).toEqual([
      ['Seq Scan on i'],
      ['  Filter: ((b)::numeric = 0.5)'],
    ]);
  });
});
