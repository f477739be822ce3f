/** Looking up the rows of a hash join's left side. */
import type { HashJoinNode } from '../plan/physical.ts';
import { gatherBatch } from '../vector/gather.ts';
import type { Batch, Vector } from '../vector/vector.ts';
import type { BuildSide } from './build-side.ts';
import {
  flaggedRows,
  joinRows,
  padRows,
  PairFilter,
  PairList,
  unmatchedRight,
} from './join-pairs.ts';
import { NullAwareCheck } from './null-aware-check.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { columnTypes } from './run.ts';

/** Candidate pairs that are filtered and put out together. */
const PAIRS_MAX = 8192;

export class HashProbe {
  readonly #node: HashJoinNode;
  readonly #build: BuildSide;
  readonly #context: ExecContext;
  readonly #filter: PairFilter;
  /** RIGHT and FULL: flags of the right rows that have a partner. */
  readonly #rightMatched: Uint8Array | undefined;
  readonly #nullAware: NullAwareCheck | undefined;

  constructor(node: HashJoinNode, build: BuildSide, context: ExecContext) {
    const { joinType } = node;
    this.#node = node;
    this.#build = build;
    this.#context = context;
    this.#filter = new PairFilter(node.filter);
    if (joinType === 'right' || joinType === 'full') {
      this.#rightMatched = new Uint8Array(build.rows.length);
    }
    if (node.nullAware && joinType === 'anti') this.#nullAware = new NullAwareCheck(node, build);
  }

  /** What the rows of a batch with these keys give. */
  async *probe(batch: Batch, keys: readonly Vector[]): OperatorRun {
    const { joinType } = this.#node;
    const found = new Int32Array(batch.length);
    this.#build.find(keys, batch.length, found);
    if (joinType === 'semi' || joinType === 'anti') {
      const matched = await this.#matchedRows(batch, found);
      await this.#nullAware?.mark(batch, keys, matched, this.#filter, this.#context);
      const rows = flaggedRows(matched, batch.length, joinType === 'semi' ? 1 : 0);
      if (rows.length > 0) yield gatherBatch(batch, rows, true);
      return;
    }
    const { rows } = this.#build;
    const keepLeft = joinType === 'left' || joinType === 'full';
    const leftMatched = keepLeft ? new Uint8Array(batch.length) : undefined;
    for await (const pairs of this.#candidates(batch, found)) {
      if (leftMatched !== undefined) mark(leftMatched, pairs.left, pairs.length);
      if (this.#rightMatched !== undefined) mark(this.#rightMatched, pairs.right, pairs.length);
      if (pairs.length === 0) continue;
      const leftRows = pairs.left.subarray(0, pairs.length);
      yield joinRows(batch, leftRows, rows, pairs.right.subarray(0, pairs.length));
    }
    if (leftMatched === undefined) return;
    const alone = flaggedRows(leftMatched, batch.length, 0);
    if (alone.length > 0) yield padRows(batch, rows, 'left', alone);
  }

  /** After all left rows: the right rows that are to be kept. */
  async *rest(): OperatorRun {
    const matched = this.#rightMatched;
    if (matched === undefined) return;
    yield* unmatchedRight(columnTypes(this.#node.left), this.#build.rows, matched, this.#context);
  }

  /** Pairs with equal keys that pass the filter, in portions. The list is reused. */
  async *#candidates(batch: Batch, found: Int32Array): AsyncGenerator<PairList, void, void> {
    const context = this.#context;
    const filter = this.#filter;
    const pairs = new PairList();
    const { starts, rowList, rows } = this.#build;
    for (let row = 0; row < batch.length; row++) {
      const key = found[row];
      if (key < 0) continue;
      for (let i = starts[key]; i < starts[key + 1]; i++) {
        pairs.push(row, rowList[i]);
        if (pairs.length < PAIRS_MAX) continue;
        await filter.apply(batch, rows, pairs, context);
        yield pairs;
        pairs.clear();
        const pause = context.checkpoint();
        if (pause !== undefined) await pause;
      }
    }
    await filter.apply(batch, rows, pairs, context);
    yield pairs;
  }

  /** Flags of the left rows that have a partner. */
  async #matchedRows(batch: Batch, found: Int32Array): Promise<Uint8Array> {
    const matched = new Uint8Array(batch.length);
    if (this.#node.filter === null) {
      // A key whose rows all hold a NULL has an empty list, but then it was not found either.
      for (let row = 0; row < batch.length; row++) matched[row] = found[row] >= 0 ? 1 : 0;
      return matched;
    }
    for await (const pairs of this.#candidates(batch, found)) {
      mark(matched, pairs.left, pairs.length);
    }
    return matched;
  }
}

function mark(flags: Uint8Array, rows: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) flags[rows[i]] = 1;
}
