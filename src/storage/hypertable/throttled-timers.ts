/** Timers for work in the background. */
import type { Clock, Timers } from '../../base/env.ts';

/** Milliseconds of work between two rests. */
const WORK_MS = 4;
const REST_MAX_MS = 50;

/** Giving way means resting as long as was worked. */
export function throttledTimers(timers: Timers, clock: Clock): Timers {
  let start = clock.monotonicMs();
  return {
    after: (ms, callback) => timers.after(ms, callback),
    soon: (callback) => timers.soon(callback),
    async yield() {
      const worked = clock.monotonicMs() - start;
      if (worked < WORK_MS) return timers.yield();
      await new Promise<void>((resolve) => timers.after(Math.min(worked, REST_MAX_MS), resolve));
      start = clock.monotonicMs();
    },
  };
}

/** Calls `check` at every pause, which may end the work by throwing. */
export function checkedTimers(timers: Timers, check: () => void): Timers {
  return {
    after: (ms, callback) => timers.after(ms, callback),
    soon: (callback) => timers.soon(callback),
    async yield() {
      await timers.yield();
      check();
    },
  };
}
