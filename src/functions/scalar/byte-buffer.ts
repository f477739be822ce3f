/** Memory in which results are put together, one after the other. */
import { copyBytes } from '../../vector/text-pages.ts';

const KEPT_BYTES_MAX = 1 << 20;

export class ByteBuffer {
  bytes = new Uint8Array(256);
  length = 0;

  /** Empties it, with room for so many bytes. */
  clear(room: number): void {
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES_MAX) this.bytes = new Uint8Array(256);
    this.#reserve(room);
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(this.length + end - start);
    copyBytes(bytes, start, end, this.bytes, this.length);
    this.length += end - start;
  }

  #reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(length, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
