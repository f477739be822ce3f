import { describe, expect, it } from 'vitest';
import { CachedKv } from '../../../../src/storage/kv/cached.ts';
import type { KvBatch, KvOperation, KvStore } from '../../../../src/storage/kv/kv.ts';
import { MemoryKv } from '../../../../src/storage/kv/memory.ts';
import { ValueRing } from '../../../../src/storage/kv/value-ring.ts';
import { seededRandom, type SeededRandom } from '../random.ts';

const ROW = 0x72;

/** A store whose reads and writes happen, and come back, some time after they were asked for. */
function slow(kv: MemoryKv, random: SeededRandom): { store: KvStore; reads: () => number } {
  let reads = 0;
  const pause = async (): Promise<void> => {
    for (let left = random.int(4); left > 0; left--) await Promise.resolve();
  };
  const store: KvStore = new Proxy(kv, {
    get(target, name: keyof KvStore) {
      if (name === 'write') {
        return async (operations: readonly KvOperation[] | KvBatch) => {
          await pause();
          await target.write(operations);
          await pause();
        };
      }
      if (name === 'getMany') {
        return async (keys: readonly Uint8Array[]) => {
          reads++;
          await pause();
          const values = await target.getMany(keys);
          await pause();
          return values;
        };
      }
      return target[name].bind(target) as unknown;
    },
  });
  return { store, reads: () => reads };
}

describe('CachedKv', () => {
  it('has what was written, whatever reads and writes are under way', async () => {
    const random = seededRandom('cached kv');
    const { store, reads } = slow(new MemoryKv(), random);
    const cached = new CachedKv(store, 4096);
    const key = (n: number): Uint8Array => Uint8Array.of(ROW, n >>> 8, n & 255);
    const valueOf = (version: number): Uint8Array =>
      new Uint8Array(4 + (version % 60)).fill(version & 255).fill(version >>> 8, 0, 1);
    /** By key the newest version that is there for sure, and the one on its way. */
    const settled = new Map<number, number>();
    const started = new Map<number, number>();
    let version = 0;
    let asked = 0;
    const check = async (n: number): Promise<void> => {
      const least = settled.get(n) ?? 0;
      asked++;
      const value = await cached.get(key(n));
      const seen = value === undefined ? 0 : valueVersion(value, least, started.get(n) ?? 0);
      expect(seen).toBeGreaterThanOrEqual(least);
    };
    const valueVersion = (value: Uint8Array, least: number, most: number): number => {
      for (let v = most; v >= least; v--) {
        if (v > 0 && Buffer.compare(valueOf(v), value) === 0) return v;
      }
      return -1;
    };
    const write = async (n: number): Promise<void> => {
      const mine = ++version;
      started.set(n, mine);
      const batch = cached.batch();
      batch.put(key(n), valueOf(mine));
      for (let left = random.int(3); left > 0; left--) await Promise.resolve();
      await cached.write(batch, false);
      settled.set(n, mine);
    };
    let writing = Promise.resolve();
    const running: Promise<void>[] = [];
    for (let step = 0; step < 2000; step++) {
      const n = random.int(random.int(2) === 0 ? 5 : 200);
      for (let left = random.int(4); left > 0; left--) {
        running.push(check(random.int(2) === 0 ? n : random.int(200)));
      }
      // Writes come one after the other, as those of commits do.
      if (random.int(4) === 0) writing = writing.then(() => write(n));
      if (random.int(3) === 0) await Promise.all(running.splice(0));
      else await Promise.resolve();
      if (random.int(500) === 0) {
        await Promise.all([writing, ...running.splice(0)]);
        await cached.deleteRange(Uint8Array.of(ROW), Uint8Array.of(ROW + 1));
        settled.clear();
        started.clear();
      }
    }
    await Promise.all([writing, ...running]);
    for (const [n, newest] of settled) expect(await cached.get(key(n))).toEqual(valueOf(newest));
    expect(reads()).toBeLessThan(asked);
  });

  it('forgets keys that operations and batches delete', async () => {
    const cached = new CachedKv(new MemoryKv(), 4096);
    const [a, b] = [Uint8Array.of(ROW, 1), Uint8Array.of(ROW, 2)];
    const value = Uint8Array.of(7);
    for (const key of [a, b]) await cached.write([{ type: 'put', key, value }], false);
    for (let n = 0; n < 2; n++) expect(await cached.getMany([a, b])).toEqual([value, value]);
    await cached.write([{ type: 'delete', key: a }], false);
    const batch = cached.batch();
    batch.delete(b);
    await cached.write(batch, false);
    expect(await cached.getMany([a, b])).toEqual([undefined, undefined]);
  });
});

describe('ValueRing', () => {
  it('gives back what was put last under a key, or nothing', () => {
    const random = seededRandom('value ring');
    const ring = new ValueRing(8192);
    const known = new Map<number, Uint8Array>();
    let found = 0;
    for (let step = 0; step < 10_000; step++) {
      const n = random.int(150);
      const key = new Uint8Array(2 + (n % 20)).fill(n);
      const value = ring.get(key);
      if (value !== undefined) {
        if (Buffer.compare(value, known.get(n)!) !== 0) expect(value).toEqual(known.get(n));
        found++;
      }
      if (random.int(3) === 0) {
        ring.delete(key);
        known.delete(n);
        if (ring.get(key) !== undefined) throw new Error(`${n} is still there`);
      } else {
        known.set(n, new Uint8Array(random.int(90)).fill(step));
        ring.set(key, known.get(n)!);
        const kept = ring.get(key);
        if (Buffer.compare(kept!, known.get(n)!) !== 0) expect(kept).toEqual(known.get(n));
      }
    }
    expect(found).toBeGreaterThan(2000);
    ring.set(Uint8Array.of(1), new Uint8Array(9000));
    expect(ring.get(Uint8Array.of(1))).toBeUndefined();
  });
});
