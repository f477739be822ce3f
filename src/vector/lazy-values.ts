/** Vectors of any values that keep something smaller, of which values are made when someone asks. */
import { DecimalVector } from './decimal-vector.ts';
import { QuotientVector } from './quotient-vector.ts';
import { WideVector } from './wide-vector.ts';

export function lazyValues(
  vector: object,
): DecimalVector | QuotientVector | WideVector | undefined {
  return WideVector.from(vector) ?? QuotientVector.from(vector) ?? DecimalVector.from(vector);
}
