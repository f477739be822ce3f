/**
 * A store that remembers single rows and index entries which it was asked for: a thread that reads one
 * costs more than the query around it.
 *
 * What it remembers is what the store has. A key is forgotten when a write of it is put together, and a
 * value that was read is remembered only if no write of a key like it was under way at any time between:
 * keys share counters of writes under way and of those that have ended.
 */
import { hashBytes } from '../format/hash.ts';
import { isRowOrEntry } from '../format/keys.ts';
import type { KvBatch, KvEntry, KvOperation, KvRange, KvStore } from './kv.ts';
import { ValueRing } from './value-ring.ts';

const RING_BYTES = 32 * 1024 * 1024;
/** Keys up to which a read is looked for here. */
const KEYS_MAX = 64;
/** Counters that keys share by their hashes; a power of two. */
const COUNTERS = 65_536;

export class CachedKv implements KvStore {
  readonly #kv: KvStore;
  readonly #ringBytes: number;
  #ring: ValueRing | undefined;
  /** Writes under way, and writes that have ended, by hash. */
  readonly #writing = new Uint32Array(COUNTERS);
  readonly #written = new Uint32Array(COUNTERS);
  /** Counts what changes more than single keys. */
  #sweeps = 0;

  constructor(kv: KvStore, ringBytes = RING_BYTES) {
    this.#kv = kv;
    this.#ringBytes = ringBytes;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const known = this.#ring?.get(key);
    return known ?? (await this.getMany([key]))[0];
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const [first] = keys;
    if (first === undefined || keys.length > KEYS_MAX || !isRowOrEntry(first)) {
      return this.#kv.getMany(keys);
    }
    const values: (Uint8Array | undefined)[] = [];
    const missing: number[] = [];
    for (let i = 0; i < keys.length; i++) {
      const value = this.#ring?.get(keys[i] as Uint8Array);
      values.push(value);
      if (value === undefined) missing.push(i);
    }
    return missing.length === 0 ? Promise.resolve(values) : this.#read(keys, values, missing);
  }

  /** Reads what is missing, and remembers it where that is safe. */
  async #read(
    keys: readonly Uint8Array[],
    values: (Uint8Array | undefined)[],
    missing: readonly number[],
  ): Promise<(Uint8Array | undefined)[]> {
    const wanted = missing.map((i) => keys[i] as Uint8Array);
    const counters = wanted.map(counterOf);
    const before = counters.map((counter) =>
      this.#writing[counter] === 0 ? (this.#written[counter] as number) : NaN,
    );
    const sweeps = this.#sweeps;
    const found = await this.#kv.getMany(wanted);
    for (let m = 0; m < missing.length; m++) {
      const value = found[m];
      values[missing[m] as number] = value;
      const counter = counters[m] as number;
      const isQuiet = this.#writing[counter] === 0 && this.#written[counter] === before[m];
      if (value === undefined || !isQuiet || sweeps !== this.#sweeps) continue;
      this.#ring ??= new ValueRing(this.#ringBytes);
      this.#ring.set(wanted[m] as Uint8Array, value);
    }
    return values;
  }

  batch(): KvBatch {
    return new CachedBatch(this.#kv.batch(), (key) => this.#begin(key));
  }

  async write(operations: readonly KvOperation[] | KvBatch, sync: boolean): Promise<void> {
    const batch = operations instanceof CachedBatch ? operations : undefined;
    const counters = batch?.counters ?? this.#beginAll(operations as readonly KvOperation[]);
    try {
      await this.#kv.write(batch?.batch ?? operations, sync);
    } finally {
      for (const counter of counters) {
        this.#writing[counter] = (this.#writing[counter] as number) - 1;
        this.#written[counter] = (this.#written[counter] as number) + 1;
      }
    }
  }

  #beginAll(operations: readonly KvOperation[]): number[] {
    const counters: number[] = [];
    for (const { key } of operations) if (isRowOrEntry(key)) counters.push(this.#begin(key));
    return counters;
  }

  /** A write of the key is on its way from here on. */
  #begin(key: Uint8Array): number {
    this.#ring?.delete(key);
    const counter = counterOf(key);
    this.#writing[counter] = (this.#writing[counter] as number) + 1;
    return counter;
  }

  scan(range: KvRange): AsyncIterable<readonly KvEntry[]> {
    return this.#kv.scan(range);
  }

  async deleteRange(from: Uint8Array, to: Uint8Array): Promise<void> {
    this.#forgetAll();
    try {
      await this.#kv.deleteRange(from, to);
    } finally {
      this.#forgetAll();
    }
  }

  #forgetAll(): void {
    this.#sweeps++;
    this.#ring?.clear();
  }

  approximateSize(from: Uint8Array, to: Uint8Array): Promise<number> {
    return this.#kv.approximateSize(from, to);
  }

  mark(): Promise<() => boolean> {
    return this.#kv.mark();
  }

  moveToTables(written: Uint8Array): Promise<void> {
    return this.#kv.moveToTables(written);
  }

  reclaim(from: Uint8Array, to: Uint8Array): Promise<void> {
    return this.#kv.reclaim(from, to);
  }

  close(): Promise<void> {
    return this.#kv.close();
  }
}

function counterOf(key: Uint8Array): number {
  return hashBytes(key, 0, key.length) & (COUNTERS - 1);
}

/** A batch that says which keys it writes. */
class CachedBatch implements KvBatch {
  readonly batch: KvBatch;
  readonly counters: number[] = [];
  readonly #begin: (key: Uint8Array) => number;

  constructor(batch: KvBatch, begin: (key: Uint8Array) => number) {
    this.batch = batch;
    this.#begin = begin;
  }

  get length(): number {
    return this.batch.length;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    if (isRowOrEntry(key)) this.counters.push(this.#begin(key));
    this.batch.put(key, value);
  }

  delete(key: Uint8Array): void {
    if (isRowOrEntry(key)) this.counters.push(this.#begin(key));
    this.batch.delete(key);
  }
}
