import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/engine/engine.ts';
import type { Engine } from '../../../src/engine/session.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { systemSqlPath } from '../../../src/platform/package-path.ts';
import { TextSession } from '../../support/text-session.ts';

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  const env = createNodeEnv({ logLevel: 'error' });
  engine = await openEngine({ env, path: undefined, systemSqlPath: systemSqlPath() });
  session = await TextSession.open(engine);
  for (const sql of [
    `CREATE TABLE h (ts timestamptz NOT NULL, dev text, v int)
     WITH (tsdb.hypertable, tsdb.partition_column = 'ts', tsdb.segmentby = 'dev')`,
    `INSERT INTO h SELECT '2024-01-01'::timestamptz + g * interval '1 second', 'd' || g % 10, g
     FROM generate_series(1, 50000) g`,
    'VACUUM FULL h',
  ]) {
    expect((await session.run(sql)).kind).toBe('result');
  }
});
afterAll(async () => {
  await session.close();
  await engine.close();
});

async function explain(options: string, query: string): Promise<string> {
  const sql = `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF${options}) ${query}`;
  const outcome = await session.run(sql);
  if (outcome.kind !== 'result') throw new Error(outcome.message);
  return outcome.result.rows.join('\n');
}

describe('EXPLAIN (ANALYZE, BUFFERS)', () => {
  const query = "SELECT v FROM h WHERE dev = 'd3' AND v > 45000";

  it('tells which vectors are left out and which blocks are read', async () => {
    const plan = await explain(', BUFFERS', query);
    // 5,000 rows a series; the last tenth of one lies in one vector of 1,024, or in two.
    expect(plan).toMatch(
      /Vectors: [12] of 49 \(left out by series and time 4[34], by value [345]\)/,
    );
    expect(plan).toMatch(/Buffers: shared hit=\d+ read=\d+ \([1-9]\d* kB touched\)/);
    expect(plan).toContain('Row Batches: 1');
    // What was read stays decoded.
    expect(await explain(', BUFFERS', query)).toMatch(/hit=[1-9]\d* read=0/);
  });

  it('tells of scans that end early', async () => {
    const plan = await explain(', BUFFERS', 'SELECT v FROM h LIMIT 1');
    expect(plan).toMatch(/Rows Scanned: \d+/);
    expect(plan).toMatch(/Buffers: shared/);
  });

  it('gives numbers in JSON', async () => {
    const [plan] = JSON.parse(
      await explain(', BUFFERS, FORMAT JSON', query.replace('SELECT v', 'SELECT dev, v')),
    ) as [{ Plan: Record<string, unknown> }];
    expect(plan.Plan).toMatchObject({ 'Shared Read Blocks': 0, 'Row Batches': 1 });
    expect(plan.Plan['Vectors Left Out by Value']).toBeGreaterThan(0);
  });

  it('is silent without the option', async () => {
    const plan = await explain('', query);
    expect(plan).toContain('Segments: 1 of 1');
    expect(plan).not.toMatch(/Buffers|Vectors|Row Batches/);
  });
});
