import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { allRows, inTransaction, open, temporaryDirectory } from '../unit/storage/helpers.ts';
import { seededRandom } from '../unit/storage/random.ts';

const ROOT = join(import.meta.dirname, '../..');
const CHILD = join(ROOT, 'node_modules/.cache/varve-tests/crash-child.mjs');

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, '../unit/storage/crash-child.ts')],
    outfile: CHILD,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
});

/** Lets the child commit for some time, kills it, and returns what it had acknowledged. */
function runAndKill(path: string, first: number, afterMs: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, path, String(first)]);
    let output = '';
    let errors = '';
    let killed = false;
    child.stdout.on('data', (data: Buffer) => {
      if (output === '') setTimeout(() => (killed = child.kill('SIGKILL')), afterMs);
      output += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    child.on('exit', () => {
      if (!killed) reject(new Error(`the child ended by itself: ${errors}`));
      // The last line may be cut off.
      resolve(output.split('\n').slice(0, -1).map(Number));
    });
  });
}

describe('kill -9', () => {
  it('loses no acknowledged transaction and leaves none half there', async () => {
    const random = seededRandom('kill');
    const path = await temporaryDirectory();
    const acknowledged = new Set<number>();
    let first = 0;
    for (let round = 0; round < 5; round++) {
      for (const id of await runAndKill(path, first, random.int(150))) acknowledged.add(id);
      const engine = await open(path, { segmentBytes: 4000, checkpointBytes: 20_000 });
      const [left, right] = await inTransaction(engine, (t) =>
        Promise.all(
          ['left', 'right'].map(async (name) => {
            const table = engine.catalog().relationByName(2200, name);
            if (table?.kind !== 'table') throw new Error(`table ${name} is gone`);
            return (await allRows(t, table)).map(([id]) => id as number).sort((a, b) => a - b);
          }),
        ),
      );
      expect(left, `seed ${random.seed} round ${round}`).toEqual(right);
      const present = new Set(left);
      const lost = [...acknowledged].filter((id) => !present.has(id));
      expect(lost, `seed ${random.seed} round ${round}`).toEqual([]);
      first = Math.max(0, ...(left ?? [])) + 1;
      if (random.int(2) === 0) await engine.checkpoint();
      await engine.close();
    }
    expect(acknowledged.size).toBeGreaterThan(5);
  });
});
