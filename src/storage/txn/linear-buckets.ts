/**
 * Buckets of chained places, for tables that grow bucket by bucket (linear hashing): adding never stops for
 * a copy of all.
 */
import { IntColumn } from './columns.ts';

/** No place. */
export const NO_PLACE = -1;

export class LinearBuckets {
  /** By place, the next one in the same bucket; the owner pushes one for each place. */
  readonly next = new IntColumn();
  readonly #first = new IntColumn();
  /** Buckets at the beginning of this round of splits, a power of two. */
  #round = 1;

  constructor() {
    this.#first.push(NO_PLACE);
  }

  get length(): number {
    return this.#first.length;
  }

  bucketOf(hash: number): number {
    const bucket = hash & (2 * this.#round - 1);
    return bucket < this.#first.length ? bucket : bucket - this.#round;
  }

  /** The first place of a bucket. */
  first(bucket: number): number {
    return this.#first.at(bucket);
  }

  setFirst(bucket: number, place: number): void {
    this.#first.set(bucket, place);
  }

  /** Parts the next bucket that was not split in this round. */
  split(hashOf: (place: number) => number): void {
    const round = this.#round;
    const bucket = this.#first.length - round;
    let [stay, move] = [NO_PLACE, NO_PLACE];
    let next: number;
    for (let place = this.#first.at(bucket); place !== NO_PLACE; place = next) {
      next = this.next.at(place);
      if ((hashOf(place) & round) === 0) {
        this.next.set(place, stay);
        stay = place;
      } else {
        this.next.set(place, move);
        move = place;
      }
    }
    this.#first.set(bucket, stay);
    this.#first.push(move);
    if (this.#first.length === 2 * round) this.#round = 2 * round;
  }
}
