/** Randomness from the operating system. */
import { randomBytes } from 'node:crypto';
import type { Random } from '../base/env.ts';

export function createNodeRandom(): Random {
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      bytes.set(randomBytes(length));
      return bytes;
    },
    float: Math.random,
  };
}
