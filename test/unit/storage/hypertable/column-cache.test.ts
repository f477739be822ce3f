import fc from '../../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { ColumnCache } from '../../../../src/storage/hypertable/column-cache.ts';
import type { StoredColumn } from '../../../../src/storage/hypertable/stored-column.ts';

function columnOf(rows: number): StoredColumn {
  return { rep: 'f64', data: new Float64Array(rows), nulls: undefined };
}

const BLOCK = 200 + 8 * 100;
const name = fc.record({
  segment: fc.integer({ min: 1, max: 3 }),
  attnum: fc.integer({ min: 1, max: 3 }),
  index: fc.nat({ max: 2 }),
});
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('get', 'get', 'later', 'offer'), name }),
  fc.record({ kind: fc.constant('forget'), name }),
);

it('keeps what was used last, as a list in the order of use does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const cache = new ColumnCache(BLOCK * 6);
      let twin: string[] = [];
      for (const { kind, name: block } of steps) {
        const key = `${block.segment}/${block.attnum}/${block.index}`;
        if (kind === 'forget') {
          cache.forget(block.segment);
          twin = twin.filter((known) => !known.startsWith(`${block.segment}/`));
        } else if (kind === 'offer') {
          const fits = (twin.length + 1) * BLOCK <= BLOCK * 6 * 0.9 && !twin.includes(key);
          let isTaken = false;
          cache.offer(block, BLOCK, () => {
            isTaken = true;
            return columnOf(100);
          });
          expect(isTaken).toBe(fits);
          if (fits) twin.push(key);
        } else {
          let isLoaded = false;
          const found = cache.get(block.segment, block.attnum, block.index, () => {
            isLoaded = true;
            return kind === 'get' ? columnOf(100) : Promise.resolve(columnOf(100));
          });
          expect(isLoaded).toBe(!twin.includes(key));
          expect((await found).rep).toBe('f64');
          twin = [...twin.filter((known) => known !== key), key].slice(-6);
        }
        expect(cache.bytes).toBe(twin.length * BLOCK);
      }
    }),
  );
});

it('shares loads, keeps nothing of those that fail or were forgotten meanwhile', async () => {
  const cache = new ColumnCache(BLOCK * 6);
  const failing = cache.get(1, 1, 0, () => Promise.reject(new Error('damaged')));
  const same = cache.get(1, 1, 0, () => columnOf(1));
  await expect(failing).rejects.toThrow('damaged');
  await expect(same).rejects.toThrow('damaged');
  const slow = cache.get(1, 1, 0, () => Promise.resolve(columnOf(100)));
  cache.forget(1);
  await slow;
  expect(cache.bytes).toBe(0);
  cache.get(1, 1, 0, () => columnOf(1000));
  expect(cache.bytes).toBe(8200);
});
