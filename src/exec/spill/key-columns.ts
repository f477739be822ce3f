/**
 * The keys of rows on disk: expressions that are more than a column are computed once, before the row is
 * written, and lie beside it. Nothing volatile is computed twice, and reading a row back costs no more.
 */
import type { Expr } from '../../plan/expr.ts';
import type { SqlType } from '../../types/type.ts';
import { LongBatch, type LongColumn } from '../../vector/long-column.ts';
import type { Batch, Vector } from '../../vector/vector.ts';

export class KeyColumns {
  /** Columns of a widened row. */
  readonly types: readonly SqlType[];
  /** The keys as columns of a widened row. */
  readonly columns: readonly Extract<Expr, { kind: 'column' }>[];
  readonly #width: number;
  readonly #added: readonly number[];

  constructor(keys: readonly Expr[], input: readonly SqlType[]) {
    const types = [...input];
    const added: number[] = [];
    this.columns = keys.map((key, i) => {
      if (key.kind === 'column') return key;
      added.push(i);
      return { kind: 'column', type: key.type, index: types.push(key.type) - 1 };
    });
    this.types = types;
    this.#width = input.length;
    this.#added = added;
  }

  /** The rows with their keys, which the caller has evaluated. */
  widen(batch: Batch, keys: readonly Vector[]): Batch {
    if (this.#added.length === 0) return batch;
    return { columns: this.#widened(batch.columns, keys), length: batch.length };
  }

  /** The same for all rows of an operator. */
  widenLong(batch: LongBatch, keys: readonly LongColumn[]): LongBatch {
    if (this.#added.length === 0) return batch;
    return new LongBatch(this.#widened(batch.columns, keys), batch.length);
  }

  #widened<C>(columns: readonly C[], keys: readonly C[]): C[] {
    return [...columns, ...this.#added.map((i) => keys[i])];
  }

  keysOf(batch: Batch): Vector[];
  keysOf(batch: LongBatch): LongColumn[];
  keysOf(batch: Batch | LongBatch): (Vector | LongColumn)[] {
    return this.columns.map(({ index }) => batch.columns[index]);
  }

  /** The rows as they were before. */
  narrow(batch: Batch): Batch {
    if (this.#added.length === 0) return batch;
    return { columns: batch.columns.slice(0, this.#width), length: batch.length };
  }

  narrowLong(batch: LongBatch): LongBatch {
    if (this.#added.length === 0) return batch;
    return new LongBatch(batch.columns.slice(0, this.#width), batch.length);
  }
}
