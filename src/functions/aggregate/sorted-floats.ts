/** Sorted doubles per group, kept as they come in stretches of typed arrays: percentiles of many rows. */
import type { Value } from '../../types/value.ts';
import { valueAt, vectorFromValues, type Vector } from '../../vector/vector.ts';
import type { Accumulator, CallInfo } from '../function.ts';

/** The values of one group, readable by position. */
export class FloatRun {
  readonly #parts: Float64Array[] = [];
  /** Position of each part's first value. */
  readonly #starts: number[] = [];
  length = 0;

  append(values: Float64Array): void {
    if (values.length === 0) return;
    this.#parts.push(values);
    this.#starts.push(this.length);
    this.length += values.length;
  }

  at(position: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    const start = this.#starts[low] as number;
    return (this.#parts[low] as Float64Array)[position - start] as number;
  }
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

  finish(count: number): Vector {
    const values = this.#groups
      .slice(0, count)
      .map((group) => (group.length === 0 ? null : this.#finish(group)));
    return vectorFromValues(this.#call.returnType, values);
  }
}

function floatsOf(vector: Vector, start: number, end: number): Float64Array {
  if (vector.rep === 'f64' && vector.nulls === undefined) return vector.data.slice(start, end);
  const values = new Float64Array(end - start);
  let length = 0;
  for (let i = start; i < end; i++) {
    const value = valueAt(vector, i);
    if (value !== null) values[length++] = value as number;
  }
  return values.subarray(0, length);
}
