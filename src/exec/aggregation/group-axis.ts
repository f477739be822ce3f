/** The values of one key column of a grid, numbered as they come; NULL is one of them. */
import { OID, vectorRep, type SqlType } from '../../types/type.ts';
import { TextTable } from '../../vector/text-table.ts';
import type { TextVector, Vector } from '../../vector/vector.ts';

/** Numbers, unlike texts, are looked up in a Map: not for many of them. */
const NUMBERS_MAX = 4096;

export class GroupAxis {
  count = 0;
  readonly #type: SqlType;
  #null = -1;
  /** By number: of columns of numbers and bools the value, of texts the text. */
  readonly #values: number[] = [];
  readonly #list: string[] = [];
  readonly #numberOf = new Map<number, number>();
  readonly #texts = new TextTable();
  /** By number of a text in the table: its number here. */
  readonly #textNumbers: number[] = [];
  #dictionary: readonly string[] | undefined;
  #ofCode = new Int32Array(0);

  constructor(type: SqlType) {
    this.#type = type;
  }

  get bytes(): number {
    return this.#texts.bytes + this.count * 16 + this.#ofCode.length * 4;
  }

  /** Numbers rows; false where the axis does not take them. */
  number(column: Vector, length: number, out: Int32Array): boolean {
    if (column.rep === 'any' || this.#type.oid === OID.bpchar) return false;
    if (column.rep !== vectorRep(this.#type.oid)) return false;
    return column.rep === 'text'
      ? this.#numberTexts(column, length, out)
      : this.#numberNumbers(column.data, column.nulls, length, out);
  }

  #numberNumbers(
    data: Float64Array | Uint8Array,
    nulls: Uint8Array | undefined,
    length: number,
    out: Int32Array,
  ): boolean {
    const values = this.#values;
    // Buckets of a series follow each other as those of the first series did.
    let number = -1;
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        out[row] = this.#nullNumber();
        continue;
      }
      const value = data[row];
      if (number < 0 || values[number] !== value) {
        number++;
        if (number >= values.length || values[number] !== value) number = this.#add(value);
        if (number < 0) return false;
      }
      // It equals 0, but a group shows the one that came first.
      if (value === 0 && 1 / value < 0) return false;
      out[row] = number;
    }
    return true;
  }

  #add(value: number): number {
    let number = this.#numberOf.get(value);
    if (number === undefined) {
      if (this.#values.length >= NUMBERS_MAX) return -1;
      number = this.count++;
      this.#values[number] = value;
      this.#numberOf.set(value, number);
    }
    return number;
  }

  #nullNumber(): number {
    if (this.#null < 0) {
      this.#null = this.count++;
      // No number equals it.
      this.#values[this.#null] = NaN;
      this.#list[this.#null] = '';
    }
    return this.#null;
  }

  #numberTexts({ codes, dictionary, nulls }: TextVector, length: number, out: Int32Array): boolean {
    if (dictionary !== this.#dictionary) {
      if (dictionary.length > 4 * length + 64) return false;
      this.#dictionary = dictionary;
      this.#ofCode = new Int32Array(dictionary.length);
    }
    const ofCode = this.#ofCode;
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        out[row] = this.#nullNumber();
        continue;
      }
      const code = codes[row];
      if (ofCode[code] === 0) ofCode[code] = this.#addText(dictionary[code]) + 1;
      out[row] = ofCode[code] - 1;
    }
    return true;
  }

  #addText(text: string): number {
    const id = this.#texts.add(text);
    if (id === this.#textNumbers.length) {
      this.#textNumbers.push(this.count);
      this.#list[this.count++] = text;
    }
    return this.#textNumbers[id];
  }

  /** The values with these numbers; vectors of texts share a dictionary until others are added. */
  values(numbers: Int32Array): Vector {
    const type = this.#type;
    const { length } = numbers;
    const nulls = this.#nullsOf(numbers);
    const values = this.#values;
    switch (vectorRep(type.oid)) {
      case 'text':
        return { rep: 'text', type, length, codes: numbers, dictionary: this.#list, nulls };
      case 'bool': {
        const data = Uint8Array.from(numbers, (number) => values[number]);
        return { rep: 'bool', type, length, data, nulls };
      }
      default: {
        const data = new Float64Array(length);
        for (let i = 0; i < length; i++) {
          data[i] = numbers[i] === this.#null ? 0 : values[numbers[i]];
        }
        return { rep: 'f64', type, length, data, nulls };
      }
    }
  }

  #nullsOf(numbers: Int32Array): Uint8Array | undefined {
    if (this.#null < 0) return undefined;
    const nulls = new Uint8Array(numbers.length);
    for (let i = 0; i < numbers.length; i++) nulls[i] = numbers[i] === this.#null ? 1 : 0;
    return nulls.includes(1) ? nulls : undefined;
  }
}
