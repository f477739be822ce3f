/**
 * Numbers that stay lanes until someone asks for doubles: most readers of a scan look at a part of the
 * rows, or compute on the lanes themselves, and doubles are eight times the memory.
 */
import { stretchAt } from '../base/lower-bound.ts';
import type { SqlType } from '../types/type.ts';
import { laneArray, widenRange, widenRows, type Lanes } from './lanes.ts';
import type { F64Vector, NullMask } from './vector.ts';

/** Rows of a vector as stretches of lanes: rows [at[i], at[i + 1]) are those from lane starts[i] on. */
export interface LaneRows {
  readonly lanes: Lanes;
  readonly starts: Int32Array;
  readonly at: Int32Array;
}

export class LaneVector implements F64Vector {
  readonly rep = 'f64';
  readonly type: SqlType;
  readonly length: number;
  declare readonly data: Float64Array;
  readonly nulls: NullMask;
  readonly #rows: LaneRows;
  #data: Float64Array | undefined;

  constructor(type: SqlType, rows: LaneRows, nulls: NullMask) {
    this.type = type;
    this.length = rows.at[rows.starts.length];
    this.nulls = nulls;
    this.#rows = rows;
    // An own property, so that copies made by spreading have it; one function for all keeps V8's shape.
    Object.defineProperty(this, 'data', DATA);
  }

  /** The lanes under a vector, where it has some. */
  static rowsOf(vector: object): LaneRows | undefined {
    return #rows in vector ? vector.#rows : undefined;
  }

  static from(vector: object): LaneVector | undefined {
    return #rows in vector ? vector : undefined;
  }

  /** Whether someone has asked for the doubles. */
  get isWidened(): boolean {
    return this.#data !== undefined;
  }

  widened(): Float64Array {
    if (this.#data === undefined) {
      const { lanes, starts, at } = this.#rows;
      const data = new Float64Array(this.length);
      for (let i = 0; i < starts.length; i++) {
        widenRange(lanes, starts[i], starts[i] + at[i + 1] - at[i], data, at[i]);
      }
      clearNulls(data, this.nulls);
      this.#data = data;
    }
    return this.#data;
  }

  /** Looks numbers up that are not NULL, best in the order of the rows; for use at once. */
  reader(): (row: number) => number {
    const data = this.#data;
    if (data !== undefined) return (row) => data[row];
    const { lanes, starts, at } = this.#rows;
    const { base, factor, divisor, bits, block } = lanes;
    const array = laneArray(lanes);
    const first = block.pointer / (bits >>> 3);
    let s = 0;
    return (row) => {
      while (at[s] > row) s--;
      while (at[s + 1] <= row) s++;
      return (base + array[first + starts[s] + row - at[s]] * factor) / divisor;
    };
  }

  slice(start: number, end: number, nulls: NullMask): F64Vector {
    const { type } = this;
    if (this.#data !== undefined) {
      const data = this.#data.subarray(start, end);
      return { rep: 'f64', type, length: end - start, data, nulls };
    }
    const { lanes, starts, at } = this.#rows;
    const first = stretchAt(at, start, starts.length);
    const last = end > start ? stretchAt(at, end - 1, starts.length) + 1 : first;
    const some = starts.slice(first, last);
    const borders = at.slice(first, last + 1);
    if (last > first) some[0] += start - borders[0];
    for (let i = 0; i <= last - first; i++) {
      borders[i] = Math.min(end, Math.max(start, borders[i])) - start;
    }
    return new LaneVector(type, { lanes, starts: some, at: borders }, nulls);
  }

  /** The rows of an ascending selection that nobody changes any more: not widened before they are read. */
  pick(selection: Int32Array, nulls: NullMask): F64Vector {
    const { starts } = this.#rows;
    if (this.#data !== undefined || starts.length !== 1) {
      return this.gather(selection, selection.length, nulls);
    }
    return new PickedVector(this, selection, nulls);
  }

  gather(selection: Int32Array, count: number, nulls: NullMask): F64Vector {
    const { starts, lanes } = this.#rows;
    const data = new Float64Array(count);
    if (this.#data === undefined && starts.length === 1) {
      widenRows(lanes, selection, count, data, starts[0]);
      clearNulls(data, nulls);
    } else {
      const source = this.widened();
      for (let i = 0; i < count; i++) data[i] = source[selection[i]];
    }
    return { rep: 'f64', type: this.type, length: count, data, nulls };
  }
}

/** Rows of a vector of lanes, gathered when they are read. */
class PickedVector implements F64Vector {
  readonly rep = 'f64';
  readonly type: SqlType;
  readonly length: number;
  declare readonly data: Float64Array;
  readonly nulls: NullMask;
  #source: LaneVector | undefined;
  #selection: Int32Array | undefined;
  #data: Float64Array | undefined;

  constructor(source: LaneVector, selection: Int32Array, nulls: NullMask) {
    this.type = source.type;
    this.length = selection.length;
    this.nulls = nulls;
    this.#source = source;
    this.#selection = selection;
    Object.defineProperty(this, 'data', DATA);
  }

  widened(): Float64Array {
    if (this.#source !== undefined && this.#selection !== undefined) {
      this.#data = this.#source.gather(this.#selection, this.length, this.nulls).data;
      this.#source = this.#selection = undefined;
    }
    return this.#data as Float64Array;
  }
}

const DATA: PropertyDescriptor = {
  get(this: LaneVector | PickedVector) {
    return this.widened();
  },
  enumerable: true,
};

function clearNulls(data: Float64Array, nulls: NullMask): void {
  if (nulls === undefined) return;
  for (let i = 0; i < data.length; i++) if (nulls[i] === 1) data[i] = 0;
}
