/**
 * An ordered key-value store: the one thing we ask of RocksDB (kv/rocks.ts) and of the in-memory twin
 * (kv/memory.ts). Keys compare as unsigned bytes.
 */

export type KvOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: Uint8Array };

/** Operations that are written together. Keys and values are copied: their memory may be used again. */
export interface KvBatch {
  readonly length: number;
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
}

export interface KvRange {
  /** Inclusive. */
  readonly from: Uint8Array;
  /** Exclusive. */
  readonly to: Uint8Array;
  readonly reverse?: boolean;
  /** Entries at most. */
  readonly limit?: number;
}

export interface KvEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface KvStore {
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Each value as of some moment within the call, not all as of the same. */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  /** An empty batch, which is written once. */
  batch(): KvBatch;
  /** All or nothing. With `sync`, this and everything before it is on stable storage afterwards. */
  write(operations: readonly KvOperation[] | KvBatch, sync: boolean): Promise<void>;
  /** Entries of the range as of the call (a snapshot), in pages of many entries. */
  scan(range: KvRange): AsyncIterable<readonly KvEntry[]>;
  deleteRange(from: Uint8Array, to: Uint8Array): Promise<void>;
  /** Rough bytes on disk between two keys. */
  approximateSize(from: Uint8Array, to: Uint8Array): Promise<number>;
  /**
   * Takes note of what has been written so far. The result tells whether all of it has reached checked
   * tables; until then a damaged byte may undo the last part of it, never a part between.
   */
  mark(): Promise<() => boolean>;
  /** Has everything moved to tables that was written before, `written`, a key, being the last. */
  moveToTables(written: Uint8Array): Promise<void>;
  /** Gives back the disk that deleted entries of a range take. */
  reclaim(from: Uint8Array, to: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
