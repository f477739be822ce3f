import { describe, expect, it } from 'vitest';
import { DbError } from '../../../../src/errors/db-error.ts';
import { BlobLog } from '../../../../src/storage/log/blob-log.ts';
import type { LogEntry } from '../../../../src/storage/log/commit-log.ts';
import { FaultyDisk } from '../faulty-disk.ts';
import { seededRandom } from '../random.ts';

const openLog = async (disk: FaultyDisk, segmentBytes?: number): Promise<BlobLog> => {
  const log = await BlobLog.open({ disk, directory: 'log', segmentBytes });
  await log.create(0);
  return log;
};

const payload = (n: number, length = 5): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (n + i * 7) & 0xff);

const part = (n: number, length?: number) => ({ range: 0, payload: payload(n, length) });

async function entries(log: BlobLog, from = 1, range = 0): Promise<LogEntry[]> {
  const result: LogEntry[] = [];
  for await (const entry of log.tail(range, from)) result.push(entry);
  return result;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return error instanceof DbError ? error.code : String(error);
  }
}

describe('BlobLog', () => {
  it('gives sequences in call order and returns entries after reopening', async () => {
    const disk = new FaultyDisk();
    const log = await openLog(disk);
    const given = await Promise.all([1, 2, 3].map((n) => log.append([part(n)])));
    expect(given).toEqual([[1], [2], [3]]);
    expect(await log.append([part(4), part(5)])).toEqual([4, 5]);
    await log.close();
    const again = await openLog(disk);
    expect(await again.heads([0])).toEqual([5]);
    expect((await entries(again)).map((entry) => entry.payload)).toEqual(
      [1, 2, 3, 4, 5].map((n) => payload(n)),
    );
    expect((await entries(again, 4)).map((entry) => entry.sequence)).toEqual([4, 5]);
    expect(await again.append([part(6)])).toEqual([6]);
  });

  it('shares one sync among appends that wait together', async () => {
    const disk = new FaultyDisk();
    const log = await openLog(disk);
    let syncs = 0;
    disk.beforeCall = (call) => {
      if (call === 'sync') syncs++;
    };
    await Promise.all(Array.from({ length: 50 }, (_, n) => log.append([part(n)])));
    expect(syncs).toBe(1);
  });

  it('cuts a torn tail at every byte and keeps what was acknowledged', async () => {
    const disk = new FaultyDisk();
    const log = await openLog(disk);
    await log.append([part(1), part(2)]);
    const [path, file] = [...disk.files][0] as [string, { bytes: Uint8Array }];
    const acknowledged = file.bytes.length;
    await log.append([part(3, 20), part(4, 20)]);
    const whole = file.bytes;
    for (let length = acknowledged; length < whole.length; length++) {
      const torn = new FaultyDisk();
      torn.files.set(path, { bytes: whole.slice(0, length), durable: new Uint8Array(0) });
      const recovered = await openLog(torn);
      expect(await recovered.heads([0])).toEqual([2]);
      expect(await recovered.append([part(9)])).toEqual([3]);
      expect((await entries(recovered)).length).toBe(3);
    }
  });

  it.each([
    ['in one call', 300_000],
    ['one after the other', 5_000_000],
  ])('writes large records in pieces, %s, which are there or not', async (_, size) => {
    const large = (n: number): Uint8Array => new Uint8Array(size).fill(n);
    const disk = new FaultyDisk();
    const log = await openLog(disk);
    await log.append([part(1)]);
    const [path] = [...disk.files.keys()];
    const borders: number[] = [];
    let syncs = 0;
    disk.beforeCall = (call) => {
      if (call === 'append') borders.push(disk.files.get(path)!.bytes.length);
      if (call === 'sync') syncs++;
    };
    const parts = [part(2), { range: 0, payload: large(3) }, part(4), part(5, 200_000), part(6)];
    const more = Array.from({ length: 3 }, (_, n) => log.append([part(7 + n, 100_000)]));
    expect(await log.append(parts)).toEqual([5, 6, 7, 8, 9]);
    expect(await Promise.all(more)).toEqual([[2], [3], [4]]);
    expect([syncs, borders.length > 2]).toEqual([1, true]);
    const { bytes } = disk.files.get(path)!;
    for (const end of [...borders, ...borders.map((border) => border + 30), bytes.length]) {
      const torn = new FaultyDisk();
      torn.files.set(path, { bytes: bytes.slice(0, end), durable: bytes.slice(0, end) });
      const found = await entries(await openLog(torn));
      const isWhole = end === bytes.length;
      expect(found[0].payload).toEqual(payload(1));
      expect(found.length > 4).toBe(isWhole);
      if (!isWhole) continue;
      const isSame = parts.map(
        (each, i) => Buffer.compare(each.payload, found[4 + i].payload) === 0,
      );
      expect(isSame).toEqual(parts.map(() => true));
    }
  });

  it('reports a flipped byte anywhere before the last append, and never returns it', async () => {
    const disk = new FaultyDisk();
    const log = await openLog(disk);
    await log.append([part(1, 30)]);
    const [path, file] = [...disk.files][0] as [string, { bytes: Uint8Array }];
    const guarded = file.bytes.length;
    await log.append([part(2, 30)]);
    await log.append([part(3, 30)]);
    for (let offset = 0; offset < file.bytes.length; offset++) {
      const flipped = file.bytes.slice();
      flipped[offset] = (flipped[offset] as number) ^ 0x10;
      const damaged = new FaultyDisk();
      damaged.files.set(path, { bytes: flipped, durable: flipped });
      if (offset < guarded) {
        expect(await codeOf(openLog(damaged)), `byte ${offset}`).toBe('XX001');
        continue;
      }
      // The newest record may be a torn write; whatever comes back must be what was written.
      const code = await codeOf(
        openLog(damaged).then(async (recovered) => {
          for (const entry of await entries(recovered)) {
            expect(entry.payload).toEqual(payload(entry.sequence, 30));
          }
        }),
      );
      expect(['none', 'XX001']).toContain(code);
    }
  });

  it('drops appends that were written out of order and never synced', async () => {
    const disk = new FaultyDisk();
    const log = await openLog(disk);
    await log.append([part(1)]);
    const [path, file] = [...disk.files][0] as [string, { bytes: Uint8Array }];
    const durable = file.bytes.length;
    await Promise.all([log.append([part(2, 40)]), log.append([part(3, 40)])]);
    const holed = file.bytes.slice();
    holed.fill(0, durable, durable + 60);
    const crashed = new FaultyDisk();
    crashed.files.set(path, { bytes: holed, durable: holed });
    expect(await (await openLog(crashed)).heads([0])).toEqual([1]);
  });

  it('fails for good after the n-th append or sync fails', async () => {
    for (const call of ['append', 'sync'] as const) {
      for (const code of ['ENOSPC', 'EIO']) {
        const disk = new FaultyDisk();
        const log = await openLog(disk);
        await log.append([part(1)]);
        disk.beforeCall = (each) => {
          if (each === call) throw Object.assign(new Error(code), { code });
        };
        const expected = code === 'ENOSPC' ? '53100' : '58030';
        expect(await codeOf(log.append([part(2)]))).toBe(expected);
        disk.beforeCall = () => undefined;
        expect(await codeOf(log.append([part(3)]))).toBe(expected);
        expect(await codeOf(log.trim(0, 1))).toBe(expected);
        await log.close();
        const recovered = await openLog(disk.afterPowerLoss(() => 0));
        expect(await recovered.heads([0])).toEqual([1]);
      }
    }
  });

  it('gives space back by whole segments and goes on after them', async () => {
    const disk = new FaultyDisk();
    const log = await openLog(disk, 300);
    for (let n = 1; n <= 20; n++) await log.append([part(n, 50)]);
    const before = disk.files.size;
    expect(before).toBeGreaterThan(3);
    await log.trim(0, 10);
    expect(disk.files.size).toBeLessThan(before);
    expect((await entries(log, 11)).map((entry) => entry.sequence)).toEqual([
      11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    ]);
    expect(await codeOf(entries(log, 1))).toBe('XX001');
    await log.trim(0, 20);
    expect(disk.files.size).toBe(1);
    await log.close();
    const again = await openLog(disk, 300);
    expect(await again.heads([0])).toEqual([20]);
    expect(await again.append([part(21)])).toEqual([21]);
    expect((await entries(again, 21)).length).toBe(1);
  });

  it('reports a missing segment', async () => {
    const disk = new FaultyDisk();
    const log = await openLog(disk, 200);
    for (let n = 1; n <= 10; n++) await log.append([part(n, 50)]);
    await log.close();
    const names = [...disk.files.keys()].sort();
    disk.files.delete(names[1] as string);
    expect(await codeOf(openLog(disk))).toBe('XX001');
  });

  it('advances over a gap that the state already contains', async () => {
    const disk = new FaultyDisk();
    const log = await openLog(disk);
    await log.append([part(1)]);
    await log.advance(0, 5);
    expect(await log.append([part(6)])).toEqual([6]);
    await log.close();
    const again = await openLog(disk);
    expect(await again.heads([0])).toEqual([6]);
    expect((await entries(again, 2)).map((entry) => entry.sequence)).toEqual([6]);
  });

  it('keeps ranges apart', async () => {
    const disk = new FaultyDisk();
    const log = await openLog(disk);
    await log.create(7);
    expect(
      await log.append([
        part(1),
        { range: 7, payload: payload(2) },
        { range: 7, payload: payload(3) },
      ]),
    ).toEqual([1, 1, 2]);
    await log.close();
    const again = await openLog(disk);
    expect(await again.heads([0, 7])).toEqual([1, 2]);
    expect((await entries(again, 1, 7)).map((entry) => entry.payload)).toEqual([
      payload(2),
      payload(3),
    ]);
    await again.drop(7);
    await again.close();
    const last = await openLog(disk);
    expect(await codeOf(last.append([{ range: 7, payload: payload(1) }]))).toMatch(/no range 7/);
  });

  it('loses nothing acknowledged when power fails at a random point', async () => {
    const random = seededRandom('power loss');
    for (let round = 0; round < 30; round++) {
      const disk = new FaultyDisk();
      const log = await openLog(disk, 400);
      let failAt = random.int(40);
      disk.beforeCall = () => {
        if (failAt-- === 0) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      };
      let acknowledged = 0;
      const writers = Array.from({ length: 15 }, async (_, n) => {
        const [sequence = 0] = await log.append([part(n, random.int(60))]);
        acknowledged = Math.max(acknowledged, sequence);
        if (sequence % 6 === 0) await log.trim(0, sequence - 4);
      });
      await Promise.allSettled(writers);
      const crashed = disk.afterPowerLoss((unsynced) => random.int(unsynced + 1));
      const recovered = await openLog(crashed, 400);
      const [head = 0] = await recovered.heads([0]);
      expect(head, `seed ${random.seed} round ${round}`).toBeGreaterThanOrEqual(acknowledged);
    }
  });
});
