/** The UTF-8 form of a text vector's dictionary, encoded at first use and kept for the batches after. */
import { putText } from './field-bytes.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** The arena does not grow past this; entries beyond are encoded each time. */
const ARENA_BYTES_MAX = 4 * 1024 * 1024;

export class DictionaryBytes {
  readonly dictionary: readonly string[];
  /** Where an entry's bytes start in the arena, plus 1; 0 for one not encoded yet. */
  #starts: Uint32Array;
  #lengths: Uint32Array;
  #arena = new Uint8Array(1024);
  #used = 0;

  constructor(dictionary: readonly string[]) {
    this.dictionary = dictionary;
    this.#starts = new Uint32Array(dictionary.length);
    this.#lengths = new Uint32Array(dictionary.length);
  }

  /** Writes an entry as a field. */
  put(out: OutputBuffer, code: number): void {
    // A dictionary may have grown since the batch before.
    if (code >= this.#starts.length) this.#grow();
    const start = this.#starts[code] as number;
    if (start === 0) {
      this.#encode(out, code);
      return;
    }
    const length = this.#lengths[code] as number;
    out.ensure(4 + length);
    const at = out.length + 4;
    out.view.setInt32(out.length, length);
    if (length <= 32) {
      const { bytes } = out;
      const arena = this.#arena;
      for (let i = 0; i < length; i++) bytes[at + i] = arena[start - 1 + i] as number;
    } else {
      out.bytes.set(this.#arena.subarray(start - 1, start - 1 + length), at);
    }
    out.length = at + length;
  }

  #encode(out: OutputBuffer, code: number): void {
    const field = out.length;
    putText(out, this.dictionary[code] as string);
    const bytes = out.bytes.subarray(field + 4, out.length);
    if (this.#used + bytes.length > ARENA_BYTES_MAX) return;
    if (this.#used + bytes.length > this.#arena.length) {
      const arena = new Uint8Array(Math.max(this.#used + bytes.length, this.#arena.length * 2));
      arena.set(this.#arena.subarray(0, this.#used));
      this.#arena = arena;
    }
    this.#arena.set(bytes, this.#used);
    this.#starts[code] = this.#used + 1;
    this.#lengths[code] = bytes.length;
    this.#used += bytes.length;
  }

  #grow(): void {
    const { length } = this.dictionary;
    const starts = new Uint32Array(length);
    const lengths = new Uint32Array(length);
    starts.set(this.#starts);
    lengths.set(this.#lengths);
    this.#starts = starts;
    this.#lengths = lengths;
  }
}
