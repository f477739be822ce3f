/** An SQL array: elements in row-major order with PostgreSQL's dimensions and lower bounds. */
import type { Oid } from './type.ts';
import type { Value } from './value.ts';

export class PgArray {
  /** OID of the element type. */
  readonly elementType: Oid;
  /** Length of each dimension; empty for the empty array. */
  readonly dimensions: readonly number[];
  readonly lowerBounds: readonly number[];
  readonly values: readonly Value[];

  constructor(
    elementType: Oid,
    values: readonly Value[],
    dimensions: readonly number[] = values.length === 0 ? [] : [values.length],
    lowerBounds: readonly number[] = dimensions.map(() => 1),
  ) {
    this.elementType = elementType;
    this.values = values;
    this.dimensions = dimensions;
    this.lowerBounds = lowerBounds;
  }
}
