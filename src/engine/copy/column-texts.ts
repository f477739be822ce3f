/** The strings that loads of a column have read, for all who load it: what one has added, no other has to. */
import { ByteDictionary } from './byte-dictionary.ts';

/** Rows of a dictionary's strings, at the least, for it to have been worth looking them up. */
const ROWS_PER_TEXT = 2;
/** Dictionaries' worth of rows that are not looked up before it is tried again. */
const SCATTERED_FACTOR = 8;

export class ColumnTexts {
  #dictionary = newDictionary();
  /** Rows that were looked up since the dictionary began. */
  #rows = 0;
  /** Rows to come that are not looked up. */
  #scatteredRows = 0;

  /** Texts have come seldom twice lately: a batch does best without looking them up. */
  get isScattered(): boolean {
    this.#replaceLarge();
    return this.#scatteredRows > 0;
  }

  /** The dictionary that a new batch takes, which others may use, too: another one when it has become large. */
  current(): ByteDictionary {
    this.#replaceLarge();
    return this.#dictionary;
  }

  noteRows(rows: number): void {
    if (this.#scatteredRows === 0) this.#rows += rows;
    else this.#scatteredRows = Math.max(0, this.#scatteredRows - rows);
  }

  #replaceLarge(): void {
    if (!this.#dictionary.isLarge) return;
    const { size } = this.#dictionary;
    if (this.#rows < size * ROWS_PER_TEXT) this.#scatteredRows = size * SCATTERED_FACTOR;
    this.#dictionary = newDictionary();
    this.#rows = 0;
  }
}

/** Begins with the empty string, as storage's dictionaries do: then codes are often the same in both. */
function newDictionary(): ByteDictionary {
  const dictionary = new ByteDictionary();
  dictionary.codeOf('');
  return dictionary;
}
