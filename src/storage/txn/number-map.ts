/**
 * A map from numbers to small integers in columns: millions of entries are few objects. It grows bucket by
 * bucket (linear hashing), and what was deleted makes room for what comes.
 */
import { IntColumn, NumberColumn } from './columns.ts';

/** Neither a value nor a place. */
export const NOTHING = -1;

export class NumberMap {
  #keys = new NumberColumn();
  #values = new IntColumn();
  /** The next place in the same bucket, or the next free one. */
  #next = new IntColumn();
  #buckets = new IntColumn();
  #free = NOTHING;
  #size = 0;
  /** Buckets at the beginning of this round of splits, a power of two. */
  #round = 1;

  constructor() {
    this.#buckets.push(NOTHING);
  }

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
    const bucket = this.#bucketOf(hashNumber(key));
    const place = this.#place(key, value, this.#buckets.at(bucket));
    this.#buckets.set(bucket, place);
    if (++this.#size > this.#buckets.length) this.#split();
  }

  delete(key: number): void {
    const bucket = this.#bucketOf(hashNumber(key));
    let before = NOTHING;
    let place = this.#buckets.at(bucket);
    while (place !== NOTHING && this.#keys.at(place) !== key) {
      before = place;
      place = this.#next.at(place);
    }
    if (place === NOTHING) return;
    const next = this.#next.at(place);
    if (before === NOTHING) this.#buckets.set(bucket, next);
    else this.#next.set(before, next);
    this.#next.set(place, this.#free);
    this.#free = place;
    if (--this.#size === 0) this.#clear();
  }

  /** Keys with their values. */
  *entries(): Generator<[key: number, value: number], void> {
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      let place = this.#buckets.at(bucket);
      for (; place !== NOTHING; place = this.#next.at(place)) {
        yield [this.#keys.at(place), this.#values.at(place)];
      }
    }
  }

  #find(key: number): number {
    if (this.#size === 0) return NOTHING;
    let place = this.#buckets.at(this.#bucketOf(hashNumber(key)));
    while (place !== NOTHING && this.#keys.at(place) !== key) place = this.#next.at(place);
    return place;
  }

  #place(key: number, value: number, next: number): number {
    const free = this.#free;
    if (free !== NOTHING) {
      this.#free = this.#next.at(free);
      this.#keys.set(free, key);
      this.#values.set(free, value);
      this.#next.set(free, next);
      return free;
    }
    this.#keys.push(key);
    this.#values.push(value);
    this.#next.push(next);
    return this.#keys.length - 1;
  }

  #bucketOf(hash: number): number {
    const bucket = hash & (2 * this.#round - 1);
    return bucket < this.#buckets.length ? bucket : bucket - this.#round;
  }

  /** Parts the next bucket that was not split in this round. */
  #split(): void {
    const round = this.#round;
    const bucket = this.#buckets.length - round;
    let [stay, move] = [NOTHING, NOTHING];
    let next: number;
    for (let place = this.#buckets.at(bucket); place !== NOTHING; place = next) {
      next = this.#next.at(place);
      if ((hashNumber(this.#keys.at(place)) & round) === 0) {
        this.#next.set(place, stay);
        stay = place;
      } else {
        this.#next.set(place, move);
        move = place;
      }
    }
    this.#buckets.set(bucket, stay);
    this.#buckets.push(move);
    if (this.#buckets.length === 2 * round) this.#round = 2 * round;
  }

  /** Lets go of what a large number of entries took. */
  #clear(): void {
    if (this.#buckets.length <= BUCKETS_KEPT) return;
    this.#keys = new NumberColumn();
    this.#values = new IntColumn();
    this.#next = new IntColumn();
    this.#buckets = new IntColumn();
    this.#buckets.push(NOTHING);
    this.#free = NOTHING;
    this.#round = 1;
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
