import { describe, expect, it } from 'vitest';
import { indexEntryKey } from '../../../../src/storage/format/keys.ts';
import { MemoryKv } from '../../../../src/storage/kv/memory.ts';
import { IndexBounds } from '../../../../src/storage/row/index-bounds.ts';
import { OID } from '../../../../src/types/type.ts';
import {
  INSERT,
  codeOf,
  copyOf,
  createIndex,
  createTable,
  inTransaction,
  open,
  refsOf,
  rowsOf,
  temporaryDirectory,
} from '../helpers.ts';
import { seededRandom } from '../random.ts';

describe('IndexBounds', () => {
  it('are never below a key that is stored, or was', async () => {
    const random = seededRandom('index bounds');
    for (let round = 0; round < 30; round++) {
      const kv = new MemoryKv();
      const bounds = new IndexBounds();
      const stored: Uint8Array[] = [];
      const someKey = (): Uint8Array =>
        Uint8Array.from({ length: 1 + random.int(4) }, () => random.int(3) * 100);
      const put = async (key: Uint8Array): Promise<void> => {
        bounds.raise(7, key, 0, key.length);
        await Promise.resolve();
        stored.push(key);
        const entry = indexEntryKey(7, key, 0, key.length, null);
        await kv.write([{ type: 'put', key: entry, value: key }]);
      };
      for (let n = random.int(4); n > 0; n--) {
        const key = someKey();
        stored.push(key);
        const entry = indexEntryKey(7, key, 0, key.length, null);
        await kv.write([{ type: 'put', key: entry, value: key }]);
      }
      const writing = Promise.all([put(someKey()), put(someKey())]);
      expect(bounds.isAbove(7, Uint8Array.of(255), 0, 1)).toBe(false);
      await bounds.load(kv, 7);
      await writing;
      expect(bounds.load(kv, 7)).toBeUndefined();
      for (let n = 0; n < 20; n++) {
        const key = someKey();
        const highest = stored.toSorted(Buffer.compare).at(-1)!;
        const isAbove = Buffer.compare(key, highest) > 0;
        expect(bounds.isAbove(7, key, 0, key.length)).toBe(isAbove);
        if (random.int(4) === 0) await put(key);
      }
      expect(bounds.isAbove(8, Uint8Array.of(255), 0, 1)).toBe(false);
    }
  });

  it('let nobody insert a key twice, after a restart and after deletions, too', async () => {
    const path = await temporaryDirectory();
    const engine = await open(path);
    const columns = [{ name: 'id', type: OID.int4 }];
    const table = await inTransaction(engine, async (t) => {
      const made = await createTable(t, 't', columns);
      await createIndex(t, made, 'key', [1], { unique: true });
      await t.insert(made, rowsOf(made, [[1], [5]]), INSERT);
      return made;
    });
    const insert = (on: typeof engine, id: number): Promise<string> =>
      codeOf(inTransaction(on, (t) => t.insert(table, rowsOf(table, [[id]]), INSERT)));
    expect([await insert(engine, 5), await insert(engine, 9)]).toEqual(['23505', 'none']);
    expect([await insert(engine, 9), await insert(engine, 7)]).toEqual(['23505', 'none']);
    const again = await open(await copyOf(path));
    expect([await insert(again, 9), await insert(again, 10)]).toEqual(['23505', 'none']);
    await inTransaction(again, async (t) => {
      const refs = await refsOf(t, table, [10]);
      await t.lockRows(table, refs, 'update', 'block');
      await t.delete(table, refs);
    });
    expect(await Promise.all([insert(again, 10), insert(again, 10)])).toContain('23505');
    await again.close();
    await engine.close();
  });
});
