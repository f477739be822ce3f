/** Whether arrays have elements of each other. */
import type { Stepped } from '../../base/steps.ts';
import { comparatorFor } from '../../types/compare.ts';
import { hashKey, isHashable, type HashKey } from '../../types/hash.ts';
import type { PgArray } from '../../types/pg-array.ts';
import type { Value } from '../../types/value.ts';

type Element = NonNullable<Value>;

/** Who asks for more elements gets the array sorted, which costs about as much as these did. */
const UNSORTED_MAX = 16;

/** Whether every element of `part` occurs in `whole`; NULLs are never contained. */
export function contains(whole: PgArray, part: PgArray): boolean {
  const has = memberTest(whole);
  return part.values.every((item) => item !== null && has(item));
}

export function overlaps(a: PgArray, b: PgArray): boolean {
  const has = memberTest(b);
  return a.values.some((item) => item !== null && has(item));
}

/** Elements looked at in one step. */
const STEP_ELEMENTS = 4096;

export function* containsSteps(whole: PgArray, part: PgArray): Stepped<boolean> {
  const has = yield* memberTestSteps(whole);
  let seen = 0;
  for (const item of part.values) {
    if (item === null || !has(item)) return false;
    if (++seen % STEP_ELEMENTS === 0) yield;
  }
  return true;
}

export function* overlapsSteps(a: PgArray, b: PgArray): Stepped<boolean> {
  const has = yield* memberTestSteps(b);
  let seen = 0;
  for (const item of a.values) {
    if (item !== null && has(item)) return true;
    if (++seen % STEP_ELEMENTS === 0) yield;
  }
  return false;
}

/** By hashes where the elements have such: a set is made in steps, which sorting is not. */
function* memberTestSteps(array: PgArray): Stepped<(item: Element) => boolean> {
  const { elementType, values } = array;
  if (!isHashable(elementType)) return memberTest(array);
  const keys = new Set<HashKey>();
  let seen = 0;
  for (const value of values) {
    if (value !== null) keys.add(hashKey(elementType, value));
    if (++seen % STEP_ELEMENTS === 0) yield;
  }
  return (item) => keys.has(hashKey(elementType, item));
}

function memberTest(array: PgArray): (item: Element) => boolean {
  const compare = comparatorFor(array.elementType);
  let asked = 0;
  let sorted: Element[] | undefined;
  return (item) => {
    if (asked++ < UNSORTED_MAX) {
      return array.values.some((other) => other !== null && compare(other, item) === 0);
    }
    sorted ??= array.values.filter((value) => value !== null).sort(compare);
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(sorted[middle] as Element, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low < sorted.length && compare(sorted[low] as Element, item) === 0;
  };
}
