/** Decoded columns kept for reuse, the least recently used going first. */
import { columnBytes, type StoredColumn } from './stored-column.ts';

interface Entry {
  readonly column: StoredColumn | Promise<StoredColumn>;
  readonly bytes: number;
}

/** Of the capacity, what is filled with columns that nobody has asked for. */
const OFFER_SHARE = 0.9;

export class ColumnCache {
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The column under this key; loads it where it is not there. Loads of one key are shared. */
  get(
    key: string,
    load: () => StoredColumn | Promise<StoredColumn>,
  ): StoredColumn | Promise<StoredColumn> {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.column;
    }
    const loaded = load();
    if (!(loaded instanceof Promise)) {
      this.#put(key, loaded);
      return loaded;
    }
    const shared = loaded.then(
      (column) => {
        this.#put(key, column);
        return column;
      },
      (error: unknown) => {
        this.#entries.delete(key);
        throw error;
      },
    );
    this.#entries.set(key, { column: shared, bytes: 0 });
    return shared;
  }

  /** Keeps what `load` gives as long as nothing else has to go for it. */
  offer(key: string, bytes: number, load: () => StoredColumn): void {
    if (this.#bytes + bytes > this.#capacity * OFFER_SHARE || this.#entries.has(key)) return;
    this.#put(key, load());
  }

  /** Forgets everything whose key starts so. */
  forget(prefix: string): void {
    for (const [key, { bytes }] of this.#entries) {
      if (!key.startsWith(prefix)) continue;
      this.#entries.delete(key);
      this.#bytes -= bytes;
    }
  }

  #put(key: string, column: StoredColumn): void {
    const bytes = columnBytes(column) + 200;
    this.#bytes += bytes - (this.#entries.get(key)?.bytes ?? 0);
    this.#entries.delete(key);
    this.#entries.set(key, { column, bytes });
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#capacity || oldest === key) break;
      this.#entries.delete(oldest);
      this.#bytes -= entry.bytes;
    }
  }
}
