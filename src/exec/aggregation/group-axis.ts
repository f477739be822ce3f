/** The values of one key column of a grid, numbered as they come; NULL is one of them. */
import { grown } from '../../base/grown.ts';
import { finishNow } from '../../base/steps.ts';
import { OID, vectorRep, type SqlType } from '../../types/type.ts';
import { originOf } from '../../vector/distinct-dictionary.ts';
import type { TextVector, Vector } from '../../vector/vector.ts';
import { TextIds } from '../packed-keys/text-ids.ts';

/** Numbers, unlike texts, are looked up in a Map: not for many of them. */
const NUMBERS_MAX = 4096;
/** Whole numbers from 0 on that are looked up in an array, at most. */
const SMALL_MAX = 1 << 16;
/** Texts that get a dictionary of their own. */
const LIST_MAX = 16_384;
/** Texts that may be looked at without a pause when others come to them. */
const TEXTS_MOVED = 4096;

export class GroupAxis {
  count = 0;
  readonly #type: SqlType;
  #null = -1;
  /** By number: of columns of numbers and bools the value, of texts the text. */
  readonly #values: number[] = [];
  readonly #list: string[] = [];
  readonly #numberOf = new Map<number, number>();
  /** By small whole number: its number plus 1. */
  #ofSmall = new Int32Array(64);
  readonly #texts: TextIds;
  /** By number of a text among all of the column: its number here plus 1. And the other way round. */
  #ofId = new Int32Array(0);
  readonly #ids: number[] = [];

  constructor(type: SqlType, texts: TextIds | undefined) {
    this.#type = type;
    this.#texts = texts ?? new TextIds();
  }

  get bytes(): number {
    return this.#texts.bytes + this.count * 16 + (this.#ofId.length + this.#ofSmall.length) * 4;
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
    let ofSmall = this.#ofSmall;
    // Buckets of a series follow each other as those of the first series did.
    let number = -1;
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        out[row] = this.#nullNumber();
        continue;
      }
      const value = data[row];
      if (number < 0 || values[number] !== value) {
        const index = value | 0;
        const isSmall = index === value && index >= 0 && index < ofSmall.length;
        if (isSmall && ofSmall[index] > 0) number = ofSmall[index] - 1;
        else {
          number++;
          if (number >= values.length || values[number] !== value) number = this.#add(value);
          if (number < 0) return false;
          ofSmall = this.#ofSmall;
        }
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
      if (value >= 0 && value < SMALL_MAX && value === Math.floor(value)) {
        this.#addSmall(value, number);
      }
    }
    return number;
  }

  #addSmall(value: number, number: number): void {
    let room = this.#ofSmall.length;
    while (room <= value) room *= 2;
    if (room > this.#ofSmall.length) this.#ofSmall = grown(this.#ofSmall, new Int32Array(room));
    this.#ofSmall[value] = number + 1;
  }

  #nullNumber(): number {
    if (this.#null < 0) {
      this.#null = this.count++;
      // No number equals it.
      this.#values[this.#null] = NaN;
      this.#ids[this.#null] = 0;
    }
    return this.#null;
  }

  #numberTexts(column: TextVector, length: number, out: Int32Array): boolean {
    const { dictionary, nulls } = column;
    if (originOf(dictionary) === undefined && dictionary.length > 4 * length + 64) return false;
    const steps = this.#texts.prepare(column);
    if (steps !== undefined) {
      if (this.#texts.size > TEXTS_MOVED) return false;
      finishNow(steps);
    }
    this.#texts.write(column, length, true, out, 0);
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        out[row] = this.#nullNumber();
        continue;
      }
      const id = out[row];
      const number = id < this.#ofId.length ? this.#ofId[id] : 0;
      out[row] = number === 0 ? this.#addText(id) : number - 1;
    }
    return true;
  }

  #addText(id: number): number {
    if (id >= this.#ofId.length) {
      const room = Math.max(2 * this.#ofId.length, id + 1, this.#texts.size);
      this.#ofId = grown(this.#ofId, new Int32Array(room));
    }
    const number = this.count++;
    this.#ofId[id] = number + 1;
    this.#ids[number] = id;
    return number;
  }

  /** The same for a table whose texts have the same numbers. */
  valuesForTable(numbers: Int32Array): Vector {
    return vectorRep(this.#type.oid) === 'text' ? this.#manyTexts(numbers) : this.values(numbers);
  }

  #manyTexts(numbers: Int32Array): Vector {
    const type = this.#type;
    const ids = numbers.map((number) => (number === this.#null ? 0 : this.#ids[number]));
    const { dictionary, codes } = this.#texts.texts(ids);
    const { length } = numbers;
    return { rep: 'text', type, length, codes, dictionary, nulls: this.#nullsOf(numbers) };
  }

  /** A dictionary of the axis's texts alone, which are few. */
  #fewTexts(numbers: Int32Array): Vector {
    const type = this.#type;
    const list = this.#list;
    for (let number = list.length; number < this.count; number++) {
      list.push(number === this.#null ? '' : this.#texts.textOf(this.#ids[number]));
    }
    const nulls = this.#nullsOf(numbers);
    const { length } = numbers;
    return { rep: 'text', type, length, codes: numbers, dictionary: list, nulls };
  }

  /** The values with these numbers; vectors of texts share a dictionary until others are added. */
  values(numbers: Int32Array): Vector {
    const type = this.#type;
    const { length } = numbers;
    const nulls = this.#nullsOf(numbers);
    const values = this.#values;
    switch (vectorRep(type.oid)) {
      case 'text':
        return this.count <= LIST_MAX ? this.#fewTexts(numbers) : this.#manyTexts(numbers);
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
