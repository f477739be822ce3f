/** A list of any length that grows part by part: the elements that it has are not copied meanwhile. */

import { finishNow } from '../base/steps.ts';
import { Parts } from '../types/parts.ts';

/** Elements of a part: arrays of this size stay where they are when the collector runs. */
const PART_BITS = 15;
const PART_LENGTH = 1 << PART_BITS;
const PART_MASK = PART_LENGTH - 1;

export class LongList<T> implements Iterable<T> {
  /** Full parts; most lists have none. */
  #parts: T[][] | undefined;
  #last: T[] = [];

  get length(): number {
    return (this.#parts === undefined ? 0 : this.#parts.length * PART_LENGTH) + this.#last.length;
  }

  push(item: T): void {
    if (this.#last.length === PART_LENGTH) {
      this.#parts ??= [];
      this.#parts.push(this.#last);
      this.#last = [];
    }
    this.#last.push(item);
  }

  at(position: number): T {
    const part = this.#parts?.[position >>> PART_BITS] ?? this.#last;
    return part[position & PART_MASK] as T;
  }

  replace(position: number, item: T): void {
    const part = this.#parts?.[position >>> PART_BITS] ?? this.#last;
    part[position & PART_MASK] = item;
  }

  /** Keeps the first elements only. */
  cutAt(length: number): void {
    const parts = [...(this.#parts ?? []), this.#last];
    const full = length >>> PART_BITS;
    this.#last = parts[full] ?? [];
    this.#last.length = length & PART_MASK;
    this.#parts = full === 0 ? undefined : parts.slice(0, full);
  }

  *[Symbol.iterator](): Generator<T, void, void> {
    for (const part of this.#parts ?? []) yield* part;
    yield* this.#last;
  }

  /** What it holds now, without a copy. */
  snapshot(): Parts<T> {
    return new Parts([...(this.#parts ?? []), this.#last], this.length);
  }

  toArray(): T[] {
    return finishNow(this.toArraySteps());
  }

  /** The same in steps of at most some milliseconds. */
  *toArraySteps(): Generator<void, T[], void> {
    if (this.#parts === undefined) return this.#last;
    const all: T[] = [];
    // At once, for growing copies again and again what is there.
    all.length = this.length;
    let at = 0;
    for (const part of [...this.#parts, this.#last]) {
      yield;
      for (let i = 0; i < part.length; i++) all[at++] = part[i] as T;
    }
    return all;
  }
}
