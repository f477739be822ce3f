/** A row value: ROW(...), a whole-row reference, or the result of a function with several columns. */
import type { SqlType } from './type.ts';
import type { Value } from './value.ts';

export class PgRecord {
  readonly types: readonly SqlType[];
  /** Field names where they are known (row types), else f1, f2 ... */
  readonly names: readonly string[];
  readonly values: readonly Value[];

  constructor(types: readonly SqlType[], names: readonly string[], values: readonly Value[]) {
    this.types = types;
    this.names = names;
    this.values = values;
  }
}
