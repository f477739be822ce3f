/**
 * Temporary files: what queries keep outside their memory. All lie in one folder of the data directory
 * that is emptied at every start, so nothing that a crash left behind stays. A file goes when its
 * operator ends; a statement's end takes what an operator left.
 */
import type { Disk, DiskFile, Env } from '../../base/env.ts';
import { DbError, dbError } from '../../errors/db-error.ts';

const DIRECTORY = 'pgsql_tmp';

/** Files of one statement. */
export interface TemporaryFiles {
  create(): Promise<TemporaryFile>;
  /** Closes and removes those that are still there. */
  close(): Promise<void>;
}

export interface TemporaryFile {
  readonly path: string;
  /** Writes all bytes, or fails with 53100, 53400 (temp_file_limit) or 58030; their offset. */
  append(bytes: Uint8Array): Promise<number>;
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Closes and removes the file; more calls do nothing. */
  close(): Promise<void>;
}

/** The folder of one database. */
export class TemporarySpace {
  readonly #env: Pick<Env, 'disk' | 'log'>;
  readonly #directory: string;
  readonly #open = new Set<StatementFiles>();
  /** Bytes in files, by session. */
  readonly #used = new Map<number, number>();
  #next = 0;

  private constructor(env: Pick<Env, 'disk' | 'log'>, directory: string) {
    this.#env = env;
    this.#directory = directory;
  }

  /** Empties the folder: nobody else may have the data directory open. */
  static async open(env: Pick<Env, 'disk' | 'log'>, path: string): Promise<TemporarySpace> {
    const directory = `${path}/${DIRECTORY}`;
    if (await env.disk.exists(directory)) await env.disk.remove(directory);
    await env.disk.makeDirectory(directory);
    return new TemporarySpace(env, directory);
  }

  /** `limitBytes` holds for all files that the session has at a time; Infinity for no limit. */
  forStatement(processId: number, limitBytes: () => number): TemporaryFiles {
    return new StatementFiles(() => this.#create(processId, limitBytes()), this.#open);
  }

  async close(): Promise<void> {
    for (const files of [...this.#open]) await files.close();
  }

  async #create(processId: number, limitBytes: number): Promise<TemporaryFile> {
    const name = `pgsql_tmp${processId}.${this.#next++}`;
    const path = `${this.#directory}/${name}`;
    const { disk, log } = this.#env;
    let file: DiskFile;
    try {
      file = await disk.open(path, 'append');
    } catch (error) {
      throw fileError(error, `could not create temporary file "${DIRECTORY}/${name}"`);
    }
    const charge = (bytes: number): void => {
      const used = (this.#used.get(processId) ?? 0) + bytes;
      if (bytes > 0 && used > limitBytes) throw limitExceeded(limitBytes);
      if (used === 0) this.#used.delete(processId);
      else this.#used.set(processId, used);
    };
    const warn = (error: unknown): void =>
      log.warn('could not remove a temporary file', { path, error: String(error) });
    return new ChargedFile({ disk, file, path, name: `${DIRECTORY}/${name}`, charge, warn });
  }
}

/** Remembers the files of a statement so that none outlives it. */
class StatementFiles implements TemporaryFiles {
  readonly #create: () => Promise<TemporaryFile>;
  /** Statements that have files. */
  readonly #open: Set<StatementFiles>;
  #files: TemporaryFile[] = [];

  constructor(create: () => Promise<TemporaryFile>, open: Set<StatementFiles>) {
    this.#create = create;
    this.#open = open;
  }

  async create(): Promise<TemporaryFile> {
    const file = await this.#create();
    this.#open.add(this);
    this.#files.push(file);
    return file;
  }

  async close(): Promise<void> {
    const files = this.#files;
    if (files.length === 0) return;
    this.#files = [];
    for (const file of files) await file.close();
    this.#open.delete(this);
  }
}

interface FileParts {
  readonly disk: Disk;
  readonly file: DiskFile;
  readonly path: string;
  /** As messages call it. */
  readonly name: string;
  /** Counts bytes that come (and may refuse them) or, negative, go. */
  charge(bytes: number): void;
  warn(error: unknown): void;
}

class ChargedFile implements TemporaryFile {
  readonly path: string;
  readonly #parts: FileParts;
  #bytes = 0;
  #isClosed = false;

  constructor(parts: FileParts) {
    this.path = parts.path;
    this.#parts = parts;
  }

  async append(bytes: Uint8Array): Promise<number> {
    const { charge, file, name } = this.#parts;
    charge(bytes.length);
    this.#bytes += bytes.length;
    try {
      return await file.append(bytes);
    } catch (error) {
      throw fileError(error, `could not write to file "${name}"`);
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    try {
      return await this.#parts.file.read(offset, length);
    } catch (error) {
      throw fileError(error, `could not read file "${this.#parts.name}"`);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { charge, disk, file, path, warn } = this.#parts;
    charge(-this.#bytes);
    // A file that cannot be removed now is removed at the next start.
    await file.close().catch(warn);
    await disk.remove(path).catch(warn);
  }
}

function limitExceeded(limitBytes: number): DbError {
  return dbError(
    'configuration_limit_exceeded',
    `temporary file size exceeds temp_file_limit (${limitBytes / 1024}kB)`,
  );
}

function fileError(error: unknown, what: string): DbError {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DbError(
      'disk_full',
      { message: `${what}: No space left on device` },
      'ERROR',
      error,
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new DbError('io_error', { message: `${what}: ${reason}` }, 'ERROR', error);
}
