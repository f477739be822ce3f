/** A list of dictionaries' entries, by their bytes: one may stand in it several times, as may equal texts. */
import { newSpan, type ByteSpan, type Dictionary } from './dictionary.ts';
import { TextPages } from './text-pages.ts';

/** What gives the bytes of its entries. */
interface Spans {
  spanAt(code: number, span: ByteSpan): void;
}

export class TextEntries {
  length = 0;
  readonly #codes: Int32Array;
  /** The number of each entry's source. */
  readonly #owners: Int32Array;
  readonly #sources: Spans[] = [];
  /** The bytes of what comes as strings: they are made once. */
  readonly #encoded = new TextPages();
  readonly #span = newSpan();
  #last: Dictionary | undefined;

  /** There may be up to so many. */
  constructor(most: number) {
    this.#codes = new Int32Array(most);
    this.#owners = new Int32Array(most);
  }

  push(dictionary: Dictionary, code: number): void {
    if (dictionary !== this.#last) {
      this.#last = dictionary;
      this.#sources.push(dictionary.hasBytes ? dictionary : this.#encoded);
    }
    this.#owners[this.length] = this.#sources.length - 1;
    this.#codes[this.length++] = dictionary.hasBytes ? code : this.#encode(dictionary, code);
  }

  /** Sets the place of an entry's bytes. Two spans may be in use at a time. */
  spanAt(position: number, span: ByteSpan): void {
    this.#sources[this.#owners[position]].spanAt(this.#codes[position], span);
  }

  #encode(dictionary: Dictionary, code: number): number {
    const span = this.#span;
    dictionary.spanAt(code, span);
    return this.#encoded.push(span.bytes, span.start, span.end, 0);
  }
}
