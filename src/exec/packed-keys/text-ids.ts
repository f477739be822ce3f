/**
 * Numbers for the strings of a key column, the same for equal ones. As long as all come from one dictionary
 * without equal strings, their codes will do: no string is looked at.
 */
import { originOf } from '../../vector/distinct-dictionary.ts';
import { TextTable } from '../../vector/text-table.ts';
import type { TextVector } from '../../vector/vector.ts';
import type { Dictionary } from '../../vector/dictionary.ts';
import { NO_TEXTS } from '../../vector/string-dictionary.ts';

/** What texts get that have no number. */
export const ABSENT_ID = -1;
const UNKNOWN = -2;

/** Of dictionaries longer than that many times the rows at hand only the strings in use are looked at. */
const DICTIONARY_SHARE = 4;

export class TextIds {
  /** The dictionary whose codes are numbers. */
  #home: Dictionary | undefined;
  /** All strings with numbers, once the home is not the only dictionary. */
  #table: TextTable | undefined;
  /** The dictionary before, and what its codes are here. */
  #last: Dictionary | undefined;
  #ofCode: Int32Array | undefined;
  /** Strings that had numbers when it was told that others had none. */
  #sizeOfAbsent = 0;

  get bytes(): number {
    return (this.#table?.bytes ?? 0) + (this.#ofCode?.byteLength ?? 0);
  }

  /** Strings that have numbers, used or not. */
  get size(): number {
    return this.#table?.size ?? this.#home?.length ?? 0;
  }

  /** What has to be done before the column's numbers can be told, in steps, which may be left undone. */
  prepare({ dictionary }: TextVector): Generator<void, void, void> | undefined {
    if (this.#table !== undefined || this.#isHome(dictionary)) return undefined;
    const origin = originOf(dictionary);
    if (origin !== undefined && (this.#home === undefined || originOf(this.#home) === origin)) {
      this.#home = dictionary;
      return undefined;
    }
    if (this.#home !== undefined) return this.#leaveHome(this.#home);
    this.#table = new TextTable();
    return undefined;
  }

  /** Nothing has changed before the last step. */
  *#leaveHome(home: Dictionary): Generator<void, void, void> {
    const table = new TextTable();
    yield* table.takeSteps(home);
    this.#table = table;
  }

  /** Writes the numbers of rows that are not NULL; where nothing is added, unknown ones are ABSENT_ID. */
  write(column: TextVector, length: number, adds: boolean, out: Int32Array, at: number): void {
    const { codes, dictionary, nulls } = column;
    if (this.#isHome(dictionary)) {
      out.set(length === codes.length ? codes : codes.subarray(0, length), at);
      return;
    }
    const isNew = dictionary !== this.#last;
    if (isNew) this.#ofCode = undefined;
    this.#last = dictionary;
    if (!isNew || dictionary.length <= DICTIONARY_SHARE * length + 64) {
      this.#ofCode ??= new Int32Array(dictionary.length).fill(UNKNOWN);
    }
    const ofCode = this.#ofCode;
    if (!adds && this.#sizeOfAbsent !== this.size) {
      // What had no number may have got one since.
      if (ofCode !== undefined) forgetAbsent(ofCode);
      this.#sizeOfAbsent = this.size;
    }
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) continue;
      const code = codes[row];
      let id = ofCode === undefined ? UNKNOWN : ofCode[code];
      if (id === UNKNOWN || (adds && id === ABSENT_ID)) {
        id = this.#number(dictionary, code, adds);
        if (ofCode !== undefined) ofCode[code] = id;
      }
      out[at + row] = id;
    }
  }

  textOf(id: number): string {
    return this.#table === undefined ? (this.#home?.at(id) ?? '') : this.#table.textOf(id);
  }

  /** A dictionary and the codes in it of strings with these numbers; those of NULLs mean nothing. */
  texts(ids: Int32Array): { readonly dictionary: Dictionary; readonly codes: Int32Array } {
    const table = this.#table;
    if (table === undefined) return { dictionary: this.#home ?? NO_TEXTS, codes: ids };
    if (table.size === 0) return { dictionary: NO_TEXTS, codes: new Int32Array(ids.length) };
    const { size } = table;
    return { dictionary: table.snapshot(), codes: ids.map((id) => (id < size ? id : 0)) };
  }

  #isHome(dictionary: Dictionary): boolean {
    const home = this.#home;
    if (home === undefined || dictionary === home) return home !== undefined;
    const origin = originOf(dictionary);
    return origin !== undefined && dictionary.length <= home.length && originOf(home) === origin;
  }

  #number(dictionary: Dictionary, code: number, adds: boolean): number {
    const table = this.#table;
    if (table === undefined) return ABSENT_ID;
    return adds ? table.addFrom(dictionary, code) : table.findFrom(dictionary, code);
  }
}

function forgetAbsent(ofCode: Int32Array): void {
  for (let code = 0; code < ofCode.length; code++) {
    if (ofCode[code] === ABSENT_ID) ofCode[code] = UNKNOWN;
  }
}
