/**
 * A Map of many entries that grows a little at a time: a Map of a million entries stops everything when
 * it grows. Its parts are split one after the other (linear hashing), so no part gets large.
 */

/** Entries of a part, on average; one is split in a fraction of a millisecond. */
const PART_ENTRIES = 1024;

export class SplitMap<K extends string | number, V> {
  readonly #parts: Map<K, V>[] = [new Map()];
  /** Parts at the beginning of this round of splits, a power of two. */
  #round = 1;
  /** The part that is split next; those before it have been, in this round. */
  #next = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#part(key).get(key);
  }

  has(key: K): boolean {
    return this.#part(key).has(key);
  }

  set(key: K, value: V): void {
    const part = this.#part(key);
    const before = part.size;
    part.set(key, value);
    this.#size += part.size - before;
    if (this.#size > this.#parts.length * PART_ENTRIES) this.#split();
  }

  delete(key: K): boolean {
    const wasThere = this.#part(key).delete(key);
    if (wasThere) this.#size--;
    return wasThere;
  }

  *keys(): Generator<K, void> {
    for (const part of this.#parts) yield* part.keys();
  }

  *[Symbol.iterator](): Generator<[K, V], void> {
    for (const part of this.#parts) yield* part;
  }

  #part(key: K): Map<K, V> {
    if (this.#parts.length === 1) return this.#parts[0] as Map<K, V>;
    const hash = hashOf(key);
    let part = hash & (this.#round - 1);
    if (part < this.#next) part = hash & (2 * this.#round - 1);
    return this.#parts[part] as Map<K, V>;
  }

  #split(): void {
    const round = this.#round;
    const [stay, move] = [new Map<K, V>(), new Map<K, V>()];
    for (const [key, value] of this.#parts[this.#next] as Map<K, V>) {
      (hashOf(key) & round ? move : stay).set(key, value);
    }
    this.#parts[this.#next] = stay;
    this.#parts.push(move);
    this.#next++;
    if (this.#next < round) return;
    this.#round *= 2;
    this.#next = 0;
  }
}

/** Letters of a key that are looked at: keys of an index differ near their end. */
const HASHED_LETTERS = 16;
const TWO_32 = 4294967296;

function hashOf(key: string | number): number {
  let hash = 0;
  if (typeof key === 'number') {
    hash = Math.imul((key | 0) ^ Math.imul((key / TWO_32) | 0, 0x85ebca6b), 0x9e3779b1);
  } else {
    for (let i = Math.max(0, key.length - HASHED_LETTERS); i < key.length; i++) {
      hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    }
    hash = Math.imul(hash, 0x9e3779b1);
  }
  return hash ^ (hash >>> 16);
}
