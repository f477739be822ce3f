/** Distinct strings of a column, numbered in the order of their arrival. */
import { newSpan, type ByteSpan, type Dictionary } from '../../vector/dictionary.ts';
import { LaidTexts } from '../../vector/laid-texts.ts';
import { TextTable } from '../../vector/text-table.ts';
import type { NullMask } from '../../vector/vector.ts';

/** Append-only. Code 0 is the empty string, so that rows of NULL have a valid code. */
export class TextDictionary {
  readonly #table = new TextTable();
  /** By the source of other dictionaries. */
  readonly #translations = new WeakMap<object, Translation>();

  constructor() {
    this.#table.add('');
  }

  get size(): number {
    return this.#table.size;
  }

  get bytes(): number {
    return this.#table.bytes;
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
    return this.#table.add(text);
  }

  /** The code of a string in UTF-8. */
  internBytes(bytes: Uint8Array, start: number, end: number): number {
    return this.#table.addBytes(bytes, start, end);
  }

  /** Adds a string in UTF-8 that the dictionary does not have; its code. */
  addDistinct(bytes: Uint8Array, start: number, end: number): number {
    return this.#table.pushDistinct(bytes, start, end);
  }

  /** The length of a string's UTF-8. */
  lengthOf(code: number): number {
    return this.#table.lengthOf(code);
  }

  /** See TextPages. */
  writeAll(codes: Int32Array, target: DataView, at: number): number {
    return this.#table.writeAll(codes, target, at);
  }

  spanAt(code: number, span: ByteSpan): void {
    this.#table.spanAt(code, span);
  }

  /** The strings so far: a new object only when strings were added. */
  snapshot(): Dictionary {
    return this.#table.snapshot(this);
  }

  /** Writes this dictionary's codes for rows [0, length) of a column with another dictionary. */
  translate(
    dictionary: Dictionary,
    codes: Int32Array,
    length: number,
    nulls: NullMask,
    target: Int32Array,
    at: number,
  ): void {
    if (dictionary.source === this) {
      target.set(codes.subarray(0, length), at);
      return;
    }
    if (nulls === undefined && dictionary instanceof LaidTexts) {
      // Rows have entries of their own: none comes again.
      this.#table.addAllFrom(dictionary, codes, length, target.subarray(at, at + length));
      return;
    }
    const translation = this.#translation(dictionary);
    if (nulls === undefined && translation.isSame && translation.known === translation.entries) {
      target.set(codes.subarray(0, length), at);
      return;
    }
    if (translation.known < translation.entries) {
      this.#translateNew(translation, dictionary, codes, length, nulls);
    }
    const { table } = translation;
    for (let i = 0; i < length; i++) {
      const own = table[codes[i]];
      // Of rows of NULL nobody has asked for the code, which may be none.
      target[at + i] = own === undefined || own < 0 ? 0 : own;
    }
  }

  /** Translates the codes of rows that nobody has asked for yet, in the order of their first rows. */
  #translateNew(
    translation: Translation,
    dictionary: Dictionary,
    codes: Int32Array,
    length: number,
    nulls: NullMask,
  ): void {
    const { table } = translation;
    const fresh = new Int32Array(Math.min(length, translation.entries - translation.known));
    let count = 0;
    for (let i = 0; i < length; i++) {
      const code = codes[i];
      if (table[code] !== UNKNOWN || (nulls !== undefined && nulls[i] === 1)) continue;
      table[code] = AT_HAND;
      fresh[count++] = code;
    }
    if (count === 0) return;
    const numbers = new Int32Array(count);
    try {
      this.#table.addAllFrom(dictionary, fresh, count, numbers);
    } catch (error) {
      for (let i = 0; i < count; i++) table[fresh[i]] = UNKNOWN;
      throw error;
    }
    for (let i = 0; i < count; i++) {
      table[fresh[i]] = numbers[i];
      if (numbers[i] !== fresh[i]) translation.isSame = false;
    }
    translation.known += count;
  }

  /** The same for rows of a column whose dictionary may have grown since. */
  takeOver(column: TextCodes, length: number, target: Int32Array, at: number): void {
    const { dictionary, codes, nulls } = column;
    this.translate(dictionary.snapshot(), codes, length, nulls, target, at);
  }

  #translate(translation: Translation, code: number, dictionary: Dictionary): number {
    const own = this.#table.addFrom(dictionary, code);
    translation.table[code] = own;
    translation.known++;
    if (own !== code) translation.isSame = false;
    return own;
  }

  #translation(dictionary: Dictionary): Translation {
    const { length, source } = dictionary;
    let translation = this.#translations.get(source);
    if (translation === undefined) {
      const table = new Int32Array(length).fill(UNKNOWN);
      translation = { table, entries: length, known: 0, isSame: true };
      this.#translations.set(source, translation);
      // Rows may do without the empty string, which is the first one here.
      if (length > 0 && isEmpty(dictionary)) this.#translate(translation, 0, dictionary);
    }
    if (length > translation.table.length) {
      const table = new Int32Array(Math.ceil(length * GROWTH)).fill(UNKNOWN);
      table.set(translation.table);
      translation.table = table;
    }
    if (length > translation.entries) translation.entries = length;
    return translation;
  }
}

/** In place of a code that nobody has asked for yet, and of one that is being translated. */
const UNKNOWN = -1;
const AT_HAND = -2;
/** By how much a table grows beyond a dictionary. */
const GROWTH = 1.5;
const FIRST = newSpan();

function isEmpty(dictionary: Dictionary): boolean {
  dictionary.spanAt(0, FIRST);
  return FIRST.start === FIRST.end;
}

/** Codes of rows in a dictionary. */
interface TextCodes {
  readonly codes: Int32Array;
  readonly dictionary: TextDictionary;
  readonly nulls: NullMask;
}

/** What the codes of dictionaries of another source are here. */
interface Translation {
  /** UNKNOWN where nobody has asked yet. */
  table: Int32Array;
  /** Of the longest dictionary so far. */
  entries: number;
  /** Codes that somebody has asked for. */
  known: number;
  /** Those that were asked for are the same in both. */
  isSame: boolean;
}
