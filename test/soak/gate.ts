/** Where every actor waits for its turn: closed for comparisons, and never faster than CORES. */
import { CORES } from './settings.ts';

const WAIT_MS = 10;
/** Seconds of processor time that may be saved up, or overdrawn and paid back later. */
const CREDIT_MAX = 0.5;
const CREDIT_MIN = -1;
/** More than any statement may take. */
const STUCK_MS = 240_000;

export class Gate {
  readonly #processorSeconds: () => number;
  #isOpen = true;
  #inside = 0;
  #credit = 0;
  #lastMs = performance.now();
  #lastProcessor = 0;

  constructor(processorSeconds: () => number) {
    this.#processorSeconds = processorSeconds;
  }

  async turn(work: () => Promise<void>): Promise<void> {
    while (!this.#isOpen || !this.#hasCredit()) await sleep(WAIT_MS);
    this.#inside++;
    try {
      await work();
    } finally {
      this.#inside--;
    }
  }

  shut(): void {
    this.#isOpen = false;
  }

  /** Waits until nobody is inside. */
  async idle(): Promise<void> {
    const start = performance.now();
    while (this.#inside > 0) {
      if (performance.now() - start > STUCK_MS) throw new Error(`${this.#inside} actors hang`);
      await sleep(WAIT_MS);
    }
  }

  open(): void {
    this.#isOpen = true;
  }

  #hasCredit(): boolean {
    const now = performance.now();
    const processor = this.#processorSeconds();
    // A new server process begins at zero.
    const used = Math.max(0, processor - this.#lastProcessor);
    const earned = (CORES * (now - this.#lastMs)) / 1000;
    this.#credit = Math.min(CREDIT_MAX, Math.max(CREDIT_MIN, this.#credit + earned - used));
    this.#lastMs = now;
    this.#lastProcessor = processor;
    return this.#credit > 0;
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
