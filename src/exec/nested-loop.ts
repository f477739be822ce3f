/**
 * Joins on any condition. Without bindings the right side is read once and kept; with bindings (LATERAL,
 * index look-ups) it is run anew for each left row.
 */
import type { NestedLoopNode } from '../plan/physical.ts';
import { concatBatches } from '../vector/concat.ts';
import { gatherBatch } from '../vector/gather.ts';
import { LongBatch } from '../vector/long-column.ts';
import { BATCH_ROWS, valueAt, type Batch } from '../vector/vector.ts';
import { execute } from './build.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import {
  flaggedRows,
  joinRows,
  noRows,
  padRows,
  PairFilter,
  PairList,
  unmatchedRight,
} from './join-pairs.ts';
import { turn, type ExecContext, type OperatorRun } from './operator.ts';
import { columnTypes } from './run.ts';
import { KeptRows } from './spill/kept-rows.ts';

/** Candidate pairs that are tested together. */
const PAIRS_MAX = 4096;

export function runNestedLoop(node: NestedLoopNode, context: ExecContext): OperatorRun {
  return node.bindings.length === 0 ? joinOnce(node, context) : joinPerRow(node, context);
}

async function* joinOnce(node: NestedLoopNode, context: ExecContext): OperatorRun {
  const right = new KeptRows('Materialize', columnTypes(node.right), context);
  try {
    for await (const batch of execute(node.right, context)) {
      await turn(context);
      await right.append(batch);
    }
    yield* joinKept(node, right, context);
  } finally {
    await right.close();
  }
}

async function* joinKept(node: NestedLoopNode, right: KeptRows, context: ExecContext): OperatorRun {
  const { joinType } = node;
  if (right.rows === 0 && ['inner', 'semi', 'right'].includes(joinType)) return;
  const filter = new PairFilter(node.condition);
  const nothing = LongBatch.of(noRows(columnTypes(node.right)));
  const rightMatched = new Uint8Array(right.rows);
  for await (const batch of execute(node.left, context)) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    if (batch.length === 0) continue;
    const matched = new Uint8Array(batch.length);
    const existence = joinType === 'semi' || joinType === 'anti';
    const done = existence ? matched : undefined;
    let offset = 0;
    for await (const chunk of right.chunks()) {
      for await (const pairs of allPairs(batch, chunk, done, filter, context)) {
        for (let i = 0; i < pairs.length; i++) {
          matched[pairs.left[i]] = 1;
          rightMatched[offset + pairs.right[i]] = 1;
        }
        if (existence || pairs.length === 0) continue;
        const leftRows = pairs.left.subarray(0, pairs.length);
        yield joinRows(batch, leftRows, chunk, pairs.right.subarray(0, pairs.length));
      }
      offset += chunk.length;
    }
    const rest = leftRemainder(node, batch, nothing, matched);
    if (rest !== undefined) yield rest;
  }
  if (joinType !== 'right' && joinType !== 'full') return;
  let offset = 0;
  for await (const chunk of right.chunks()) {
    const flags = rightMatched.subarray(offset, offset + chunk.length);
    yield* unmatchedRight(columnTypes(node.left), chunk, flags, context);
    offset += chunk.length;
  }
}

/** What a batch of the left side still gives after its pairs, by the flags of its matched rows. */
function leftRemainder(
  node: NestedLoopNode,
  batch: Batch,
  right: LongBatch,
  matched: Uint8Array,
): Batch | undefined {
  const { joinType } = node;
  if (joinType === 'inner' || joinType === 'right') return undefined;
  const rows = flaggedRows(matched, batch.length, joinType === 'semi' ? 1 : 0);
  if (rows.length === 0) return undefined;
  if (joinType === 'semi' || joinType === 'anti') return gatherBatch(batch, rows, true);
  return padRows(batch, right, 'left', rows);
}

/** Every pair that passes the filter, in portions; rows flagged in `done` need no more pairs. */
async function* allPairs(
  left: Batch,
  right: LongBatch,
  done: Uint8Array | undefined,
  filter: PairFilter,
  context: ExecContext,
): AsyncGenerator<PairList, void, void> {
  const pairs = new PairList();
  for (let row = 0; row < left.length; row++) {
    for (let other = 0; other < right.length; other++) {
      if (done !== undefined && done[row] === 1) break;
      pairs.push(row, other);
      if (pairs.length < PAIRS_MAX) continue;
      await filter.apply(left, right, pairs, context);
      yield pairs;
      pairs.clear();
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
    }
  }
  await filter.apply(left, right, pairs, context);
  yield pairs;
}

async function* joinPerRow(node: NestedLoopNode, context: ExecContext): OperatorRun {
  const { joinType, bindings } = node;
  const params = compileExprs(bindings.map((binding) => binding.value));
  const filter = new PairFilter(node.condition);
  const types = columnTypes(node.left).concat(columnTypes(node.right));
  const nothing = LongBatch.of(noRows(columnTypes(node.right)));
  const existence = joinType === 'semi' || joinType === 'anti';
  for await (const batch of execute(node.left, context)) {
    if (batch.length === 0) continue;
    const values = await evaluateAll(params, batch, context);
    const matched = new Uint8Array(batch.length);
    let ready: Batch[] = [];
    let readyRows = 0;
    for (let row = 0; row < batch.length; row++) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      bindings.forEach(({ param }, i) => {
        context.execParams[param] = valueAt(values[i], row);
      });
      for await (const batchOfRow of execute(node.right, context)) {
        if (batchOfRow.length === 0) continue;
        const right = LongBatch.of(batchOfRow);
        const pairs = pairsOfRow(row, right.length);
        await filter.apply(batch, right, pairs, context);
        if (pairs.length === 0) continue;
        matched[row] = 1;
        if (existence) break;
        const rightRows = pairs.right.subarray(0, pairs.length);
        ready.push(joinRows(batch, pairs.left.subarray(0, pairs.length), right, rightRows));
        readyRows += pairs.length;
        if (readyRows < BATCH_ROWS) continue;
        yield concatBatches(types, ready);
        ready = [];
        readyRows = 0;
        // Whoever took the rows may have run this plan again for another outer row.
        bindings.forEach(({ param }, i) => {
          context.execParams[param] = valueAt(values[i], row);
        });
      }
      if (joinType === 'left' && matched[row] === 0) {
        ready.push(padRows(batch, nothing, 'left', Int32Array.of(row)));
        readyRows++;
      }
    }
    if (readyRows > 0) yield concatBatches(types, ready);
    if (existence) {
      const rest = leftRemainder(node, batch, nothing, matched);
      if (rest !== undefined) yield rest;
    }
  }
}

function pairsOfRow(row: number, count: number): PairList {
  const pairs = new PairList();
  for (let other = 0; other < count; other++) pairs.push(row, other);
  return pairs;
}
