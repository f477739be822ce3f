/** A disk in memory that can fail, and that knows what would survive a loss of power. */
import type { Disk, DiskFile } from '../../../src/base/env.ts';

interface StoredFile {
  bytes: Uint8Array;
  /** Bytes at the last sync. */
  durable: Uint8Array;
}

export type DiskCall = 'append' | 'sync' | 'truncate' | 'remove' | 'syncDirectory' | 'open';

export class FaultyDisk implements Disk {
  readonly files = new Map<string, StoredFile>();
  /** Called before each call that changes something; what it throws is the call's failure. */
  beforeCall: (call: DiskCall, path: string) => void = () => undefined;

  open(path: string): Promise<DiskFile> {
    return this.#run('open', path, () => {
      let file = this.files.get(path);
      if (file === undefined) {
        file = { bytes: new Uint8Array(0), durable: new Uint8Array(0) };
        this.files.set(path, file);
      }
      return this.#handle(path, file);
    });
  }

  #handle(path: string, file: StoredFile): DiskFile {
    const append = (bytes: Uint8Array): Promise<number> =>
      this.#run('append', path, () => {
        const start = file.bytes.length;
        const longer = new Uint8Array(start + bytes.length);
        longer.set(file.bytes);
        longer.set(bytes, start);
        file.bytes = longer;
        return start;
      });
    const sync = (): Promise<void> =>
      this.#run('sync', path, () => void (file.durable = file.bytes));
    return {
      append,
      appendDurably: async (pieces) => {
        if (file.durable.length < file.bytes.length)
          throw new Error('bytes before are not durable');
        const start = file.bytes.length;
        for (const piece of pieces) await append(piece);
        await sync();
        return start;
      },
      read: (offset, length) => Promise.resolve(file.bytes.slice(offset, offset + length)),
      sync,
      truncate: (length) =>
        this.#run('truncate', path, () => void (file.bytes = file.bytes.slice(0, length))),
      size: () => Promise.resolve(file.bytes.length),
      close: () => Promise.resolve(),
    };
  }

  list(directory: string): Promise<string[]> {
    const prefix = `${directory}/`;
    const names = [...this.files.keys()].filter((path) => path.startsWith(prefix));
    return Promise.resolve(names.map((path) => path.slice(prefix.length)).sort());
  }

  makeDirectory(): Promise<void> {
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    return this.#run('remove', path, () => void this.files.delete(path));
  }

  rename(from: string, to: string): Promise<void> {
    const file = this.files.get(from);
    if (file !== undefined) this.files.set(to, file);
    this.files.delete(from);
    return Promise.resolve();
  }

  exists(path: string): Promise<boolean> {
    return Promise.resolve(this.files.has(path));
  }

  readFile(path: string): Promise<Uint8Array> {
    const file = this.files.get(path);
    if (file === undefined) return Promise.reject(new Error(`ENOENT: ${path}`));
    return Promise.resolve(file.bytes.slice());
  }

  writeFile(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(path, { bytes, durable: bytes });
    return Promise.resolve();
  }

  syncDirectory(path: string): Promise<void> {
    return this.#run('syncDirectory', path, () => undefined);
  }

  /** A disk with what is certain to be there after a crash; `torn` keeps that much of the rest. */
  afterPowerLoss(torn: (unsynced: number) => number): FaultyDisk {
    const disk = new FaultyDisk();
    for (const [path, { bytes, durable }] of this.files) {
      const kept = bytes.slice(0, durable.length + torn(bytes.length - durable.length));
      disk.files.set(path, { bytes: kept, durable: kept });
    }
    return disk;
  }

  async #run<T>(call: DiskCall, path: string, action: () => T): Promise<T> {
    await Promise.resolve();
    this.beforeCall(call, path);
    return action();
  }
}
