/** Byte arrays of any length over the same memory, for what is copied before the next one is made. */
import type { Allocate } from './keys.ts';

/** Longer ones have memory of their own. */
const SHARED_BYTES = 1_024;

export function reusedBytes(): Allocate {
  const views: (Uint8Array | undefined)[] = [];
  let memory: ArrayBuffer | undefined;
  return (length) => {
    if (length > SHARED_BYTES) return new Uint8Array(length);
    memory ??= new ArrayBuffer(SHARED_BYTES);
    return (views[length] ??= new Uint8Array(memory, 0, length));
  };
}
