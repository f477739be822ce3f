/** Timers of the event loop. */
import type { Timers } from '../base/env.ts';
import { TurnLine } from './turns.ts';

/** setTimeout takes 31 bits; longer waits are made of several. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

/** One for the process: there is one event loop. */
const line = new TurnLine(() => performance.now());

export function createNodeTimers(): Timers {
  return { after, yield: () => line.wait(), soon: (callback) => void setImmediate(callback) };
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
