/**
 * Groups by keys of few values each, such as hosts and hours: every key column numbers its values, and the
 * numbers of a row together are a place in a grid. No hashing and no comparing. Where values are too many
 * for that, or of a kind that has no place here, the grid answers so and gives its groups away.
 */
import { OID } from '../../types/type.ts';
import { TextTable } from '../../vector/text-table.ts';
import type { TextVector, Vector } from '../../vector/vector.ts';

/** Places of the whole grid, and for each group once the grid is larger than a cache. */
const PLACES_MAX = 1 << 22;
const CACHED_PLACES = 1 << 16;
const PLACES_PER_GROUP = 32;
/** Numbers, unlike texts, are looked up in a Map: not for many of them. */
const NUMBERS_MAX = 4096;
const FIRST_CAPACITY = 4;
/** Key columns for which there are grids. */
export const AXES_MAX = 4;

export class GroupGrid {
  count = 0;
  /** After `insert`: for each new group, in order, the row that brought it. */
  newRows = new Int32Array(0);
  readonly #axes: Axis[];
  /** By place: group + 1; the last axis lies closest. */
  #places = new Int32Array(0);
  #capacities: number[] = [];
  #numbers: Int32Array[] = [];
  /** By group: its place. */
  #placeOf = new Int32Array(64);

  constructor(width: number) {
    this.#axes = Array.from({ length: width }, () => new Axis());
    this.#numbers = this.#axes.map(() => new Int32Array(0));
    this.#capacities = this.#axes.map(() => FIRST_CAPACITY);
    this.#places = new Int32Array(FIRST_CAPACITY ** width);
  }

  get bytes(): number {
    const texts = this.#axes.reduce((sum, axis) => sum + axis.bytes, 0);
    return texts + (this.#places.length + this.#placeOf.length) * 4;
  }

  /** Like KeyTable.insert; false, with no group added, where the rows have no place here. */
  insert(columns: readonly Vector[], length: number, out: Int32Array): boolean {
    for (let k = 0; k < columns.length; k++) {
      if (this.#numbers[k].length < length) this.#numbers[k] = new Int32Array(length);
      if (!this.#axes[k].number(columns[k], length, this.#numbers[k])) return false;
    }
    if (!this.#makeRoom(length)) return false;
    if (this.newRows.length < length) this.newRows = new Int32Array(length);
    this.#placeRows(length, out);
    for (let row = 0, before = this.count; row < length; row++) {
      let group = this.#places[out[row]];
      if (group === 0) {
        this.newRows[this.count - before] = row;
        group = this.#add(out[row]);
      }
      out[row] = group - 1;
    }
    return true;
  }

  /** A key column of groups [first, end), as a vector of the column's kind. */
  keys(like: Vector, axis: number, first: number, end: number): Vector {
    const numbers = new Int32Array(end - first);
    let stride = 1;
    for (let k = this.#axes.length - 1; k > axis; k--) stride *= this.#capacities[k];
    for (let group = first; group < end; group++) {
      const place = Math.floor(this.#placeOf[group] / stride);
      numbers[group - first] = place % this.#capacities[axis];
    }
    return this.#axes[axis].values(like, numbers);
  }

  #add(place: number): number {
    if (this.count === this.#placeOf.length) this.#placeOf = grown(this.#placeOf, this.count * 2);
    this.#placeOf[this.count++] = place;
    this.#places[place] = this.count;
    return this.count;
  }

  /** Writes each row's place. */
  #placeRows(length: number, out: Int32Array): void {
    out.fill(0, 0, length);
    for (let k = 0; k < this.#axes.length; k++) {
      const numbers = this.#numbers[k];
      const capacity = this.#capacities[k];
      for (let row = 0; row < length; row++) out[row] = out[row] * capacity + numbers[row];
    }
  }

  /** Makes the grid as large as the axes ask for, unless so many rows would leave most of it empty. */
  #makeRoom(rows: number): boolean {
    const before = this.#capacities;
    const needed = before.map((capacity, k) => {
      while (capacity < this.#axes[k].count) capacity *= 2;
      return capacity;
    });
    const places = needed.reduce((product, capacity) => product * capacity, 1);
    if (places > PLACES_MAX) return false;
    const most = (this.count + rows) * PLACES_PER_GROUP;
    if (places > Math.max(CACHED_PLACES, most)) return false;
    if (places === this.#places.length) return true;
    this.#capacities = needed;
    this.#places = new Int32Array(places);
    for (let group = 0; group < this.count; group++) {
      let rest = this.#placeOf[group];
      let place = 0;
      for (let k = needed.length - 1, stride = 1; k >= 0; stride *= needed[k--]) {
        place += (rest % before[k]) * stride;
        rest = Math.floor(rest / before[k]);
      }
      this.#placeOf[group] = place;
      this.#places[place] = group + 1;
    }
    return true;
  }
}

/** The values of one key column, numbered as they come; NULL is one of them. */
class Axis {
  count = 0;
  #null = -1;
  #kind: 'numbers' | 'texts' | undefined;
  readonly #values: number[] = [];
  readonly #numberOf = new Map<number, number>();
  readonly #texts = new TextTable();
  /** By text's or number's number here: its number in the order of the axis. */
  #textNumbers: number[] = [];
  readonly #textOf: number[] = [];
  #dictionary: readonly string[] | undefined;
  #ofCode = new Int32Array(0);

  get bytes(): number {
    return this.#texts.bytes + this.count * 16 + this.#ofCode.length * 4;
  }

  /** Numbers rows; false where the axis does not take them. */
  number(column: Vector, length: number, out: Int32Array): boolean {
    if (column.rep === 'any') return false;
    const kind = column.rep === 'text' ? 'texts' : 'numbers';
    if (column.type.oid === OID.bpchar || kind !== (this.#kind ??= kind)) return false;
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
      const value = data[row] + 0;
      if (number < 0 || values[number] !== value) {
        number++;
        if (number >= values.length || values[number] !== value) number = this.#add(value);
        if (number < 0) return false;
      }
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
      this.#textOf[this.count++] = id;
    }
    return this.#textNumbers[id];
  }

  /** A vector of the values with these numbers. */
  values(like: Vector, numbers: Int32Array): Vector {
    const length = numbers.length;
    const { type } = like;
    let nulls: Uint8Array | undefined;
    if (this.#null >= 0) {
      nulls = new Uint8Array(length);
      for (let i = 0; i < length; i++) nulls[i] = numbers[i] === this.#null ? 1 : 0;
    }
    const at = (i: number): number => (nulls !== undefined && nulls[i] === 1 ? -1 : numbers[i]);
    if (this.#kind === 'texts') {
      const dictionary = Array.from({ length }, (_, i) =>
        at(i) < 0 ? '' : this.#texts.textOf(this.#textOf[at(i)]),
      );
      const codes = Int32Array.from(numbers, (_, i) => i);
      return { rep: 'text', type, length, codes, dictionary, nulls };
    }
    const value = (i: number): number => (at(i) < 0 ? 0 : this.#values[at(i)]);
    if (like.rep === 'bool') {
      return {
        rep: 'bool',
        type,
        length,
        data: Uint8Array.from(numbers, (_, i) => value(i)),
        nulls,
      };
    }
    return {
      rep: 'f64',
      type,
      length,
      data: Float64Array.from(numbers, (_, i) => value(i)),
      nulls,
    };
  }
}

function grown(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const result = new Int32Array(length);
  result.set(array);
  return result;
}
