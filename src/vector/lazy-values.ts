/** Vectors of any values that keep something smaller, of which values are made when someone asks. */
import { QuotientVector } from './quotient-vector.ts';
import { WideVector } from './wide-vector.ts';

export function lazyValues(vector: object): QuotientVector | WideVector | undefined {
  return WideVector.from(vector) ?? QuotientVector.from(vector);
}
