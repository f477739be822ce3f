/**
 * V8 counts the memory of typed arrays beside its heap. When that has grown by 64 MB since the last full
 * collection V8 begins to mark, and each array that is made takes a step of 5 to 10 ms until all is marked:
 * a native call that makes hundreds, as RocksDB's binding does, would mark a whole heap in one turn. Here
 * marking begins before that, and goes on beside the work.
 */
import { getHeapStatistics } from 'node:v8';
import { beginMarking, watchCollections, type Collection } from './marking.ts';

/** Growth at which marking begins. */
const EARLY_BYTES = 48 * 1024 * 1024;
const LOOK_MS = 20;

/** Looks at the memory of arrays now and then, until the result is called. */
export function markEarly(): () => void {
  const marking = new EarlyMarking(beginMarking);
  const unwatch = watchCollections((collection) => marking.heard(collection));
  const timer = setInterval(() => marking.look(getHeapStatistics().external_memory), LOOK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    unwatch();
  };
}

export class EarlyMarking {
  readonly #begin: () => void;
  #isMarking = false;
  /** The fewest bytes of arrays since the last full collection. */
  #least = Infinity;

  constructor(begin: () => void) {
    this.#begin = begin;
  }

  look(bytes: number): void {
    this.#least = Math.min(this.#least, bytes);
    if (this.#isMarking || bytes - this.#least < EARLY_BYTES) return;
    this.#isMarking = true;
    this.#begin();
  }

  heard(collection: Collection): void {
    if (collection === 'begin') this.#isMarking = true;
    if (collection !== 'end') return;
    this.#isMarking = false;
    this.#least = Infinity;
  }
}
