/** The snapshots that one transaction keeps alive: its statement's, and those of scans under way. */
import { InternalError } from '../../errors/db-error.ts';
import type { Sequence } from '../log/commit-log.ts';
import type { SnapshotRegistry } from './undo.ts';

/** One hold on a snapshot. */
export interface Pin {
  readonly sequence: Sequence;
}

export class SnapshotPins {
  readonly #registry: SnapshotRegistry;
  readonly #pins = new Set<Pin>();

  constructor(registry: SnapshotRegistry) {
    this.#registry = registry;
  }

  pin(sequence: Sequence): Pin {
    const pin = { sequence };
    this.#registry.pin(sequence);
    this.#pins.add(pin);
    return pin;
  }

  unpin(pin: Pin): void {
    if (this.#pins.delete(pin)) this.#registry.unpin(pin.sequence);
  }

  releaseAll(): void {
    for (const pin of this.#pins) this.unpin(pin);
  }

  /** Pins a snapshot until the scan ends, or the transaction does: a scan cannot go on after that. */
  hold<T>(sequence: Sequence, batches: AsyncIterable<T>): AsyncIterable<T> {
    return this.#holding(this.pin(sequence), batches);
  }

  async *#holding<T>(pin: Pin, batches: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      this.#checkHeld(pin);
      for await (const batch of batches) {
        yield batch;
        this.#checkHeld(pin);
      }
    } finally {
      this.unpin(pin);
    }
  }

  #checkHeld(pin: Pin): void {
    if (!this.#pins.has(pin)) throw new InternalError('a scan outlived its transaction');
  }
}
