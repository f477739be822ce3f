/** Distinct strings of a column, numbered in the order of their arrival. */
import type { Dictionary } from '../../vector/dictionary.ts';
import { StringDictionary } from '../../vector/string-dictionary.ts';
import { TextTable } from '../../vector/text-table.ts';
import type { NullMask } from '../../vector/vector.ts';

/** Distinct strings above which a column no longer shares one dictionary among all its segments. */
export const SHARED_DICTIONARY_LIMIT = 200_000;

/** What a string takes beside its characters. */
const BYTES_PER_TEXT = 64;

/** Append-only. Code 0 is the empty string, so that rows of NULL have a valid code. */
export class TextDictionary {
  readonly #table = new TextTable();
  readonly #translations = new WeakMap<Dictionary, Translation>();
  readonly #growing = new WeakMap<TextDictionary, Int32Array>();
  #snapshot: Dictionary = new StringDictionary([''], this, true);
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

  get isIndexed(): boolean {
    return this.#table.isIndexed;
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
   * The strings so far: consumers keep results per dictionary, so a new one is handed out only when strings
   * were added.
   */
  snapshot(): Dictionary {
    if (this.#snapshot.length !== this.size) {
      this.#snapshot = new StringDictionary(this.#table.toArray(), this, true);
    }
    return this.#snapshot;
  }

  /** Writes this dictionary's codes for rows [0, length) of a column with another dictionary. */
  translate(
    dictionary: Dictionary,
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
        else own = this.#translate(translation, code, dictionary.at(code));
      }
      target[at + i] = own;
    }
  }

  /** The same for rows of a column whose dictionary may have grown since, without a snapshot of it. */
  takeOver(column: TextCodes, length: number, target: Int32Array, at: number): void {
    const { dictionary, codes, nulls } = column;
    if (dictionary === this) {
      target.set(codes.subarray(0, length), at);
      return;
    }
    const table = this.#growingTranslation(dictionary);
    for (let i = 0; i < length; i++) {
      const code = codes[i];
      let own = table[code];
      if (own < 0) {
        if (nulls !== undefined && nulls[i] === 1) own = 0;
        else table[code] = own = this.intern(dictionary.textOf(code));
      }
      target[at + i] = own;
    }
  }

  #growingTranslation(dictionary: TextDictionary): Int32Array {
    let table = this.#growing.get(dictionary);
    if (table === undefined || table.length < dictionary.size) {
      const larger = new Int32Array(Math.ceil(dictionary.size * 1.5)).fill(-1);
      if (table !== undefined) larger.set(table);
      this.#growing.set(dictionary, (table = larger));
    }
    return table;
  }

  #translate(translation: Translation, code: number, text: string): number {
    const own = this.intern(text);
    translation.table[code] = own;
    translation.missing--;
    if (own !== code) translation.isSame = false;
    return own;
  }

  #translation(dictionary: Dictionary): Translation {
    let translation = this.#translations.get(dictionary);
    if (translation?.table.length !== dictionary.length) {
      const table = new Int32Array(dictionary.length).fill(-1);
      translation = { table, missing: dictionary.length, isSame: true };
      this.#translations.set(dictionary, translation);
      // Rows may do without the empty string, which is the first one here.
      if (dictionary.length > 0 && dictionary.at(0) === '') this.#translate(translation, 0, '');
    }
    return translation;
  }
}

/** Codes of rows in a dictionary. */
interface TextCodes {
  readonly codes: Int32Array;
  readonly dictionary: TextDictionary;
  readonly nulls: NullMask;
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
