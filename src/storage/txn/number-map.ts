/**
 * A map from numbers to small integers in columns: millions of entries are few objects. It grows bucket by
 * bucket (linear hashing), and what was deleted makes room for what comes.
 */
import { IntColumn, NumberColumn } from './columns.ts';
import { LinearBuckets, NO_PLACE } from './linear-buckets.ts';

/** Neither a value nor a place. */
export const NOTHING = NO_PLACE;

export class NumberMap {
  #keys = new NumberColumn();
  #values = new IntColumn();
  /** Of a free place, the next one is the next free one. */
  #buckets = new LinearBuckets();
  readonly #hashOf = (place: number): number => hashNumber(this.#keys.at(place));
  #free = NOTHING;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value of a key, or NOTHING. */
  get(key: number): number {
    const place = this.#find(key);
    return place === NOTHING ? NOTHING : this.#values.at(place);
  }

  set(key: number, value: number): void {
    const found = this.#find(key);
    if (found !== NOTHING) {
      this.#values.set(found, value);
      return;
    }
    const bucket = this.#buckets.bucketOf(hashNumber(key));
    const place = this.#place(key, value, this.#buckets.first(bucket));
    this.#buckets.setFirst(bucket, place);
    if (++this.#size > this.#buckets.length) this.#buckets.split(this.#hashOf);
  }

  delete(key: number): void {
    const bucket = this.#buckets.bucketOf(hashNumber(key));
    let before = NOTHING;
    let place = this.#buckets.first(bucket);
    while (place !== NOTHING && this.#keys.at(place) !== key) {
      before = place;
      place = this.#buckets.next.at(place);
    }
    if (place === NOTHING) return;
    const next = this.#buckets.next.at(place);
    if (before === NOTHING) this.#buckets.setFirst(bucket, next);
    else this.#buckets.next.set(before, next);
    this.#buckets.next.set(place, this.#free);
    this.#free = place;
    if (--this.#size === 0) this.#clear();
  }

  /** Keys with their values. */
  *entries(): Generator<[key: number, value: number], void> {
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      let place = this.#buckets.first(bucket);
      for (; place !== NOTHING; place = this.#buckets.next.at(place)) {
        yield [this.#keys.at(place), this.#values.at(place)];
      }
    }
  }

  #find(key: number): number {
    if (this.#size === 0) return NOTHING;
    let place = this.#buckets.first(this.#buckets.bucketOf(hashNumber(key)));
    while (place !== NOTHING && this.#keys.at(place) !== key) place = this.#buckets.next.at(place);
    return place;
  }

  #place(key: number, value: number, next: number): number {
    const free = this.#free;
    if (free !== NOTHING) {
      this.#free = this.#buckets.next.at(free);
      this.#keys.set(free, key);
      this.#values.set(free, value);
      this.#buckets.next.set(free, next);
      return free;
    }
    this.#keys.push(key);
    this.#values.push(value);
    this.#buckets.next.push(next);
    return this.#keys.length - 1;
  }

  /** Lets go of what a large number of entries took. */
  #clear(): void {
    if (this.#buckets.length <= BUCKETS_KEPT) return;
    this.#keys = new NumberColumn();
    this.#values = new IntColumn();
    this.#buckets = new LinearBuckets();
    this.#free = NOTHING;
  }
}

/** Buckets that an empty map may have. */
const BUCKETS_KEPT = 1_024;
const TWO_32 = 4_294_967_296;

/** Neighbours stay neighbours, as many as a cache line has places. */
function hashNumber(key: number): number {
  const low = key | 0;
  let hash = (low >>> 4) ^ Math.imul((key / TWO_32) | 0, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) << 4) | (low & 15);
}
