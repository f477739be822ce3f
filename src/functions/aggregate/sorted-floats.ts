/** Sorted doubles per group, kept as they come in stretches of typed arrays: percentiles of many rows. */
import type { Value } from '../../types/value.ts';
import { valueAt, vectorFromValues, type Vector } from '../../vector/vector.ts';
import type { Accumulator, CallInfo } from '../function.ts';

/** Integers that no double holds stay what they are. */
type Numbers = Float64Array | readonly (number | bigint)[];

/** Values next to each other; with `ends` each stands for several rows, up to its end. */
interface Part {
  readonly start: number;
  readonly values: Numbers;
  readonly ends: Float64Array | undefined;
}

/** The values of one group, readable by position. */
export class FloatRun {
  readonly #parts: Part[] = [];
  length = 0;

  append(values: Numbers): void {
    if (values.length === 0) return;
    this.#parts.push({ start: this.length, values, ends: undefined });
    this.length += values.length;
  }

  /** Each value so many times. */
  appendCounted(values: Numbers, counts: Float64Array): void {
    if (values.length === 0) return;
    const { length: start } = this;
    const ends = new Float64Array(counts.length);
    for (let i = 0; i < counts.length; i++) ends[i] = this.length += counts[i] as number;
    this.#parts.push({ start, values, ends });
  }

  at(position: number): number | bigint {
    let low = 0;
    let high = this.#parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#parts[middle] as Part).start <= position) low = middle;
      else high = middle - 1;
    }
    const { start, values, ends } = this.#parts[low] as Part;
    const index = ends === undefined ? position - start : firstAbove(ends, position);
    return values[index] as number | bigint;
  }
}

function firstAbove(ends: Float64Array, position: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] as number) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Collects the values that are not NULL, which come sorted, and finishes over them. */
export class SortedFloats implements Accumulator {
  readonly #call: CallInfo;
  readonly #finish: (values: FloatRun) => Value;
  readonly #groups: FloatRun[] = [];

  constructor(call: CallInfo, finish: (values: FloatRun) => Value) {
    this.#call = call;
    this.#finish = finish;
  }

  ensureGroups(count: number): void {
    while (this.#groups.length < count) this.#groups.push(new FloatRun());
  }

  add(groups: Int32Array, args: readonly Vector[], start: number, end: number): void {
    for (let from = start; from < end;) {
      const group = groups[from] as number;
      let to = from + 1;
      while (to < end && groups[to] === group) to++;
      this.addRun(group, args, from, to);
      from = to;
    }
  }

  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    (this.#groups[group] as FloatRun).append(floatsOf(args[0] as Vector, start, end));
  }

  addCounted(
    groups: Int32Array,
    arg: Vector,
    counts: Float64Array,
    start: number,
    end: number,
  ): void {
    for (let from = start; from < end;) {
      const group = groups[from] as number;
      let to = from + 1;
      while (to < end && groups[to] === group) to++;
      const run = this.#groups[group] as FloatRun;
      run.appendCounted(floatsOf(arg, from, to), counts.subarray(from, to));
      from = to;
    }
  }

  finish(count: number): Vector {
    const values = this.#groups
      .slice(0, count)
      .map((group) => (group.length === 0 ? null : this.#finish(group)));
    return vectorFromValues(this.#call.returnType, values);
  }
}

function floatsOf(vector: Vector, start: number, end: number): Numbers {
  if (vector.rep === 'f64' && vector.nulls === undefined) return vector.data.slice(start, end);
  const values = new Float64Array(end - start);
  let length = 0;
  for (let i = start; i < end; i++) {
    const value = valueAt(vector, i);
    if (typeof value === 'bigint') return numbersOf(vector, start, end);
    if (value !== null) values[length++] = value as number;
  }
  return values.subarray(0, length);
}

function numbersOf(vector: Vector, start: number, end: number): (number | bigint)[] {
  const values: (number | bigint)[] = [];
  for (let i = start; i < end; i++) {
    const value = valueAt(vector, i);
    if (value !== null) values.push(value as number | bigint);
  }
  return values;
}
