/** What storage tests share: tables and directories. */
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export * from './tables.ts';

export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'storage-'));
}

/** A copy of a live directory, as a crash would leave it (files only change by appending). */
export async function copyOf(path: string): Promise<string> {
  const target = await temporaryDirectory();
  await cp(path, target, { recursive: true });
  return target;
}
