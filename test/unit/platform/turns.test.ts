/** Who goes on in which turn of the event loop, on a clock of its own. */
import { describe, expect, it } from 'vitest';
import { TurnLine } from '../../../src/platform/turns.ts';

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

describe('TurnLine', () => {
  async function turnsOf(costs: readonly number[], count: number): Promise<string[]> {
    let now = 0;
    const line = new TurnLine(() => now);
    let turns: string[] = [];
    let isOver = false;
    const workers = costs.map(async (cost, worker) => {
      while (!isOver) {
        await line.wait();
        turns[turns.length - 1] += worker;
        now += cost;
      }
    });
    turns = [''];
    const marks: string[] = [];
    while (marks.length < count) {
      await nextTurn();
      marks.push(turns[0] as string);
      turns[0] = '';
    }
    isOver = true;
    await Promise.all(workers);
    return marks.filter((mark) => mark !== '');
  }

  it('lets long work go on by turns, one in each turn of the event loop', async () => {
    const turns = await turnsOf([5, 5, 5], 30);
    expect(turns.every((turn) => turn.length === 1)).toBe(true);
    const order = turns.join('');
    expect(order).toMatch(/^(012)+0?1?$/);
  });

  it('lets short work go on together', async () => {
    const turns = await turnsOf([0.1, 0.1, 0.1], 10);
    expect(turns.some((turn) => turn.length === 3)).toBe(true);
  });

  it('starves nobody beside long work', async () => {
    const order = (await turnsOf([50, 0.1, 50, 0.1], 40)).join('');
    const counts = ['0', '1', '2', '3'].map((worker) => order.split(worker).length - 1);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it('keeps the order of thousands', async () => {
    const line = new TurnLine(() => 0);
    const order: number[] = [];
    const all = Array.from({ length: 5000 }, (_, i) => line.wait().then(() => order.push(i)));
    await Promise.all(all);
    expect(order).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  });
});
