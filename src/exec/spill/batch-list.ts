/** Small batches on their way to becoming a block of some size. */
import type { Batch } from '../../vector/vector.ts';
import { memoryBytes } from './memory-bytes.ts';

export class BatchList {
  readonly #blockBytes: number;
  #batches: Batch[] = [];
  #bytes = 0;

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes;
  }

  /** All batches that wait, once they make a block. */
  add(batch: Batch): readonly Batch[] | undefined {
    if (batch.length === 0) return undefined;
    this.#batches.push(batch);
    this.#bytes += memoryBytes(batch);
    return this.#bytes < this.#blockBytes ? undefined : this.take();
  }

  /** The batches that wait. */
  take(): readonly Batch[] {
    const batches = this.#batches;
    this.#batches = [];
    this.#bytes = 0;
    return batches;
  }
}
