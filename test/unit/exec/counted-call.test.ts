import { expect, it, vi } from 'vitest';
import { CountedRows } from '../../../src/exec/aggregation/counted-rows.ts';
import { memoryEngine } from '../../support/memory-engine.ts';
import { TextSession } from '../../support/text-session.ts';

it('percentiles of numbers are counted, and of what is no number are not', async () => {
  const add = vi.spyOn(CountedRows.prototype, 'add');
  const engine = await memoryEngine();
  const session = await TextSession.open(engine);
  const calls = async (call: string): Promise<number> => {
    add.mockClear();
    await session.run(`SELECT ${call} FROM generate_series(1, 100) n`);
    return add.mock.calls.length;
  };
  expect(await calls('percentile_cont(0.5) WITHIN GROUP (ORDER BY n)')).toBeGreaterThan(0);
  expect(
    await calls('percentile_disc(array[0.1, 0.5]) WITHIN GROUP (ORDER BY n DESC)'),
  ).toBeGreaterThan(0);
  expect(await calls("percentile_disc(0.5) WITHIN GROUP (ORDER BY 'x' || n)")).toBe(0);
  expect(await calls('mode() WITHIN GROUP (ORDER BY n)')).toBe(0);
  expect(await calls('percentile_cont(count(*) / 200.0) WITHIN GROUP (ORDER BY n)')).toBe(0);
  add.mockRestore();
  await session.close();
  await engine.close();
});
