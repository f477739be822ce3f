/**
 * What no key in an index is above: new rows often have keys that are higher than all before, and need not
 * be looked for then. A bound is never too low: commits raise it before the store gets their entries.
 */
import { INDEX_PREFIX_BYTES, indexRange } from '../format/keys.ts';
import type { KvStore } from '../kv/kv.ts';
import { HighestKey } from './highest-key.ts';

interface Bound {
  readonly highest: HighestKey;
  /** Keys from before the first look at the index are in it, too. */
  isWhole: boolean;
  loading: Promise<void> | undefined;
}

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
      if (last !== undefined) bound.highest.raise(last, 0, last.length);
    }
    bound.isWhole = true;
  }

  /** Whether the key `bytes[start, end)` is higher than all that the index has, or ever had. */
  isAbove(storageId: number, bytes: Uint8Array, start: number, end: number): boolean {
    const bound = this.#bounds.get(storageId);
    return bound?.isWhole === true && bound.highest.isBelow(bytes, start, end);
  }

  /** An entry with the key is about to be stored. */
  raise(storageId: number, bytes: Uint8Array, start: number, end: number): void {
    this.#bound(storageId).highest.raise(bytes, start, end);
  }

  drop(storageId: number): void {
    this.#bounds.delete(storageId);
  }

  #bound(storageId: number): Bound {
    let bound = this.#bounds.get(storageId);
    if (bound === undefined) {
      bound = { highest: new HighestKey(), isWhole: false, loading: undefined };
      this.#bounds.set(storageId, bound);
    }
    return bound;
  }
}
