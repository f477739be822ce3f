/**
 * What no key in an index is above: new rows often have keys that are higher than all before, and need not
 * be looked for then. A bound is never too low: commits raise it before the store gets their entries.
 */
import { INDEX_PREFIX_BYTES, indexRange } from '../format/keys.ts';
import type { KvStore } from '../kv/kv.ts';

interface Bound {
  /** Empty where there was no key. */
  highest: Uint8Array;
  /** Keys from before the first look at the index are in it, too. */
  isWhole: boolean;
  loading: Promise<void> | undefined;
}

const NO_KEY = new Uint8Array(0);

export class IndexBounds {
  readonly #bounds = new Map<number, Bound>();

  /** Makes `isAbove` of an index known. */
  load(kv: KvStore, storageId: number): Promise<void> | undefined {
    const bound = this.#bound(storageId);
    if (bound.isWhole) return undefined;
    bound.loading ??= this.#load(kv, storageId, bound).finally(() => {
      bound.loading = undefined;
    });
    return bound.loading;
  }

  async #load(kv: KvStore, storageId: number, bound: Bound): Promise<void> {
    const range = { ...indexRange(storageId), reverse: true, limit: 1 };
    for await (const page of kv.scan(range)) {
      const last = page[0]?.key.subarray(INDEX_PREFIX_BYTES);
      if (last !== undefined) raise(bound, last, 0, last.length);
    }
    bound.isWhole = true;
  }

  /** Whether the key `bytes[start, end)` is higher than all that the index has, or ever had. */
  isAbove(storageId: number, bytes: Uint8Array, start: number, end: number): boolean {
    const bound = this.#bounds.get(storageId);
    return bound?.isWhole === true && isHigher(bytes, start, end, bound.highest);
  }

  /** An entry with the key is about to be stored. */
  raise(storageId: number, bytes: Uint8Array, start: number, end: number): void {
    raise(this.#bound(storageId), bytes, start, end);
  }

  drop(storageId: number): void {
    this.#bounds.delete(storageId);
  }

  #bound(storageId: number): Bound {
    let bound = this.#bounds.get(storageId);
    if (bound === undefined) {
      bound = { highest: NO_KEY, isWhole: false, loading: undefined };
      this.#bounds.set(storageId, bound);
    }
    return bound;
  }
}

function raise(bound: Bound, bytes: Uint8Array, start: number, end: number): void {
  if (!isHigher(bytes, start, end, bound.highest)) return;
  const { highest } = bound;
  if (highest.length === end - start) highest.set(bytes.subarray(start, end));
  else bound.highest = bytes.slice(start, end);
}

function isHigher(bytes: Uint8Array, start: number, end: number, than: Uint8Array): boolean {
  const length = Math.min(end - start, than.length);
  for (let i = 0; i < length; i++) {
    const difference = (bytes[start + i] as number) - (than[i] as number);
    if (difference !== 0) return difference > 0;
  }
  return end - start > than.length;
}
