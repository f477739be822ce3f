/**
 * The first key of the worst row that a top-n keeps: rows that come after it by this key alone cannot get in,
 * and neither can those that are equal to it where there is no other key, for they came later.
 */
import type { SortKey } from '../plan/physical.ts';
import { OID } from '../types/type.ts';
import { compareEntry } from '../vector/text-order.ts';
import type { Dictionary } from '../vector/dictionary.ts';
import { gatherBatch } from '../vector/gather.ts';
import {
  valueAt,
  type AnyVector,
  type Batch,
  type F64Vector,
  type TextVector,
} from '../vector/vector.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import type { ExecContext } from './operator.ts';
import { acceptLazy } from './top-n-numerics.ts';

export interface Threshold {
  /** The rows of a batch that may get in. */
  candidates(batch: Batch, context: ExecContext): Promise<Batch>;
}

/** undefined where the key is neither a number nor a text. */
export async function thresholdOf(
  best: Batch,
  keys: readonly SortKey[],
  refused: RefusedTexts,
  context: ExecContext,
): Promise<Threshold | undefined> {
  const [key] = keys;
  const [vector] = await evaluateAll(compileExprs([key.expr]), best, context);
  const worst = valueAt(vector, best.length - 1);
  const isOnly = keys.length === 1;
  if (vector.rep === 'f64' && typeof worst === 'number') {
    return threshold(key, (each) =>
      each.rep === 'f64' ? acceptNumbers(each, worst, key, isOnly) : undefined,
    );
  }
  if (vector.rep === 'any') {
    return threshold(key, (each) =>
      each.rep === 'any' ? acceptLazy(each, worst, key) : undefined,
    );
  }
  // Other types that texts stand for have orders of their own.
  if (key.expr.type.oid !== OID.text || typeof worst !== 'string') return undefined;
  return threshold(key, (each) =>
    each.rep === 'text' ? refused.accept(each, worst, key, isOnly) : undefined,
  );
}

type Key = Pick<SortKey, 'descending' | 'nullsFirst'>;

function threshold(
  { expr }: SortKey,
  accept: (vector: AnyVector | F64Vector | TextVector) => Int32Array | undefined,
): Threshold {
  return {
    async candidates(batch, context) {
      const [vector] = await evaluateAll(compileExprs([expr]), batch, context);
      const rows = vector.rep === 'bool' ? undefined : accept(vector);
      return rows === undefined || rows.length === batch.length ? batch : gatherBatch(batch, rows);
    },
  };
}

function acceptNumbers(
  { data, nulls, length }: F64Vector,
  worst: number,
  { descending, nullsFirst }: Key,
  isOnly: boolean,
): Int32Array {
  const rows = new Int32Array(length);
  let count = 0;
  for (let row = 0; row < length; row++) {
    if (nulls !== undefined && nulls[row] === 1) {
      if (!nullsFirst) continue;
    } else if (descending ? data[row] < worst : data[row] > worst) continue;
    else if (isOnly && data[row] === worst) continue;
    rows[count++] = row;
  }
  return rows.subarray(0, count);
}

/** Dictionary entries that cannot get in: the worst row only ever gets better. */
export class RefusedTexts {
  readonly #tables = new WeakMap<object, Uint8Array>();

  accept(
    { codes, dictionary, nulls, length }: TextVector,
    worst: string,
    { descending, nullsFirst }: Key,
    isOnly: boolean,
  ): Int32Array {
    const refused = this.#tableOf(dictionary);
    const rows = new Int32Array(length);
    let count = 0;
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        if (nullsFirst) rows[count++] = row;
        continue;
      }
      const code = codes[row];
      if (refused[code] === 1) continue;
      const order = compareEntry(dictionary, code, worst);
      if (order === 0 ? isOnly : order > 0 !== descending) refused[code] = 1;
      else rows[count++] = row;
    }
    return rows.subarray(0, count);
  }

  #tableOf(dictionary: Dictionary): Uint8Array {
    const key = dictionary.source;
    const known = this.#tables.get(key);
    if (known !== undefined && known.length >= dictionary.length) return known;
    const table = new Uint8Array(dictionary.length);
    if (known !== undefined) table.set(known);
    this.#tables.set(key, table);
    return table;
  }
}
