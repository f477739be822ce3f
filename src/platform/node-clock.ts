/** The machine's clocks. */
import type { Clock } from '../base/env.ts';

/** Milliseconds from 1970-01-01 to 2000-01-01. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

/**
 * Wall time in microseconds. The system clock is read once a call in milliseconds; the digits below
 * come from the monotonic clock, so that two calls in one millisecond differ and never go backwards
 * unless the system clock is set back.
 */
export function createNodeClock(): Clock {
  let anchorWallMs = Date.now();
  let anchorMonotonicMs = performance.now();
  return {
    nowMicros() {
      const wallMs = Date.now();
      const estimatedMs = anchorWallMs + (performance.now() - anchorMonotonicMs);
      // The clocks drift apart, or the system clock was set: trust the system clock.
      if (estimatedMs < wallMs - 1 || estimatedMs > wallMs + 2) {
        anchorWallMs = wallMs;
        anchorMonotonicMs = performance.now();
        return (wallMs - POSTGRES_EPOCH_MS) * 1000;
      }
      return Math.floor((estimatedMs - POSTGRES_EPOCH_MS) * 1000);
    },
    monotonicMs: () => performance.now(),
  };
}
