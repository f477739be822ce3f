/** Random changes in PostgreSQL (PGlite) and Varve; VARVE_CHANGES sets how many transactions. */
import { expect, test } from 'vitest';
import { memoryEngine } from '../support/memory-engine.ts';
import { PgliteOracle } from '../support/pglite-oracle.ts';
import { runRandomChanges } from '../support/random-changes.ts';
import { printedSeed } from '../support/seed.ts';

const TRANSACTIONS = Number(process.env.VARVE_CHANGES ?? 60);

test('random changes', { timeout: 60_000 + TRANSACTIONS * 500 }, async () => {
  const seed = printedSeed('random changes');
  const oracle = await PgliteOracle.open();
  const engine = await memoryEngine();
  const wrong = await runRandomChanges(seed, TRANSACTIONS, oracle, engine);
  await engine.close();
  await oracle.close();
  expect(wrong).toBe('');
});
