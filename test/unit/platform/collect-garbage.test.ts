import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../src/platform/collect-garbage.ts';

const registry = new FinalizationRegistry<() => void>((tell) => tell());

/** Resolves to the turns of the event loop, each with some garbage, until an unused object was collected. */
async function turnsUntilCollected(calls: number): Promise<number> {
  let isCollected = false;
  registry.register({}, () => (isCollected = true));
  // The collection before may still have to tell that it is done.
  await turn();
  for (let i = 0; i < calls; i++) collectGarbage();
  for (let turns = 0; ; turns++) {
    if (isCollected) return turns;
    if (turns === 50_000) return Infinity;
    Array.from({ length: 1000 }, (_, i) => ({ i }));
    // Part of the collection is done by other threads, which busy processors keep waiting.
    await (turns % 100 === 99 ? pause(1) : turn());
  }
}

describe('collecting garbage', () => {
  it('begins soon and ends by itself, again and again', async () => {
    for (let i = 0; i < 3; i++) expect(await turnsUntilCollected(1)).toBeLessThan(50_000);
  });

  it('is done at once where somebody insists', async () => {
    expect(await turnsUntilCollected(3)).toBeLessThan(50_000);
  });
});
