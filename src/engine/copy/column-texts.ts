/** The strings that loads of a column have read, for all who load it: what one has added, no other has to. */
import { ByteDictionary } from './byte-dictionary.ts';

export class ColumnTexts {
  #dictionary = newDictionary();

  /** The dictionary that a new batch takes, which others may use, too: another one when it has become large. */
  current(): ByteDictionary {
    if (this.#dictionary.isLarge) this.#dictionary = newDictionary();
    return this.#dictionary;
  }
}

/** Begins with the empty string, as storage's dictionaries do: then codes are often the same in both. */
function newDictionary(): ByteDictionary {
  const dictionary = new ByteDictionary();
  dictionary.codeOf('');
  return dictionary;
}
