/**
 * Random queries against PostgreSQL (PGlite) and three copies of the same data in Varve: ordinary
 * tables, hypertables with everything in their heads, and hypertables with flushed segments, updates
 * and deletes. VARVE_QUERIES sets how many, SEED repeats a run.
 */
import { expect, test } from 'vitest';
import { memoryEngine } from '../support/memory-engine.ts';
import { PgliteOracle } from '../support/pglite-oracle.ts';
import { runRandomQueries } from '../support/random-run.ts';
import { printedSeed } from '../support/seed.ts';

const QUERIES = Number(process.env.VARVE_QUERIES ?? 700);

test('random queries', { timeout: 60_000 + QUERIES * 100 }, async () => {
  const seed = printedSeed('random queries');
  const oracle = await PgliteOracle.open();
  const engine = await memoryEngine();
  const run = await runRandomQueries(seed, QUERIES, oracle, engine);
  await engine.close();
  await oracle.close();
  expect(run.wrong.join('\n\n')).toBe('');
  expect(run.unjudged).toBeLessThan(0.2);
});
