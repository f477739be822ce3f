/**
 * Decoded columns kept for reuse, the least recently used going first. A wide scan asks for thousands of
 * them: looking one up makes no string and moves nothing but links.
 */
import { columnBytes, type StoredColumn } from './stored-column.ts';

/** A block of a segment, or what else is kept by its name. */
export interface BlockName {
  readonly segment: number;
  readonly attnum: number;
  readonly index: number;
}

interface Entry {
  readonly segment: number;
  readonly key: number;
  column: StoredColumn | Promise<StoredColumn>;
  bytes: number;
  /** Neighbours in the order of use; the ring's head stands before the first and behind the last. */
  older: Entry;
  newer: Entry;
}

/** What a column takes beside its data. */
const ENTRY_BYTES = 200;
/** Of the capacity, what is filled with columns that nobody has asked for. */
const OFFER_SHARE = 0.9;
/** More blocks than a column of a segment has. */
const BLOCKS_MAX = 2 ** 20;

export class ColumnCache {
  readonly #capacity: number;
  readonly #segments = new Map<number, Map<number, Entry>>();
  readonly #ring = newRing();
  #bytes = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The column of this name; loads it where it is not there. Loads of one name are shared. */
  get(
    segment: number,
    attnum: number,
    index: number,
    load: () => StoredColumn | Promise<StoredColumn>,
  ): StoredColumn | Promise<StoredColumn> {
    const key = attnum * BLOCKS_MAX + index;
    const known = this.#segments.get(segment)?.get(key);
    if (known !== undefined) {
      if (this.#ring.older !== known) {
        unlink(known);
        this.#link(known);
      }
      return known.column;
    }
    const loaded = load();
    const entry = this.#add(segment, key, loaded);
    if (!(loaded instanceof Promise)) {
      this.#fill(entry, loaded);
      return loaded;
    }
    entry.column = loaded.then(
      (column) => {
        this.#fill(entry, column);
        return column;
      },
      (error: unknown) => {
        this.#remove(entry);
        throw error;
      },
    );
    return entry.column;
  }

  /** Keeps what `load` gives as long as nothing else has to go for it. */
  offer({ segment, attnum, index }: BlockName, bytes: number, load: () => StoredColumn): void {
    if (this.#bytes + bytes > this.#capacity * OFFER_SHARE) return;
    const key = attnum * BLOCKS_MAX + index;
    if (this.#segments.get(segment)?.has(key) === true) return;
    const column = load();
    this.#fill(this.#add(segment, key, column), column);
  }

  /** Forgets everything of a segment. */
  forget(segment: number): void {
    for (const entry of this.#segments.get(segment)?.values() ?? []) this.#remove(entry);
  }

  #add(segment: number, key: number, column: Entry['column']): Entry {
    let keys = this.#segments.get(segment);
    if (keys === undefined) this.#segments.set(segment, (keys = new Map()));
    const { older, newer } = this.#ring;
    const entry: Entry = { segment, key, column, bytes: 0, older, newer };
    keys.set(key, entry);
    this.#link(entry);
    return entry;
  }

  /** The column is there; where its entry was forgotten meanwhile it is not kept. */
  #fill(entry: Entry, column: StoredColumn): void {
    if (this.#segments.get(entry.segment)?.get(entry.key) !== entry) return;
    entry.column = column;
    entry.bytes = columnBytes(column) + ENTRY_BYTES;
    this.#bytes += entry.bytes;
    let oldest = this.#ring.newer;
    while (this.#bytes > this.#capacity && oldest !== this.#ring) {
      const next = oldest.newer;
      // What is being loaded has no bytes yet.
      if (oldest !== entry && oldest.bytes > 0) this.#remove(oldest);
      oldest = next;
    }
  }

  #remove(entry: Entry): void {
    const keys = this.#segments.get(entry.segment);
    if (keys?.get(entry.key) !== entry) return;
    keys.delete(entry.key);
    if (keys.size === 0) this.#segments.delete(entry.segment);
    unlink(entry);
    this.#bytes -= entry.bytes;
  }

  /** Makes it the newest. */
  #link(entry: Entry): void {
    const ring = this.#ring;
    entry.older = ring.older;
    entry.newer = ring;
    ring.older.newer = entry;
    ring.older = entry;
  }
}

function unlink({ older, newer }: Entry): void {
  older.newer = newer;
  newer.older = older;
}

/** An entry that is its own neighbour: behind it is the oldest, before it the newest. */
function newRing(): Entry {
  const ring = { segment: -1, key: -1, bytes: 0 } as Entry;
  ring.older = ring;
  ring.newer = ring;
  return ring;
}
