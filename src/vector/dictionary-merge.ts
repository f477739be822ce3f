/** One dictionary out of several; each source is translated code by code, once. */
import { newSpan, type Dictionary } from './dictionary.ts';
import { LongList } from './long-list.ts';
import { PageDictionary } from './page-dictionary.ts';
import { NO_TEXTS, StringDictionary } from './string-dictionary.ts';
import { TextPages } from './text-pages.ts';
import { TextTable } from './text-table.ts';
import type { TextVector } from './vector.ts';

/** After this many strings, equal ones are looked for only if at least half of them were repeats. */
const INTERN_TRIAL = 4096;
/** The same of bytes, of which a copy costs less than looking for them. */
const INTERN_BYTES_TRIAL = 256;

export function mergeFor(vectors: readonly TextVector[]): DictionaryMerge {
  return vectors.some(({ dictionary }) => dictionary.hasBytes)
    ? new ByteMerge()
    : new StringMerge();
}

export abstract class DictionaryMerge {
  readonly #tables = new Map<object, Int32Array>();

  /** Writes the codes of a vector's rows in the dictionary to come. */
  remap(vector: TextVector, target: Int32Array, at: number): void {
    const { codes, dictionary, nulls, length } = vector;
    // Where few of many strings are used, a table for all of them is not worth it.
    const table = dictionary.length > 4 * length + 64 ? undefined : this.#table(dictionary);
    for (let i = 0; i < length; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const code = codes[i];
      let merged = table === undefined ? -1 : table[code];
      if (merged === -1) {
        merged = this.codeOf(dictionary, code);
        if (table !== undefined) table[code] = merged;
      }
      target[at + i] = merged;
    }
    if (this.size === 0 && length > 0) this.codeOf(NO_TEXTS, 0);
  }

  abstract get size(): number;

  /** The dictionary, made in steps of some milliseconds. */
  abstract finish(): Generator<void, Dictionary, void>;

  protected abstract codeOf(dictionary: Dictionary, code: number): number;

  #table(dictionary: Dictionary): Int32Array {
    const known = this.#tables.get(dictionary.source);
    if (known !== undefined && known.length >= dictionary.length) return known;
    const table = new Int32Array(dictionary.length).fill(-1);
    if (known !== undefined) table.set(known);
    this.#tables.set(dictionary.source, table);
    return table;
  }
}

class StringMerge extends DictionaryMerge {
  readonly #texts = new LongList<string>();
  /** undefined once it does not pay: a dictionary may repeat strings. */
  #byText: Map<string, number> | undefined = new Map<string, number>();
  #asked = 0;

  override get size(): number {
    return this.#texts.length;
  }

  override *finish(): Generator<void, Dictionary, void> {
    return new StringDictionary(yield* this.#texts.toArraySteps());
  }

  protected override codeOf(dictionary: Dictionary, entry: number): number {
    const text = dictionary.at(entry);
    const known = this.#byText?.get(text);
    if (known !== undefined) return known;
    const code = this.#texts.length;
    this.#texts.push(text);
    this.#byText?.set(text, code);
    if (++this.#asked > INTERN_TRIAL && code * 2 > this.#asked) this.#byText = undefined;
    return code;
  }
}

class ByteMerge extends DictionaryMerge {
  readonly #pages = new TextPages();
  /** undefined once it does not pay. */
  #table: TextTable | undefined = new TextTable(this.#pages);
  #asked = 0;
  readonly #span = newSpan();

  override get size(): number {
    return this.#pages.size;
  }

  // oxlint-disable-next-line require-yield
  override *finish(): Generator<void, Dictionary, void> {
    return new PageDictionary(this.#pages, this.#pages, this.#table !== undefined);
  }

  protected override codeOf(dictionary: Dictionary, entry: number): number {
    if (this.#table === undefined) {
      const span = this.#span;
      dictionary.spanAt(entry, span);
      return this.#pages.push(span.bytes, span.start, span.end, 0);
    }
    const code = this.#table.addFrom(dictionary, entry);
    if (++this.#asked > INTERN_BYTES_TRIAL && this.#pages.size * 2 > this.#asked)
      this.#table = undefined;
    return code;
  }
}
