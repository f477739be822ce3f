/** A dictionary of strings, as functions and builders make them. */
import type { ByteSpan, Dictionary } from './dictionary.ts';
import { encodeText, hashText } from './text-bytes.ts';

export class StringDictionary implements Dictionary {
  readonly source: object;
  readonly isDistinct: boolean;
  readonly hasBytes = false;
  readonly #strings: readonly string[];
  /** The longest of the first `#measured` strings. */
  #longest = 0;
  #measured = 0;

  /** Strings may be added to the list, but none may change. */
  constructor(strings: readonly string[], source?: object, isDistinct = false) {
    this.#strings = strings;
    this.source = source ?? this;
    this.isDistinct = isDistinct;
  }

  get length(): number {
    return this.#strings.length;
  }

  get longest(): number {
    const strings = this.#strings;
    while (this.#measured < strings.length) {
      const { length } = strings[this.#measured++] as string;
      if (length > this.#longest) this.#longest = length;
    }
    return this.#longest;
  }

  sizeAt(code: number): number {
    return (this.#strings[code] as string).length;
  }

  at(code: number): string {
    return this.#strings[code] as string;
  }

  spanAt(code: number, span: ByteSpan): void {
    encodeText(this.#strings[code] as string, span);
  }

  hashAt(code: number): number {
    return hashText(this.#strings[code] as string);
  }
}

/** For rows of NULL, which have a code, too. */
export const NO_TEXTS: Dictionary = new StringDictionary(['']);
