/**
 * Numbers for keys, equal for equal keys. Keys of one column of texts from one dictionary are their
 * codes; all others are looked up. The same text from two dictionaries may have two numbers.
 */
import type { PlainColumn } from './stored-column.ts';
import { storedValueAt } from './stored-column.ts';
import type { TextDictionary } from './text-dictionary.ts';

export class KeyNumbers {
  #dictionary: TextDictionary | undefined;
  readonly #others = new Map<unknown, number>();

  /** Reads the key's number at a row of the columns. */
  reader(columns: readonly PlainColumn[]): (row: number) => number {
    const [only] = columns;
    if (columns.length === 1 && only.rep === 'text') {
      this.#dictionary ??= only.dictionary;
      // Codes take the even numbers, which leaves the odd ones for keys that have none.
      if (only.dictionary === this.#dictionary) {
        const { codes, nulls } = only;
        return (row) =>
          nulls !== undefined && nulls[row] === 1 ? this.#numberOf(null) : codes[row] * 2;
      }
    }
    if (columns.length === 1) return (row) => this.#numberOf(storedValueAt(only, row));
    return (row) =>
      this.#numberOf(JSON.stringify(columns.map((column) => keyPart(storedValueAt(column, row)))));
  }

  #numberOf(key: unknown): number {
    let number = this.#others.get(key);
    if (number === undefined) {
      number = this.#others.size * 2 + 1;
      this.#others.set(key, number);
    }
    return number;
  }
}

/** JSON has no infinities, no NaN and no bigints. */
function keyPart(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'bigint' ? [String(value)] : value;
}
