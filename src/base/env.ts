/**
 * The seams to the outside world. Everything that is not deterministic comes through one of these, so
 * that a test can replace it. Implementations over node:* live in platform/.
 */

/** Wall clock and monotonic clock. */
export interface Clock {
  /** Microseconds since 2000-01-01 00:00:00 UTC (PostgreSQL's epoch). */
  nowMicros(): number;
  /** Monotonic milliseconds, for timing only. */
  monotonicMs(): number;
}

export interface Random {
  /** Cryptographically strong bytes. */
  bytes(length: number): Uint8Array;
  /** A double in [0, 1). */
  float(): number;
}

/** A file opened for reading, appending or both. */
export interface DiskFile {
  /** Appends all bytes or fails; returns the offset at which they start. */
  append(bytes: Uint8Array): Promise<number>;
  /**
   * As `append` of one piece after the other and `sync` in one, where all that was appended before is on
   * stable storage already.
   */
  appendDurably(pieces: readonly Uint8Array[]): Promise<number>;
  /** Reads up to `length` bytes at `offset`; a shorter result means end of file. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Forces what was appended to stable storage (fdatasync). */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface Disk {
  open(path: string, mode: 'read' | 'append'): Promise<DiskFile>;
  list(directory: string): Promise<string[]>;
  makeDirectory(path: string): Promise<void>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, bytes: Uint8Array, sync: boolean): Promise<void>;
  /** fsync of the directory itself, so that created and renamed names survive. */
  syncDirectory(path: string): Promise<void>;
}

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface Timers {
  /** Calls back once after `ms`; the returned function cancels it. Never keeps the process alive. */
  after(ms: number, callback: () => void): () => void;
  /**
   * Lets the event loop handle pending input and output, then resolves: for work that goes on, which shares
   * the loop's turns with all other such work.
   */
  yield(): Promise<void>;
  /** Calls back when input and output that were pending have been handled: for what is done at once. */
  soon(callback: () => void): void;
}

/** All seams together; one object is handed down from the composition root. */
export interface Env {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly timers: Timers;
  readonly log: Log;
}
