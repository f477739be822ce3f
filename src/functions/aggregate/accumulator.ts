/** Building blocks of accumulators: growing typed arrays, and one accumulator over plain states. */
import { isLarge } from '../../types/large-value.ts';
import { PgArray } from '../../types/pg-array.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { keepParts } from '../../vector/long-texts.ts';
import { type NullMask, valueAt, type Vector, vectorFromValues } from '../../vector/vector.ts';
import type { Accumulator } from '../function.ts';

/** Groups of an accumulator with `finishRange`: its arrays still grow in some milliseconds. */
export const MANY_GROUPS = 1 << 20;

/** The array itself, or a copy at least twice as long whose new part holds `fill`. */
export function growF64(
  array: Float64Array<ArrayBuffer>,
  count: number,
  fill = 0,
): Float64Array<ArrayBuffer> {
  if (count <= array.length) return array;
  const grown = new Float64Array(Math.max(count, array.length * 2, 16));
  if (fill !== 0 || Object.is(fill, -0)) grown.fill(fill, array.length);
  grown.set(array);
  return grown;
}

export function growBytes(array: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
  if (count <= array.length) return array;
  const grown = new Uint8Array(Math.max(count, array.length * 2, 16));
  grown.set(array);
  return grown;
}

/** NULLs for groups without a value. */
export function emptyGroups(counts: Float64Array): NullMask {
  if (!counts.includes(0)) return undefined;
  const nulls = new Uint8Array(counts.length);
  for (let group = 0; group < counts.length; group++) if (counts[group] === 0) nulls[group] = 1;
  return nulls;
}

/** How one group's state is made, fed and read. */
export interface StateRules<S> {
  readonly type: SqlType;
  create(): S;
  /** Gets one row's argument values. The array is reused: keep the values, not the array. */
  add(state: S, args: readonly Value[]): S;
  finish(state: S): Value;
  /** The same in steps of at most some milliseconds, where a state may be large. */
  finishSteps?(state: S): Generator<void, Value, void>;
  /** The parts of a text that `finish` joined, where it may be long. */
  parts?(state: S): readonly string[];
  /** Skip rows in which the first argument is NULL (as strict transition functions do). */
  readonly skipNulls: boolean;
  /** Skip rows in which any argument is NULL. */
  readonly skipAnyNull?: boolean;
}

/** Characters finished in one step, or what takes as long. */
const STEP_WEIGHT = 65_536;
/** Of a value that is no text nor an array. */
const VALUE_WEIGHT = 64;
const ITEM_WEIGHT = 8;

function weightOf(value: Value): number {
  if (typeof value === 'string') return VALUE_WEIGHT + value.length;
  return value instanceof PgArray ? value.items.length * ITEM_WEIGHT : VALUE_WEIGHT;
}

/** The results of an accumulator in steps, where it has any. */
export function* finishSteps(
  accumulator: Accumulator,
  count: number,
): Generator<void, Vector, void> {
  if (accumulator instanceof StateAccumulator) return yield* accumulator.finishSteps(count);
  return accumulator.finish(count);
}

/** An accumulator that keeps one JavaScript value a group: for aggregates off the hot path. */
export class StateAccumulator<S> implements Accumulator {
  readonly #rules: StateRules<S>;
  readonly #states: S[] = [];

  constructor(rules: StateRules<S>) {
    this.#rules = rules;
  }

  ensureGroups(count: number): void {
    while (this.#states.length < count) this.#states.push(this.#rules.create());
  }

  add(groups: Int32Array, args: readonly Vector[], start: number, end: number): void {
    const row: Value[] = [];
    for (let i = start; i < end; i++) {
      if (this.#read(args, i, row)) {
        const group = groups[i] as number;
        this.#states[group] = this.#rules.add(this.#states[group] as S, row);
      }
    }
  }

  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    const row: Value[] = [];
    let state = this.#states[group] as S;
    for (let i = start; i < end; i++) {
      if (this.#read(args, i, row)) state = this.#rules.add(state, row);
    }
    this.#states[group] = state;
  }

  finish(count: number): Vector {
    const values: Value[] = [];
    for (let group = 0; group < count; group++) {
      values.push(this.#rules.finish(this.#states[group] as S));
    }
    return this.#vector(values);
  }

  #vector(values: readonly Value[]): Vector {
    const { type, parts } = this.#rules;
    const vector = vectorFromValues(type, values);
    if (parts === undefined) return vector;
    for (const [group, value] of values.entries()) {
      if (isLarge(value)) keepParts(vector, group, parts(this.#states[group] as S));
    }
    return vector;
  }

  /** The same in steps of at most some milliseconds. */
  *finishSteps(count: number): Generator<void, Vector, void> {
    const { finish, finishSteps } = this.#rules;
    const values: Value[] = [];
    let weight = 0;
    for (let group = 0; group < count; group++) {
      const state = this.#states[group] as S;
      const value = finishSteps === undefined ? finish(state) : yield* finishSteps(state);
      values.push(value);
      weight += weightOf(value);
      if (weight < STEP_WEIGHT) continue;
      weight = 0;
      yield;
    }
    return this.#vector(values);
  }

  /** Fills `row`; false where the row is to be skipped. */
  #read(args: readonly Vector[], i: number, row: Value[]): boolean {
    for (let k = 0; k < args.length; k++) {
      const value = valueAt(args[k] as Vector, i);
      if (
        value === null &&
        (this.#rules.skipAnyNull === true || (k === 0 && this.#rules.skipNulls))
      ) {
        return false;
      }
      row[k] = value;
    }
    return true;
  }
}
