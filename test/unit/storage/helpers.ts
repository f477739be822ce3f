/** What storage tests share: tables, and directories that go away with the test file. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export * from './tables.ts';

const made: string[] = [];

afterAll(async () => {
  for (const path of made.splice(0)) await rm(path, { recursive: true, force: true });
});

export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'storage-'));
  made.push(path);
  return path;
}

/** A copy of a live directory, as a crash would leave it (files only change by appending). */
export async function copyOf(path: string): Promise<string> {
  const target = await temporaryDirectory();
  await cp(path, target, { recursive: true });
  return target;
}
