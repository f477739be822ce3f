/** Many equalities of a column, as one set. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/session.ts';
import { memoryEngine } from '../../support/memory-engine.ts';
import { TextSession } from '../../support/text-session.ts';

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
  await session.run('CREATE TABLE t (a int2, b int8, c text, d timestamptz, e float8)');
  await session.run(
    `INSERT INTO t SELECT g, g, 'x' || g, '2020-01-01'::timestamptz + g * interval '1 hour', g
       FROM generate_series(0, 99) g UNION ALL SELECT NULL, NULL, NULL, NULL, NULL`,
  );
});
afterAll(() => engine.close());

async function run(sql: string): Promise<unknown> {
  const outcome = await session.run(sql);
  return outcome.kind === 'error' ? outcome.error : outcome.result.rows;
}

const terms = (count: number, term: (i: number) => string, by: string): string =>
  Array.from({ length: count }, (_, i) => term(i * 3)).join(` ${by} `);

describe('many equalities', () => {
  it('mean what they mean one by one', async () => {
    const columns: Record<string, (i: number) => string> = {
      a: (i) => `${i}`,
      b: (i) => `${i}`,
      c: (i) => `'x${i}'`,
      d: (i) => `'2020-01-01'::timestamptz + ${i} * interval '1 hour'`,
      e: (i) => `${i}.0`,
      // An int2 that no int2 holds is among them.
      'a + 0': (i) => `${i}`,
    };
    for (const [column, value] of Object.entries(columns)) {
      // IS DISTINCT FROM is another way to say the same, NULLs apart.
      for (const [condition, same] of [
        [terms(20, (i) => `${column} = ${value(i)}`, 'OR'), `b % 3 = 0 AND b < 60`],
        [terms(20, (i) => `${column} <> ${value(i)}`, 'AND'), `NOT (b % 3 = 0 AND b < 60)`],
        [
          `${terms(20, (i) => `${column} = ${value(i)}`, 'OR')} OR b = 77 OR a = 70000`,
          `b % 3 = 0 AND b < 60 OR b = 77`,
        ],
        [`NOT (${terms(20, (i) => `${column} = ${value(i)}`, 'OR')} OR ${column} = NULL)`, 'false'],
      ]) {
        const rows = await run(`SELECT b FROM t WHERE ${condition} ORDER BY b`);
        expect(rows, condition).toEqual(await run(`SELECT b FROM t WHERE ${same} ORDER BY b`));
      }
    }
    const values = await run(
      `SELECT count(*) FROM t WHERE (${terms(20, (i) => `b = ${i}`, 'OR')}) IS NULL`,
    );
    expect(values).toEqual([['1']]);
  });

  it('become a set from sixteen on', async () => {
    const [[, filter]] = [
      (await run(
        `EXPLAIN (COSTS OFF) SELECT * FROM t WHERE ${terms(16, (i) => `b = ${i}`, 'OR')}`,
      )) as string[][],
    ];
    expect(filter[0]).toContain("b = ANY ('{0,3,6,");
    const [, few] = (await run(
      `EXPLAIN (COSTS OFF) SELECT * FROM t WHERE ${terms(3, (i) => `b = ${i}`, 'OR')}`,
    )) as string[][];
    expect(few[0]).toBe('  Filter: ((b = 0) OR (b = 3) OR (b = 6))');
  });
});
