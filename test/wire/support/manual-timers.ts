import type { Timers } from '../../../src/base/env.ts';

/** Timers whose clock the test moves. */
export class ManualTimers implements Timers {
  #now = 0;
  #waiting: { readonly at: number; readonly callback: () => void }[] = [];

  after(ms: number, callback: () => void): () => void {
    const entry = { at: this.#now + ms, callback };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((each) => each !== entry);
    };
  }

  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  soon(callback: () => void): void {
    setImmediate(callback);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Moves the clock, calls what is due and lets the event loop handle what follows. */
  async advance(ms: number): Promise<void> {
    this.#now += ms;
    const due = this.#waiting.filter((entry) => entry.at <= this.#now);
    this.#waiting = this.#waiting.filter((entry) => entry.at > this.#now);
    for (const entry of due.sort((a, b) => a.at - b.at)) entry.callback();
    await this.yield();
  }
}
