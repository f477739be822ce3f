/** Columns with one value in each of a batch's runs, which are spread over the rows when someone asks. */
import { lowerBound, stretchAt } from '../base/lower-bound.ts';
import type { SqlType } from '../types/type.ts';
import type { F64Vector, TextVector } from './vector.ts';
import type { Dictionary } from './dictionary.ts';

type Spreadable = F64Vector | TextVector;

/** The vector whose rows from starts[i] on hold row i of `values`, none of them NULL. */
export function runVector(values: Spreadable, starts: Int32Array, length: number): Spreadable {
  return new RunVector(values, starts, length) as unknown as Spreadable;
}

export class RunVector {
  readonly rep: 'f64' | 'text';
  readonly type: SqlType;
  readonly length: number;
  readonly dictionary: Dictionary | undefined;
  readonly nulls = undefined;
  readonly #values: Spreadable;
  readonly #starts: Int32Array;
  #spread: Float64Array | Int32Array | undefined;

  constructor(values: Spreadable, starts: Int32Array, length: number) {
    this.rep = values.rep;
    this.type = values.type;
    this.length = length;
    this.dictionary = values.rep === 'text' ? values.dictionary : undefined;
    this.#values = values;
    this.#starts = starts;
    // Own properties, as LaneVector's.
    if (values.rep === 'text') Object.defineProperty(this, 'codes', SPREAD);
    else Object.defineProperty(this, 'data', SPREAD);
  }

  static from(vector: object): RunVector | undefined {
    return #values in vector ? vector : undefined;
  }

  spread(): Float64Array | Int32Array {
    return (this.#spread ??= this.#spreadRows());
  }

  #spreadRows(): Float64Array | Int32Array {
    const source = memoryOf(this.#values);
    const starts = this.#starts;
    const target =
      this.rep === 'text' ? new Int32Array(this.length) : new Float64Array(this.length);
    for (let run = 0; run < starts.length; run++) {
      target.fill(
        source[run],
        starts[run],
        run + 1 < starts.length ? starts[run + 1] : this.length,
      );
    }
    return target;
  }

  slice(start: number, end: number): Spreadable {
    const starts = this.#starts;
    const first = stretchAt(starts, start);
    let last = first + 1;
    while (last < starts.length && starts[last] < end) last++;
    const some = starts.slice(first, last);
    for (let i = 0; i < some.length; i++) some[i] = Math.max(0, some[i] - start);
    const values = this.#like(memoryOf(this.#values).slice(first, last));
    return runVector(values, some, end - start);
  }

  /** The rows of an ascending selection, still in runs. */
  pick(selection: Int32Array): Spreadable {
    const count = selection.length;
    const starts = new Int32Array(Math.min(count, this.#starts.length));
    const runs = new Int32Array(starts.length);
    let length = 0;
    for (let row = 0; row < count; length++) {
      const run = stretchAt(this.#starts, selection[row]);
      starts[length] = row;
      runs[length] = run;
      const end = run + 1 < this.#starts.length ? this.#starts[run + 1] : Infinity;
      row = lowerBound(selection, end, row);
    }
    const source = memoryOf(this.#values);
    const values = this.rep === 'text' ? new Int32Array(length) : new Float64Array(length);
    for (let i = 0; i < length; i++) values[i] = source[runs[i]];
    return runVector(this.#like(values), starts.subarray(0, length), count);
  }

  gather(selection: Int32Array, count: number): Spreadable {
    const starts = this.#starts;
    const source = memoryOf(this.#values);
    const target = this.rep === 'text' ? new Int32Array(count) : new Float64Array(count);
    let run = 0;
    let from = 0;
    let to = starts.length > 1 ? starts[1] : this.length;
    for (let i = 0; i < count; i++) {
      const row = selection[i];
      if (row < from || row >= to) {
        run = row === to ? run + 1 : stretchAt(starts, row);
        from = starts[run];
        to = run + 1 < starts.length ? starts[run + 1] : this.length;
      }
      target[i] = source[run];
    }
    return this.#like(target);
  }

  #like(memory: Float64Array | Int32Array): Spreadable {
    const { type, dictionary } = this;
    const { length } = memory;
    if (dictionary !== undefined) {
      const codes = memory as Int32Array;
      return { rep: 'text', type, length, codes, dictionary, nulls: undefined };
    }
    return { rep: 'f64', type, length, data: memory as Float64Array, nulls: undefined };
  }
}

const SPREAD: PropertyDescriptor = {
  get(this: RunVector) {
    return this.spread();
  },
  enumerable: true,
};

function memoryOf(values: Spreadable): Float64Array | Int32Array {
  return values.rep === 'text' ? values.codes : values.data;
}
