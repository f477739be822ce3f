import { describe, expect, it } from 'vitest';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { EntryList } from '../../../src/storage/txn/entry-list.ts';
import { KeyEntries, NO_ENTRY } from '../../../src/storage/txn/key-entries.ts';
import { NOTHING, NumberMap } from '../../../src/storage/txn/number-map.ts';
import { RowNumbers } from '../../../src/storage/txn/row-numbers.ts';
import { CommittedRows, RowVersions } from '../../../src/storage/txn/row-versions.ts';
import { SplitMap } from '../../../src/storage/split-map.ts';
import { Turns } from '../../../src/storage/turns.ts';
import { seededRandom } from './random.ts';

describe('maps of a write set', () => {
  it('keep rows in the order of their arrival where it is that of their ids', () => {
    const rows = new RowNumbers();
    for (let row = 5000; row < 30_000; row++) rows.set(row, row * 2);
    rows.set(6000, 2 ** 50);
    rows.delete(7000);
    rows.delete(7000);
    expect(rows.size).toBe(24_999);
    expect(rows.get(6000)).toBe(2 ** 50);
    expect([rows.has(7000), rows.has(29_999), rows.get(40_000)]).toEqual([false, true, undefined]);
    const keys = [...rows.keys()];
    expect(keys.length).toBe(24_999);
    expect(keys.every((key, i) => i === 0 || key > keys[i - 1])).toBe(true);
  });

  it('do with row ids near and far what a Map does', () => {
    const random = seededRandom('row numbers');
    const [rows, known] = [new RowNumbers(), new Map<number, number>()];
    for (let step = 0; step < 30_000; step++) {
      const isNear = random.int(3) > 0;
      const rowId = isNear ? random.int(2000) : random.int(50) * 2 ** 40 + random.int(12);
      if (random.int(3) > 0) {
        rows.set(rowId, step);
        known.set(rowId, step);
      } else {
        rows.delete(rowId);
        known.delete(rowId);
      }
      const probe = random.int(2000);
      expect([rows.get(rowId), rows.get(probe)]).toEqual([known.get(rowId), known.get(probe)]);
    }
    expect(rows.size).toBe(known.size);
    expect(new Map(rows.entries())).toEqual(known);
    for (const rowId of known.keys()) rows.delete(rowId);
    expect([rows.size, [...rows.keys()]]).toEqual([0, []]);
  });

  it('do with numbers of any size what a Map does', () => {
    const random = seededRandom('number map');
    const [map, known] = [new NumberMap(), new Map<number, number>()];
    for (let step = 0; step < 30_000; step++) {
      const far = random.int(2 ** 20) * 2 ** 32 + random.int(2);
      const key = random.int(2) === 0 ? random.int(3000) : far;
      // Now more comes than goes, now all of it goes.
      if (random.int(10) < (step % 20_000 < 12_000 ? 8 : 2)) {
        map.set(key, step % 7);
        known.set(key, step % 7);
      } else {
        const gone = known.keys().next().value ?? key;
        for (const each of [gone, key]) {
          map.delete(each);
          known.delete(each);
        }
      }
      expect(map.get(key)).toBe(known.get(key) ?? NOTHING);
    }
    expect(map.size).toBe(known.size);
    expect(new Map(map.entries())).toEqual(known);
    for (const key of [...known.keys()]) map.delete(key);
    expect([map.size, [...map.entries()]]).toEqual([0, []]);
    map.set(5, 6);
    expect([map.get(5), map.get(6)]).toEqual([6, NOTHING]);
  });

  it('are split while keys of any kind come and go', () => {
    const map = new SplitMap<string | number, number>();
    const known = new Map<string | number, number>();
    const numbers = Array.from({ length: 20_000 }, (_, i) => i * 2 ** 28 + (i % 3) - 1);
    const texts = Array.from({ length: 20_000 }, (_, i) => `key ${i}\0\0`);
    const keys = ['', '\0', -1, 0.5, 2 ** 52, ...numbers, ...texts];
    keys.forEach((key, i) => {
      map.set(key, i);
      known.set(key, i);
      if (i % 3 !== 0) return;
      const gone = keys[Math.floor(i / 2)];
      expect(map.delete(gone)).toBe(known.delete(gone));
    });
    expect(map.size).toBe(known.size);
    expect(keys.every((key) => map.get(key) === known.get(key))).toBe(true);
    expect(keys.every((key) => map.has(key) === known.has(key))).toBe(true);
    expect(new Map(map)).toEqual(known);
    expect(new Set(map.keys())).toEqual(new Set(known.keys()));
  });
});

