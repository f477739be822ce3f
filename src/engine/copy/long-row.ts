/** A row that is larger than the place in which rows are read: its bytes so far. */
import { dbError } from '../../errors/db-error.ts';

const BYTES_MAX = 1 << 30;

export class LongRow {
  #bytes: Uint8Array;
  #length: number;
  /** The next size at which it is worth looking for the end: looking costs as much as there is. */
  #tryAt: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#length = bytes.length;
    this.#tryAt = bytes.length * 2;
  }

  /** Adds input; gives all of it where its end should be looked for. */
  add(bytes: Uint8Array): Uint8Array | undefined {
    const length = this.#length + bytes.length;
    if (length > BYTES_MAX) {
      throw dbError('program_limit_exceeded', 'COPY row is larger than 1 GB');
    }
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
    if (length < this.#tryAt) return undefined;
    this.#tryAt = length * 2;
    return this.take();
  }

  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
