/** Giving the event loop its turns inside long work of the storage engine. */
import { SHORT_SLICE_MS } from '../base/slice.ts';
import type { Clock, Timers } from '../base/env.ts';

/** One per engine: whatever runs at the same time shares the slice. */
export class Turns {
  readonly #clock: Clock;
  readonly #timers: Timers;
  #sliceStart: number;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
    this.#sliceStart = clock.monotonicMs();
  }

  /** A promise to wait for where others are due, else undefined. */
  checkpoint(): Promise<void> | undefined {
    if (this.#clock.monotonicMs() - this.#sliceStart < SHORT_SLICE_MS) return undefined;
    return this.#timers.yield().then(() => {
      this.#sliceStart = this.#clock.monotonicMs();
    });
  }
}
