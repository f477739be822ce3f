/**
 * NOT IN: a left row is also out where the comparison with some right row is unknown, that is where all
 * their keys are equal or NULL on a side, and one is NULL.
 */
import type { HashJoinNode } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import { isNullAt, valueAt, type Batch, type Vector } from '../vector/vector.ts';
import type { BuildSide } from './build-side.ts';
import { PairList, type PairFilter } from './join-pairs.ts';
import { equalityOf } from './key-equality.ts';
import type { ExecContext } from './operator.ts';

const PAIRS_MAX = 8192;

export class NullAwareCheck {
  readonly #build: BuildSide;
  readonly #filtered: boolean;
  readonly #equal: ((a: Value, b: Value) => boolean)[];
  readonly #rightNulls: readonly number[];

  constructor(node: HashJoinNode, build: BuildSide) {
    this.#build = build;
    this.#filtered = node.filter !== null;
    this.#equal = node.rightKeys.map((key) => equalityOf(key.type.oid));
    const rightNulls: number[] = [];
    for (let row = 0; row < build.rows.length; row++) {
      if (build.nullRows?.[row] === 1) rightNulls.push(row);
    }
    this.#rightNulls = rightNulls;
  }

  /** Sets the flags of left rows for which the answer is unknown. */
  async mark(
    batch: Batch,
    keys: readonly Vector[],
    matched: Uint8Array,
    filter: PairFilter,
    context: ExecContext,
  ): Promise<void> {
    const { rows } = this.#build;
    if (rows.length === 0) return;
    const pairs = new PairList();
    const flush = async (): Promise<void> => {
      await filter.apply(batch, rows, pairs, context);
      for (let i = 0; i < pairs.length; i++) matched[pairs.left[i]] = 1;
      pairs.clear();
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
    };
    for (let row = 0; row < batch.length; row++) {
      if (matched[row] === 1) continue;
      const hasNull = keys.some((key) => isNullAt(key, row));
      const count = hasNull ? rows.length : this.#rightNulls.length;
      for (let i = 0; i < count; i++) {
        const right = hasNull ? i : this.#rightNulls[i];
        if (!this.#mayEqual(keys, row, right)) continue;
        pairs.push(row, right);
        if (!this.#filtered) break;
        if (pairs.length >= PAIRS_MAX) await flush();
      }
    }
    await flush();
  }

  #mayEqual(keys: readonly Vector[], row: number, right: number): boolean {
    return keys.every((key, i) => {
      const a = valueAt(key, row);
      const b = this.#build.keys[i].valueAt(right);
      return a === null || b === null || this.#equal[i](a, b);
    });
  }
}
