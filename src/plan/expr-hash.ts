/**
 * Hashes of expressions and of parts of them, for finding one among thousands. What is equal by `exprEqual`,
 * whatever subqueries count as equal, has one hash.
 */

/** Above this many entries a lookup goes by hash; below, hashing costs more than comparing. */
const LINEAR_MAX = 8;
/** Of a long constant only the beginning counts. */
const PREFIX = 64;

const HASHES = new WeakMap<object, number>();
let identities = 0;

/** The hash of an expression, or of a list or record of them. Expressions must not change afterwards. */
export function structureHash(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return textHash(value);
    case 'number':
      return Number.isInteger(value) ? value | 0 : textHash(String(value));
    case 'bigint':
      return Number(BigInt.asIntN(32, value));
    case 'boolean':
      return value ? 2 : 1;
    case 'object':
      return value === null ? 3 : objectHash(value);
    default:
      return 0;
  }
}

function objectHash(value: object): number {
  // Expressions are asked for again, being parts of others.
  if (!('kind' in value) && !hasIdentity(value)) return computeHash(value);
  let hash = HASHES.get(value);
  if (hash === undefined) HASHES.set(value, (hash = computeHash(value)));
  return hash;
}

/** As exprEqual has it: functions and plans. */
const hasIdentity = (value: object): boolean => 'volatility' in value || 'columns' in value;

function computeHash(value: object): number {
  if (Array.isArray(value) || value instanceof Uint8Array) {
    let hash: number = value.length;
    const end = value instanceof Uint8Array ? Math.min(value.length, PREFIX) : value.length;
    for (let i = 0; i < end; i++) hash = mix(hash, structureHash(value[i]));
    return hash;
  }
  if (hasIdentity(value)) return ++identities;
  // Others decide which subqueries are equal.
  if ('kind' in value && value.kind === 'subquery') return 4;
  let hash = 5;
  for (const [key, part] of Object.entries(value)) {
    if (key === 'form' || key === 'operator' || part === undefined) continue;
    // A sum: the order of the keys means nothing.
    hash = (hash + mix(textHash(key), structureHash(part))) | 0;
  }
  return hash;
}

function textHash(text: string): number {
  let hash = text.length;
  for (let i = 0; i < text.length && i < PREFIX; i++) hash = mix(hash, text.charCodeAt(i));
  return hash;
}

function mix(hash: number, next: number): number {
  const mixed = Math.imul(hash ^ next, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** A list that is searched for an entry with an equal key: the first one that came is found. */
export class HashIndex<K, T> {
  readonly #entries: { readonly key: K; readonly item: T }[] = [];
  readonly #buckets = new Map<number, number[]>();
  readonly #hash: (key: K) => number;
  readonly #same: (a: K, b: K) => boolean;
  /** Entries that are in the buckets already. */
  #hashed = 0;

  constructor(hash: (key: K) => number, same: (a: K, b: K) => boolean) {
    this.#hash = hash;
    this.#same = same;
  }

  add(key: K, item: T): void {
    this.#entries.push({ key, item });
  }

  find(key: K): T | undefined {
    if (this.#entries.length <= LINEAR_MAX) {
      return this.#entries.find((entry) => this.#same(entry.key, key))?.item;
    }
    this.#fillBuckets();
    for (const at of this.#buckets.get(this.#hash(key)) ?? []) {
      const entry = this.#entries[at];
      if (this.#same(entry.key, key)) return entry.item;
    }
    return undefined;
  }

  #fillBuckets(): void {
    for (; this.#hashed < this.#entries.length; this.#hashed++) {
      const hash = this.#hash(this.#entries[this.#hashed].key);
      const bucket = this.#buckets.get(hash);
      if (bucket === undefined) this.#buckets.set(hash, [this.#hashed]);
      else bucket.push(this.#hashed);
    }
  }
}
