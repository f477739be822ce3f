import { describe, expect, it } from 'vitest';
import { RowMap } from '../../../src/storage/txn/row-map.ts';
import { CommittedRows, RowVersions } from '../../../src/storage/txn/row-versions.ts';
import { SplitMap } from '../../../src/storage/split-map.ts';
import { seededRandom } from './random.ts';

describe('maps of a write set', () => {
  it('keep rows in the order of their arrival where it is that of their ids', () => {
    const rows = new RowMap<string>();
    for (let row = 5000; row < 30_000; row++) rows.set(row, `r${row}`);
    rows.set(6000, 'again');
    rows.delete(7000);
    rows.delete(7000);
    expect(rows.size).toBe(24_999);
    expect(rows.get(6000)).toBe('again');
    expect([rows.has(7000), rows.has(29_999), rows.get(40_000)]).toEqual([false, true, undefined]);
    const keys = [...rows.keys()];
    expect(keys.length).toBe(24_999);
    expect(keys.every((key, i) => i === 0 || key > keys[i - 1])).toBe(true);
    expect([...rows].slice(0, 2)).toEqual([
      [5000, 'r5000'],
      [5001, 'r5001'],
    ]);
    expect([...rows.values()].length).toBe(24_999);
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
        rows.put(rowId, step, row);
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
