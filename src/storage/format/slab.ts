/** Many small byte arrays out of few large ones: each with memory of its own would cost more than it holds. */
import type { Allocate } from './keys.ts';

/** Small, because one part that is kept keeps all of it. */
const SLAB_BYTES = 8_192;

export function slabAllocator(): Allocate {
  let slab = new Uint8Array(0);
  let used = 0;
  return (length) => {
    if (length > SLAB_BYTES / 4) return new Uint8Array(length);
    if (used + length > slab.length) {
      slab = new Uint8Array(SLAB_BYTES);
      used = 0;
    }
    const start = used;
    used += length;
    return slab.subarray(start, used);
  };
}
