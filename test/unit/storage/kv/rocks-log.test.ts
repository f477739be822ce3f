import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNodeEnv } from '../../../../src/platform/node-env.ts';
import { scanRocksLog, type LogScan } from '../../../../src/storage/kv/rocks-log.ts';
import { mendRocks } from '../../../../src/storage/kv/rocks-mend.ts';
import { assertUnlocked, openRocks } from '../../../../src/storage/kv/rocks.ts';
import { seededRandom } from '../random.ts';

const { disk } = createNodeEnv();
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rocks-log-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** A log with records from a few bytes to several blocks, as RocksDB wrote it. */
async function writtenLog(): Promise<{ bytes: Uint8Array; sizes: number[] }> {
  const kv = await openRocks({ directory, disk });
  const sizes = [1, 50, 32_000, 700, 100_000, 3, 32_740, 8, 5_000];
  for (const [i, size] of sizes.entries()) {
    await kv.write(
      [{ type: 'put', key: Uint8Array.of(i), value: new Uint8Array(size).fill(i + 1) }],
      true,
    );
  }
  await kv.close();
  const [name = ''] = (await readdir(directory)).filter((each) => each.endsWith('.log'));
  return { bytes: await disk.readFile(join(directory, name)), sizes };
}

function scan(bytes: Uint8Array): LogScan & { lengths: number[] } {
  const lengths: number[] = [];
  const result = scanRocksLog(bytes, (pieces) => {
    lengths.push(pieces.reduce((sum, piece) => sum + piece.length, 0));
    return true;
  });
  return { ...result, lengths };
}

describe("RocksDB's log format", () => {
  it('is read as RocksDB wrote it', async () => {
    const { bytes, sizes } = await writtenLog();
    const whole = scan(bytes);
    expect(whole).toMatchObject({ end: 'whole', validBytes: bytes.length });
    expect(whole.lengths).toHaveLength(sizes.length);
    sizes.forEach((size, i) => {
      expect(whole.lengths[i]).toBeGreaterThan(size);
      expect(whole.lengths[i]).toBeLessThan(size + 30);
    });
  });

  it('ends where it was cut off, as a crash may do', async () => {
    const { bytes } = await writtenLog();
    const random = seededRandom('cut rocks log');
    for (let i = 0; i < 200; i++) {
      const { end, validBytes, lengths } = scan(bytes.subarray(0, random.int(bytes.length)));
      expect(end).not.toBe('damaged');
      expect(scan(bytes).lengths.slice(0, lengths.length)).toEqual(lengths);
      expect(scan(bytes.subarray(0, validBytes)).end).toBe('whole');
    }
    const zeros = new Uint8Array(bytes.length + 5_000);
    zeros.set(bytes);
    expect(scan(zeros)).toMatchObject({ end: 'torn', validBytes: bytes.length });
  });

  it('shows every changed byte but the filling at the end of a block', async () => {
    const { bytes } = await writtenLog();
    const random = seededRandom('changed rocks log');
    for (let i = 0; i < 2_000; i++) {
      // One half in the last record, whose header is easily taken for a torn one.
      const at = i % 2 === 0 ? random.int(bytes.length) : bytes.length - 1 - random.int(5_060);
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ (1 + random.int(255));
      const { end, lengths } = scan(changed);
      if (end !== 'damaged') {
        expect(at % 32_768, `byte ${at} of ${bytes.length}`).toBeGreaterThan(32_761);
        expect(lengths).toEqual(scan(bytes).lengths);
      }
    }
  });
});

describe('mending', () => {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };

  it('leaves what another server has open alone', async () => {
    const kv = await openRocks({ directory, disk });
    await kv.write([{ type: 'put', key: Uint8Array.of(1), value: new Uint8Array(100) }], true);
    const [name = ''] = (await readdir(directory)).filter((each) => each.endsWith('.log'));
    const log = join(directory, name);
    const bytes = await readFile(log);
    const damaged = Uint8Array.from(bytes);
    damaged[20] = (damaged[20] as number) ^ 1;
    await writeFile(log, damaged);
    const options = { disk, directory, log: quiet, assertUnlocked };
    await expect(mendRocks(options)).rejects.toMatchObject({ code: '55006' });
    expect(new Uint8Array(await readFile(log))).toEqual(damaged);
    await kv.close();
    expect(await mendRocks(options)).toBe(true);
    expect(await readFile(log)).toHaveLength(0);
    const again = await openRocks({ directory, disk });
    expect(await again.get(Uint8Array.of(1))).toBeUndefined();
    await again.close();
  });

  it('finds that batches are missing between two logs', async () => {
    const kv = await openRocks({ directory, disk });
    const keys = Array.from({ length: 6 }, (_, i) => Uint8Array.of(i));
    for (const key of keys) await kv.write([{ type: 'put', key, value: key }], true);
    await kv.close();
    const [name = ''] = (await readdir(directory)).filter((each) => each.endsWith('.log'));
    const bytes = await disk.readFile(join(directory, name));
    const size = bytes.length / keys.length;
    const second = '000099.log';
    // How many batches each log keeps of the six, the first log ending within a batch perhaps.
    for (const [first, rest, isSound] of [
      [3, 3, true],
      [3, 2, false],
      [2.5, 3, false],
      [2.5, 4, true],
    ] as const) {
      const copy = `${directory}-copy`;
      await cp(directory, copy, { recursive: true });
      await writeFile(join(copy, name), bytes.subarray(0, first * size));
      await writeFile(join(copy, second), bytes.subarray((6 - rest) * size));
      const options = { disk, directory: copy, log: quiet, assertUnlocked };
      expect(await mendRocks(options), `${first} and ${rest}`).toBe(!isSound);
      const again = await openRocks({ directory: copy, disk });
      const found = await again.getMany(keys);
      const expected = isSound ? 6 : Math.floor(first);
      expect(found.map((value) => value !== undefined)).toEqual(keys.map((_, i) => i < expected));
      await again.close();
      await rm(copy, { recursive: true });
    }
  });

  it('says when everything is in tables', async () => {
    const kv = await openRocks({ directory, disk });
    const key = Uint8Array.of(1);
    for (let i = 0; i < 5; i++) {
      await kv.write([{ type: 'put', key, value: Uint8Array.of(i) }], true);
      const isInTables = await kv.mark();
      expect(isInTables()).toBe(false);
      await kv.moveToTables(key);
      expect(isInTables()).toBe(true);
    }
    await kv.close();
  });
});
