/** What storage tests share: tables, and directories that go away with the process. */
import { rmSync } from 'node:fs';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export * from './tables.ts';

const made: string[] = [];

// Test files share this module where they are not isolated, so it does not know when one of them ends.
process.on('exit', () => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
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
