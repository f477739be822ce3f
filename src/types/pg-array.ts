/** An SQL array: elements in row-major order with PostgreSQL's dimensions and lower bounds. */
import { Parts } from './parts.ts';
import type { Oid } from './type.ts';
import type { Value } from './value.ts';

export class PgArray {
  /** OID of the element type. */
  readonly elementType: Oid;
  /** Length of each dimension; empty for the empty array. */
  readonly dimensions: readonly number[];
  readonly lowerBounds: readonly number[];
  /** The elements as they were given. Millions of them are better gone through here than in `values`. */
  items: readonly Value[] | Parts<Value>;

  constructor(
    elementType: Oid,
    items: readonly Value[] | Parts<Value>,
    dimensions: readonly number[] = items.length === 0 ? [] : [items.length],
    lowerBounds: readonly number[] = dimensions.map(() => 1),
  ) {
    this.elementType = elementType;
    this.items = items;
    this.dimensions = dimensions;
    this.lowerBounds = lowerBounds;
  }
  get values(): readonly Value[] {
    const { items } = this;
    return items instanceof Parts ? (this.items = items.toArray()) : items;
  }
}