describe('rows of a write set', () => {
  it('have the versions of each command, and lose them from the end', () => {
    const random = seededRandom('versions');
    const rows = new RowVersions();
    const log: { rowId: number; command: number; row: Uint8Array | null }[] = [];
    const check = (rowId: number, command: number): void => {
      const wanted = log.findLast((each) => each.rowId === rowId && each.command <= command);
      const found = rows.get(rowId, command);
      expect(found?.command).toBe(wanted?.command);
      expect(found?.row === null).toBe(wanted?.row === null);
      if (found?.row instanceof Uint8Array) expect(Buffer.compare(found.row, wanted!.row!)).toBe(0);
      expect(rows.hasVersion(rowId, command)).toBe(wanted !== undefined);
    };
    for (let step = 0; step < 5_000; step++) {
      const rowId = random.int(40) * 5000;
      if (random.int(3) > 0 || log.length === 0) {
        const length = random.int(50) === 0 ? random.int(400_000) : random.int(300);
        const row = random.int(5) === 0 ? null : new Uint8Array(length).fill(step);
        log.push({ rowId, command: step, row });
        if (row === null) rows.putDeleted(rowId, step);
        else rows.put(rowId, step, row, 0, row.length);
      } else if (random.int(2) === 0) {
        const last = log.pop()!;
        expect(rows.takeBack(last.rowId)).toBe(last.row?.length ?? 0);
      }
      if (step % 50 === 0) check(rowId, step - random.int(60));
      const newest = log.findLast((each) => each.rowId === rowId);
      expect(rows.commandOf(rowId)).toBe(newest?.command);
      expect(rows.isDeleted(rowId)).toBe(newest?.row === null);
      expect(rows.lengthOf(rowId)).toBe(newest?.row?.length);
    }
    expect(rows.size).toBe(new Set(log.map(({ rowId }) => rowId)).size);
  });

  it('have the bytes that were committed', () => {
    const rows = new CommittedRows();
    const row = (n: number): Uint8Array => new Uint8Array(n % 700).fill(n);
    for (let n = 0; n < 5000; n++) rows.set(n * 3, row(n));
    rows.delete(30);
    for (let n = 0; n < 5000; n += 7) {
      const isThere = n !== 10;
      expect(rows.has(n * 3)).toBe(isThere);
      expect(rows.lengthOf(n * 3)).toBe(n % 700);
      expect(Buffer.compare(rows.get(n * 3)!, row(n))).toBe(0);
    }
    expect([rows.has(30), rows.get(30), rows.lengthOf(31)]).toEqual([false, undefined, undefined]);
  });
});

describe('index entries of a write set', () => {
  const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

  it('are found by their keys, newest first, and in order', async () => {
    const random = seededRandom('key entries');
    const entries = new KeyEntries();
    const known: { key: string; rowId: number }[] = [];
    const sorted = new EntryList();
    const { clock, timers } = createNodeEnv();
    const turns = new Turns(clock, timers);
    for (let round = 0; round < 8; round++) {
      const count = random.int(5) === 0 ? random.int(9000) : random.int(900);
      for (let i = 0; i < count; i++) {
        const key = 'k'.repeat(random.int(4)) + random.int(random.int(2) === 0 ? 30 : 100_000);
        const bytes = bytesOf(`<<${key}>>`);
        const rowId = known.length;
        for (const list of [entries, sorted]) {
          expect(list.add(bytes, 2, bytes.length - 2, rowId, round, i % 2 === 0)).toBe(rowId);
        }
        known.push({ key, rowId });
      }
      if (random.int(4) > 0) await entries.prepareRanges(turns);
      // Two at the same time do the same work.
      await Promise.all([sorted.prepareLookups(turns), sorted.prepareLookups(turns)]);
      const { key } = known[random.int(known.length)] ?? { key: '' };
      const bytes = bytesOf(key);
      const wanted = known.filter((each) => each.key === key).map(({ rowId }) => rowId);
      expect([...entries.withKey(bytes, 0, bytes.length)]).toEqual(wanted.toReversed());
      expect([...sorted.withKey(bytes, 0, bytes.length)]).toEqual(wanted);
    }
    expect(entries.find(bytesOf('none'), 0, 4)).toBe(NO_ENTRY);
    await entries.prepareRanges(turns);
    const ordered = known.toSorted((a, b) =>
      a.key === b.key ? a.rowId - b.rowId : a.key < b.key ? -1 : 1,
    );
    for (const [from, to] of [
      ['', undefined],
      ['2', '7'],
      ['k1', 'k1'],
      ['k', 'kk5'],
    ] as const) {
      const inside = ordered.filter(({ key }) => key >= from && (to === undefined || key < to));
      const end = to === undefined ? undefined : bytesOf(to);
      const wanted = inside.map(({ rowId }) => rowId);
      expect([...entries.range(bytesOf(from), end, false)]).toEqual(wanted);
      expect([...entries.range(bytesOf(from), end, true)]).toEqual(wanted.toReversed());
    }
    expect(new TextDecoder().decode(entries.keyAt(0))).toBe(known[0]?.key);
  });
});
