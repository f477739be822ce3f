/** Whether arrays have elements of each other. */
import { comparatorFor } from '../../types/compare.ts';
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
