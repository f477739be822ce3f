/** What storage tests share: tables and directories. */
import { cp, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export * from './tables.ts';

export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'storage-'));
}

/** A copy of a live directory, as a crash would leave it (files only change by appending). */
export async function copyOf(path: string): Promise<string> {
  for (;;) {
    const target = await temporaryDirectory();
    const before = await readdir(path, { recursive: true });
    const isWhole = await cp(path, target, { recursive: true }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    );
    // The store may take files away, or bring new ones, behind the back of whoever copies them.
    const after = await readdir(path, { recursive: true });
    if (isWhole && before.toSorted().join() === after.toSorted().join()) return target;
  }
}
