/** Distinct strings of a column, numbered in the order of their arrival. */
import { TextTable } from '../../vector/text-table.ts';

/** Distinct strings above which a column no longer shares one dictionary among all its segments. */
export const SHARED_DICTIONARY_LIMIT = 200_000;

/** What a string takes beside its characters. */
const BYTES_PER_TEXT = 64;

/** Append-only. Code 0 is the empty string, so that rows of NULL have a valid code. */
export class TextDictionary {
  readonly #table = new TextTable();
  readonly #translations = new WeakMap<readonly string[], Translation>();
  #snapshot: readonly string[] = [''];
  #bytes = 0;

  constructor() {
    this.#table.add('');
  }

  get size(): number {
    return this.#table.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  textOf(code: number): string {
    return this.#table.textOf(code);
  }

  codeOf(text: string): number | undefined {
    const code = this.#table.find(text);
    return code < 0 ? undefined : code;
  }

  intern(text: string): number {
    const { size } = this.#table;
    const code = this.#table.add(text);
    if (code === size) this.#bytes += text.length * 2 + BYTES_PER_TEXT;
    return code;
  }

  /** Fills an empty dictionary with distinct strings, none of them empty; the first has code 1. */
  addDistinct(texts: readonly string[]): void {
    this.#table.addDistinct(texts);
    for (const text of texts) this.#bytes += text.length * 2 + BYTES_PER_TEXT;
  }

  /**
   * The strings so far, as an array that never changes: consumers keep results per dictionary array, so
   * a new one is handed out only when strings were added.
   */
  snapshot(): readonly string[] {
    if (this.#snapshot.length !== this.size) this.#snapshot = this.#table.toArray();
    return this.#snapshot;
  }

  /** Writes this dictionary's codes for rows [0, length) of a column with another dictionary. */
  translate(
    dictionary: readonly string[],
    codes: Int32Array,
    length: number,
    nulls: Uint8Array | undefined,
    target: Int32Array,
    at: number,
  ): void {
    if (dictionary === this.#snapshot) {
      target.set(codes.subarray(0, length), at);
      return;
    }
    const translation = this.#translation(dictionary);
    if (nulls === undefined && translation.isSame && translation.missing === 0) {
      target.set(codes.subarray(0, length), at);
      return;
    }
    const { table } = translation;
    for (let i = 0; i < length; i++) {
      const code = codes[i];
      let own = table[code];
      if (own === undefined || own < 0) {
        if (nulls !== undefined && nulls[i] === 1) own = 0;
        else own = this.#translate(translation, code, dictionary[code]);
      }
      target[at + i] = own;
    }
  }

  #translate(translation: Translation, code: number, text: string): number {
    const own = this.intern(text);
    translation.table[code] = own;
    translation.missing--;
    if (own !== code) translation.isSame = false;
    return own;
  }

  #translation(dictionary: readonly string[]): Translation {
    let translation = this.#translations.get(dictionary);
    if (translation?.table.length !== dictionary.length) {
      const table = new Int32Array(dictionary.length).fill(-1);
      translation = { table, missing: dictionary.length, isSame: true };
      this.#translations.set(dictionary, translation);
      // Rows may do without the empty string, which is the first one here.
      if (dictionary[0] === '') this.#translate(translation, 0, '');
    }
    return translation;
  }
}

/** What the codes of another dictionary, which never changes, are here. */
interface Translation {
  /** -1 where nobody has asked yet. */
  readonly table: Int32Array;
  /** Codes that nobody has asked for. */
  missing: number;
  /** Those that were asked for are the same in both. */
  isSame: boolean;
}
