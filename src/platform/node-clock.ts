/** The machine's clocks. */
import type { Clock } from '../base/env.ts';

/** Milliseconds from 1970-01-01 to 2000-01-01. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

/** A step back by more than this is the system clock being set, and is followed. */
const HELD_MICROS = 1_000_000;

/**
 * Wall time in microseconds. The system clock is read once a call in milliseconds; the digits below
 * come from the monotonic clock, so that two calls in one millisecond differ and never go backwards
 * unless the system clock is set back. Small corrections backwards are waited out: drift, or a process
 * that was held up between the reading of the two clocks.
 */
export function createNodeClock(): Clock {
  let anchorWallMs = Date.now();
  let anchorMonotonicMs = performance.now();
  let last = -Infinity;

  function wallTimeMs(): number {
    const wallMs = Date.now();
    const estimatedMs = anchorWallMs + (performance.now() - anchorMonotonicMs);
    if (estimatedMs >= wallMs - 1 && estimatedMs <= wallMs + 2) return estimatedMs;
    // The clocks drift apart, or the system clock was set: trust the system clock.
    anchorWallMs = wallMs;
    anchorMonotonicMs = performance.now();
    return wallMs;
  }

  return {
    nowMicros() {
      const now = Math.floor((wallTimeMs() - POSTGRES_EPOCH_MS) * 1000);
      if (now < last && last - now < HELD_MICROS) return last;
      last = now;
      return now;
    },
    monotonicMs: () => performance.now(),
  };
}
