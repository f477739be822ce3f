/**
 * A lock file that keeps a second process off a data directory. It names the owner's process; a lock
 * whose process is gone is taken over.
 */
import { closeSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';

export interface FileLock {
  release(): void;
}

/** Thrown when another living process holds the lock. */
export class LockedError extends Error {
  readonly processId: number;

  constructor(path: string, processId: number) {
    super(`lock file ${path} is held by process ${processId}`);
    this.name = 'LockedError';
    this.processId = processId;
  }
}

/** Locks of this process: the operating system would let one process take its own lock twice. */
const held = new Set<string>();

/** Takes the lock, or throws LockedError. */
export function acquireFileLock(path: string): FileLock {
  if (held.has(path)) throw new LockedError(path, process.pid);
  for (let attempt = 0; attempt < 3; attempt++) {
    if (tryCreate(path)) {
      held.add(path);
      return { release: () => release(path) };
    }
    const owner = readOwner(path);
    if (owner !== undefined && owner !== process.pid && isAlive(owner)) {
      throw new LockedError(path, owner);
    }
    removeStale(path);
  }
  throw new LockedError(path, readOwner(path) ?? 0);
}

function tryCreate(path: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o600);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIST') return false;
    throw error;
  }
  writeSync(descriptor, `${process.pid}\n`);
  closeSync(descriptor);
  return true;
}

function readOwner(path: string): number | undefined {
  try {
    const owner = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return Number.isInteger(owner) && owner > 0 ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** Moves the stale lock aside first: of two processes that both see it, one moves it. */
function removeStale(path: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    unlinkSync(aside);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM';
  }
}

function release(path: string): void {
  if (!held.delete(path)) return;
  if (readOwner(path) === process.pid) unlinkSync(path);
}
