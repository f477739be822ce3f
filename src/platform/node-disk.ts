/** Files and directories of the operating system. Errors pass through with their `code` (ENOSPC, EIO). */
import { constants } from 'node:fs';
import {
  access,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  type FileHandle,
} from 'node:fs/promises';
import type { Disk, DiskFile } from '../base/env.ts';

export function createNodeDisk(): Disk {
  return {
    open: openFile,
    list: async (directory) => (await readdir(directory)).sort(),
    makeDirectory: async (path) => void (await mkdir(path, { recursive: true })),
    remove: (path) => rm(path, { recursive: true }),
    rename,
    exists,
    readFile: async (path) => asPlainBytes(await readFile(path)),
    writeFile: writeWholeFile,
    syncDirectory,
  };
}

async function openFile(path: string, mode: 'read' | 'append'): Promise<DiskFile> {
  // Not O_APPEND: on Linux it ignores positions, and a failed append must be overwritten by the next.
  const flags = mode === 'read' ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT;
  const handle = await open(path, flags, 0o600);
  try {
    const { size } = await handle.stat();
    return new NodeDiskFile(path, handle, size);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * One open file. The end is tracked here: it moves only when an append has written all its bytes, so
 * that what a failed append left behind lies past the end and the next append overwrites it.
 */
class NodeDiskFile implements DiskFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  /** Its writes come back when they are on stable storage: one trip to another thread instead of two. */
  #durable: FileHandle | undefined;
  #end: number;
  /** Appends run one after the other; each waits for this. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(path: string, handle: FileHandle, end: number) {
    this.#path = path;
    this.#handle = handle;
    this.#end = end;
  }

  append(bytes: Uint8Array): Promise<number> {
    return this.#inOrder(() => this.#appendTo(this.#handle, [bytes]));
  }

  appendDurably(pieces: readonly Uint8Array[]): Promise<number> {
    return this.#inOrder(async () => {
      if (constants.O_DSYNC === undefined) {
        const start = await this.#appendTo(this.#handle, pieces);
        await this.#handle.datasync();
        return start;
      }
      this.#durable ??= await open(this.#path, constants.O_WRONLY | constants.O_DSYNC);
      return this.#appendTo(this.#durable, pieces);
    });
  }

  #inOrder(append: () => Promise<number>): Promise<number> {
    const appended = this.#tail.then(append);
    this.#tail = appended.catch(() => undefined);
    return appended;
  }

  async #appendTo(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<number> {
    const start = this.#end;
    this.#end = start + (await writePieces(handle, pieces, start));
    return start;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.#end - offset));
    const bytes = new Uint8Array(wanted);
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await this.#handle.read(
        bytes,
        filled,
        wanted - filled,
        offset + filled,
      );
      if (bytesRead === 0) return bytes.subarray(0, filled);
      filled += bytesRead;
    }
    return bytes;
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async truncate(length: number): Promise<void> {
    const truncated = this.#tail.then(() => this.#handle.truncate(length));
    this.#tail = truncated.catch(() => undefined);
    await truncated;
    this.#end = length;
  }

  size(): Promise<number> {
    return Promise.resolve(this.#end);
  }

  async close(): Promise<void> {
    await this.#durable?.close();
    await this.#handle.close();
  }
}

/** Writes all pieces, in one call where that takes them; returns how many bytes they are. */
async function writePieces(
  handle: FileHandle,
  pieces: readonly Uint8Array[],
  position: number,
): Promise<number> {
  let left = pieces.length > 1 ? (await handle.writev(pieces, position)).bytesWritten : 0;
  let end = position;
  for (const piece of pieces) {
    const written = Math.min(left, piece.length);
    left -= written;
    await writeAll(handle, piece.subarray(written), end + written);
    end += piece.length;
  }
  return end - position;
}

/** A positioned write may be short; this one writes all bytes or throws. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(
      bytes,
      written,
      bytes.length - written,
      position + written,
    );
    if (bytesWritten === 0) throw diskFull();
    written += bytesWritten;
  }
}

function diskFull(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}

async function writeWholeFile(path: string, bytes: Uint8Array, sync: boolean): Promise<void> {
  const handle = await open(path, 'w', 0o600);
  try {
    await writeAll(handle, bytes, 0);
    if (sync) await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has no fsync of directories; its file systems journal names themselves.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function asPlainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
