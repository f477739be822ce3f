/**
 * Groups by keys of few values each, such as hosts and hours: every key column numbers its values, and the
 * numbers of a row together are a place in a grid. No hashing and no comparing, and the keys of groups
 * follow from their places. The numbers of a single column are the groups themselves. Where values are too many
 * for that, or of a kind that has no place here, the grid answers so and gives its groups away.
 */
import { grown } from '../../base/grown.ts';
import type { SqlType } from '../../types/type.ts';
import type { Vector } from '../../vector/vector.ts';
import type { TextIds } from '../packed-keys/text-ids.ts';
import { GroupAxis } from './group-axis.ts';

/** Places of the whole grid, and for each group once the grid is larger than a cache. */
const PLACES_MAX = 1 << 22;
const CACHED_PLACES = 1 << 16;
const PLACES_PER_GROUP = 32;
const FIRST_CAPACITY = 4;
/** Key columns for which there are grids. */
export const AXES_MAX = 4;

export class GroupGrid {
  count = 0;
  /** After `insert`: for each new group, in order, the row that brought it. */
  newRows = new Int32Array(0);
  readonly #axes: readonly GroupAxis[];
  /** By axis: how many numbers there is room for, a power of two. */
  #capacities: number[];
  /** The axes from that whose neighbours lie farthest apart on. */
  #order: number[];
  /** By place: group + 1. */
  #places: Int32Array;
  /** By group: its place. */
  #placeOf = new Int32Array(64);
  readonly #numbers: Int32Array[];

  constructor(types: readonly SqlType[], texts: readonly (TextIds | undefined)[]) {
    this.#axes = types.map((type, k) => new GroupAxis(type, texts[k]));
    this.#numbers = types.map(() => new Int32Array(0));
    this.#capacities = types.map(() => FIRST_CAPACITY);
    this.#order = types.map((_, k) => k);
    this.#places = new Int32Array(FIRST_CAPACITY ** types.length);
  }

  get bytes(): number {
    const values = this.#axes.reduce((sum, axis) => sum + axis.bytes, 0);
    return values + (this.#places.length + this.#placeOf.length) * 4;
  }

  /** Like KeyTable.insert; false, with no group added, where the rows have no place here. */
  insert(columns: readonly Vector[], length: number, out: Int32Array): boolean {
    if (columns.length === 1) return this.#insertNumbers(columns[0], length, out);
    for (let k = 0; k < columns.length; k++) {
      if (this.#numbers[k].length < length) this.#numbers[k] = new Int32Array(length);
      if (!this.#axes[k].number(columns[k], length, this.#numbers[k])) return false;
    }
    if (!this.#makeRoom(length)) return false;
    if (this.newRows.length < length) this.newRows = new Int32Array(length);
    this.#placeRows(length, out);
    const places = this.#places;
    for (let row = 0, before = this.count; row < length; row++) {
      let group = places[out[row]];
      if (group === 0) {
        this.newRows[this.count - before] = row;
        group = this.#add(out[row]);
      }
      out[row] = group - 1;
    }
    return true;
  }

  #insertNumbers(column: Vector, length: number, out: Int32Array): boolean {
    const [axis] = this.#axes;
    if (!axis.number(column, length, out) || axis.count > PLACES_MAX) return false;
    const before = this.count;
    this.count = axis.count;
    const added = axis.count - before;
    if (this.newRows.length < added) this.newRows = new Int32Array(length);
    for (let row = 0, found = 0; found < added; row++) {
      if (out[row] === before + found) this.newRows[found++] = row;
    }
    return true;
  }

  /** The keys of groups [first, end); for a table where texts have the same numbers, or to be seen. */
  keys(first: number, end: number, isForTable = false): Vector[] {
    const valuesOf = (axis: GroupAxis, numbers: Int32Array): Vector =>
      isForTable ? axis.valuesForTable(numbers) : axis.values(numbers);
    if (this.#axes.length === 1) {
      const numbers = new Int32Array(end - first);
      for (let i = 0; i < numbers.length; i++) numbers[i] = first + i;
      return [valuesOf(this.#axes[0], numbers)];
    }
    const strides = stridesOf(this.#order, this.#capacities);
    const placeOf = this.#placeOf;
    return this.#axes.map((axis, k) => {
      const numbers = new Int32Array(end - first);
      // Both are powers of two.
      const shift = 31 - Math.clz32(strides[k]);
      const mask = this.#capacities[k] - 1;
      for (let i = 0; i < numbers.length; i++) numbers[i] = (placeOf[first + i] >>> shift) & mask;
      return valuesOf(axis, numbers);
    });
  }

  #add(place: number): number {
    if (this.count === this.#placeOf.length)
      this.#placeOf = grown(this.#placeOf, new Int32Array(this.count * 2));
    this.#placeOf[this.count++] = place;
    this.#places[place] = this.count;
    return this.count;
  }

  /** Writes each row's place. */
  #placeRows(length: number, out: Int32Array): void {
    out.fill(0, 0, length);
    for (const k of this.#order) {
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
    const most = (this.count + rows) * PLACES_PER_GROUP;
    if (places > PLACES_MAX || places > Math.max(CACHED_PLACES, most)) return false;
    if (places === this.#places.length) return true;
    const larger = this.#order.filter((k) => needed[k] > before[k]);
    this.#capacities = needed;
    if (larger.length === 1 && larger[0] === this.#order[0]) {
      // Nothing moves where only the outermost axis grows.
      this.#places = grown(this.#places, new Int32Array(places));
    } else this.#moveGroups(before, larger, places);
    return true;
  }

  /** The axes that grow go outermost, for they are likely to grow on. */
  #moveGroups(before: readonly number[], larger: readonly number[], places: number): void {
    const from = stridesOf(this.#order, before);
    larger = larger.toSorted((a, b) => this.#axes[b].count - this.#axes[a].count);
    this.#order = [...larger, ...this.#order.filter((k) => !larger.includes(k))];
    const to = stridesOf(this.#order, this.#capacities);
    this.#places = new Int32Array(places);
    for (let group = 0; group < this.count; group++) {
      let place = 0;
      for (let k = 0; k < to.length; k++) {
        place += (((this.#placeOf[group] / from[k]) | 0) % before[k]) * to[k];
      }
      this.#placeOf[group] = place;
      this.#places[place] = group + 1;
    }
  }
}

/** By axis: how far apart neighbours on it lie. */
function stridesOf(order: readonly number[], capacities: readonly number[]): number[] {
  const strides = capacities.map(() => 1);
  let stride = 1;
  for (const k of order.toReversed()) {
    strides[k] = stride;
    stride *= capacities[k];
  }
  return strides;
}
