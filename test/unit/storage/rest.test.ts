/** Storage that rests after a load gives back the log's disk. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import {
  INSERT,
  allRows,
  createTable,
  inTransaction,
  open,
  rowsOf,
  temporaryDirectory,
} from './helpers.ts';

function logBytes(path: string): number {
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => /(^|\/)\d{20}\.log$/.test(name))
    .reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}

it('rests, and has what was committed', async () => {
  const path = await temporaryDirectory();
  const env = createNodeEnv();
  const { timers } = env;
  // Nothing rests before the load is over, however long that takes.
  let isLoading = true;
  const after = (ms: number, callback: () => void): (() => void) => {
    let cancel = (): void => undefined;
    const arm = (): void => {
      cancel = timers.after(Math.min(ms, 50), () => (isLoading ? arm() : callback()));
    };
    arm();
    return () => cancel();
  };
  const engine = await open(path, { env: { ...env, timers: { ...timers, after } } });
  const table = await inTransaction(engine, (t) => createTable(t, 'labels'));
  for (let i = 0; i < 20; i++) {
    const rows = rowsOf(table, [[i, String(i).repeat(500_000)]]);
    await inTransaction(engine, (t) => t.insert(table, rows, INSERT));
  }
  isLoading = false;
  const deadline = Date.now() + 10_000;
  while (logBytes(path) > 100_000 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(logBytes(path)).toBeLessThan(100_000);
  await engine.close();
  const again = await open(path);
  await inTransaction(again, async (t) => {
    const rows = await allRows(t, table);
    expect(rows.map(([id, label]) => [Number(id), (label as string).length])).toEqual(
      Array.from({ length: 20 }, (_, i) => [i, String(i).length * 500_000]),
    );
  });
  await again.close();
});
