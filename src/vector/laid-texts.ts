/** Strings that lie one behind the other, each behind its length, with their hashes; some may be equal. */
import type { ByteSpan, Dictionary } from './dictionary.ts';
import { decodeText } from './text-bytes.ts';

/** What stands before a string: a u32, little-endian. */
const LENGTH_BYTES = 4;

export class LaidTexts implements Dictionary {
  readonly source: object = this;
  readonly isDistinct = false;
  readonly hasBytes = true;
  readonly longest: number;
  readonly #bytes: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #hashes: Int32Array;

  /** `starts` has where each string's length stands, and the end of the last string. */
  constructor(bytes: Uint8Array, starts: Uint32Array, hashes: Int32Array, longest: number) {
    this.#bytes = bytes;
    this.#starts = starts;
    this.#hashes = hashes;
    this.longest = longest;
  }

  get length(): number {
    return this.#hashes.length;
  }

  sizeAt(code: number): number {
    return this.#starts[code + 1] - this.#starts[code] - LENGTH_BYTES;
  }

  at(code: number): string {
    return decodeText(this.#bytes, this.#starts[code] + LENGTH_BYTES, this.#starts[code + 1]);
  }

  spanAt(code: number, span: ByteSpan): void {
    span.bytes = this.#bytes;
    span.start = this.#starts[code] + LENGTH_BYTES;
    span.end = this.#starts[code + 1];
  }

  hashAt(code: number): number {
    return this.#hashes[code];
  }

  /** Neighbours are one piece. */
  *written(codes: Int32Array): Generator<Uint8Array, void, void> {
    for (let first = 0; first < codes.length;) {
      let end = first + 1;
      while (end < codes.length && codes[end] === codes[end - 1] + 1) end++;
      yield this.#bytes.subarray(this.#starts[codes[first]], this.#starts[codes[end - 1] + 1]);
      first = end;
    }
  }
}
