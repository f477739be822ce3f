import { equalValues } from '../types/compare.ts';
import type { Oid } from '../types/type.ts';
import type { Value } from '../types/value.ts';

/** Equality as grouping sees it: NULLs are equal to each other. */
export function equalityOf(oid: Oid): (a: Value, b: Value) => boolean {
  return (a, b) => {
    if (a === null || b === null) return a === b;
    return equalValues(oid, a, b);
  };
}
