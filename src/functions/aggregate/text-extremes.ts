/** min() and max() of texts. While groups are few, each compares a dictionary's entry once. */
import type { SqlType } from '../../types/type.ts';
import { compareText } from '../../types/text.ts';
import { type TextVector, valueAt, type Vector, vectorFromValues } from '../../vector/vector.ts';
import type { Dictionary } from '../../vector/dictionary.ts';
import { compareEntry } from '../../vector/text-order.ts';
import type { Accumulator } from '../function.ts';

/** Bytes for what was compared, a byte for each group and entry. */
const SEEN_BYTES_MAX = 1 << 22;

export class TextExtremes implements Accumulator {
  readonly #isMax: boolean;
  readonly #type: SqlType;
  readonly #best: (string | null)[] = [];
  /** By dictionary, for each group the entries that cannot change its extreme any more. */
  readonly #seen = new WeakMap<object, Uint8Array[]>();

  constructor(isMax: boolean, type: SqlType) {
    this.#isMax = isMax;
    this.#type = type;
  }

  ensureGroups(count: number): void {
    while (this.#best.length < count) this.#best.push(null);
  }

  add(groups: Int32Array, args: readonly Vector[], start: number, end: number): void {
    const [arg] = args;
    const seen = this.#seenOf(arg);
    if (arg?.rep !== 'text' || seen === undefined) {
      for (let i = start; i < end; i++) this.#addValue(groups[i] as number, args, i);
      return;
    }
    const { codes, dictionary, nulls } = arg;
    for (let i = start; i < end; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const group = groups[i] as number;
      const code = codes[i] as number;
      const known = seen[group] ?? this.#newSeen(seen, group, dictionary.length);
      if (known[code] === 1) continue;
      known[code] = 1;
      this.#takeEntry(group, dictionary, code);
    }
  }

  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    const [arg] = args;
    const seen = this.#seenOf(arg);
    if (arg?.rep !== 'text' || seen === undefined) {
      for (let i = start; i < end; i++) this.#addValue(group, args, i);
      return;
    }
    const { codes, dictionary, nulls } = arg;
    const known = seen[group] ?? this.#newSeen(seen, group, dictionary.length);
    for (let i = start; i < end; i++) {
      const code = codes[i] as number;
      if (known[code] === 1 || (nulls !== undefined && nulls[i] === 1)) continue;
      known[code] = 1;
      this.#takeEntry(group, dictionary, code);
    }
  }

  finish(count: number): Vector {
    return vectorFromValues(this.#type, this.#best.slice(0, count));
  }

  #addValue(group: number, args: readonly Vector[], row: number): void {
    const value = valueAt(args[0] as Vector, row);
    if (value !== null) this.#take(group, value as string);
  }

  #takeEntry(group: number, dictionary: Dictionary, code: number): void {
    const best = this.#best[group] as string | null;
    if (best !== null) {
      const order = compareEntry(dictionary, code, best);
      if (order === 0 || order > 0 !== this.#isMax) return;
    }
    this.#best[group] = dictionary.at(code);
  }

  #take(group: number, text: string): void {
    const best = this.#best[group] as string | null;
    if (best === text) return;
    if (best === null || compareText(text, best) > 0 === this.#isMax) this.#best[group] = text;
  }

  /** undefined where there are too many groups, or too few rows, to keep what was compared. */
  #seenOf(arg: Vector | undefined): Uint8Array[] | undefined {
    if (arg?.rep !== 'text') return undefined;
    const entries = arg.dictionary.length;
    if (entries * this.#best.length > SEEN_BYTES_MAX) return undefined;
    return this.#tablesOf(arg, entries);
  }

  #tablesOf({ dictionary, length }: TextVector, entries: number): Uint8Array[] | undefined {
    const key = dictionary.source;
    let tables = this.#seen.get(key);
    if (tables === undefined) {
      if (entries > 64 * length + 1024) return undefined;
      this.#seen.set(key, (tables = []));
    }
    // A dictionary that has grown since: what was compared stays so.
    for (const [group, table] of tables.entries()) {
      if (table !== undefined && table.length < entries) {
        const grown = new Uint8Array(entries);
        grown.set(table);
        tables[group] = grown;
      }
    }
    return tables;
  }

  #newSeen(tables: Uint8Array[], group: number, entries: number): Uint8Array {
    const table = new Uint8Array(entries);
    tables[group] = table;
    return table;
  }
}
