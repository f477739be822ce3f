/** Timers of the event loop. */
import type { Timers } from '../base/env.ts';

/** setTimeout takes 31 bits; longer waits are made of several. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

export function createNodeTimers(): Timers {
  return {
    after,
    yield: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

function after(ms: number, callback: () => void): () => void {
  let timeout: NodeJS.Timeout;
  const arm = (left: number): void => {
    const wait = Math.min(left, LONGEST_TIMEOUT_MS);
    timeout = setTimeout(() => (left > wait ? arm(left - wait) : callback()), wait);
    timeout.unref();
  };
  arm(ms);
  return () => clearTimeout(timeout);
}
