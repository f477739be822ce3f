import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServiceThread } from '../../../src/platform/service-thread.ts';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'varve-service-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A program whose `task` is the thread's task; threads of ours are built from sources that cannot run here. */
function start(name: string, body: string, task: unknown): ServiceThread {
  const file = join(directory, `${name}.mjs`);
  const head = `import { parentPort, workerData } from 'node:worker_threads';
import { getHeapStatistics } from 'node:v8';
const task = workerData.varveService;
`;
  writeFileSync(file, head + body);
  return new ServiceThread(file, task);
}

it('hands the task over and hears the last thing that was told', async () => {
  const body = "parentPort.postMessage('first'); parentPort.postMessage([task.name]);";
  expect(await start('tells', body, { name: 'x' }).ended).toEqual(['x']);
});

it('ends with nothing where nothing was told', async () => {
  expect(await start('silent', '', undefined).ended).toBeUndefined();
});

it('tells the thread to stop', async () => {
  const thread = start(
    'stops',
    "parentPort.once('message', (word) => parentPort.postMessage(`heard ${word}`));",
    undefined,
  );
  thread.stop();
  expect(await thread.ended).toBe('heard stop');
});

it('rejects with what nobody has caught, whatever was told before', async () => {
  const body =
    "parentPort.postMessage('well'); setTimeout(() => { throw new TypeError('oh'); }, 5);";
  await expect(start('fails', body, undefined).ended).rejects.toThrow('oh');
});

it('gives the thread a heap as large as the first one', async () => {
  const body = 'parentPort.postMessage(getHeapStatistics().heap_size_limit);';
  const own = Number(await start('heap', body, undefined).ended);
  const { getHeapStatistics } = await import('node:v8');
  expect(own).toBeGreaterThan(0.9 * getHeapStatistics().heap_size_limit);
});
