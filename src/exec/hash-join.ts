/**
 * Equi-joins: a hash table over the right side, probed by the left. Where the right side is too large for
 * it, both sides go to disk, partitioned by their keys, and are joined a partition at a time.
 */
import type { HashJoinNode } from '../plan/physical.ts';
import type { LongBatch } from '../vector/long-column.ts';
import type { Batch } from '../vector/vector.ts';
import { BuildSide, tableBytes } from './build-side.ts';
import { execute } from './build.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import { HashProbe } from './hash-probe.ts';
import { assertSameKeys } from './key-table.ts';
import { turn, type ExecContext, type OperatorRun } from './operator.ts';
import { paceOf } from './pace.ts';
import { columnTypes, evaluateLong, inPieces, joinInTurns, MemoryBudget } from './run.ts';
import { HashUsage } from './spill/usage.ts';
import { memoryBytes } from './spill/memory-bytes.ts';
import { PartitionedJoin } from './spill/partitioned-join.ts';

/** Rows looked up in the hash table between two checkpoints. */
const STEP_ROWS = 4096;

export async function* runHashJoin(node: HashJoinNode, context: ExecContext): OperatorRun {
  node.leftKeys.forEach((key, i) => assertSameKeys(key.type.oid, node.rightKeys[i].type.oid));
  const usage = new HashUsage();
  const spilled = new PartitionedJoin(node, usage, context);
  try {
    const rows = await rightRows(node, spilled, usage, context);
    if (rows === undefined) yield* spilled.join(execute(node.left, context));
    else yield* joinInMemory(node, rows, context);
  } finally {
    context.instrumentation?.metrics(node).notes.set('Batches', usage.note('Hash'));
    await spilled.close();
  }
}

/** The right side's rows, or undefined where they went to disk. */
async function rightRows(
  node: HashJoinNode,
  spilled: PartitionedJoin,
  usage: HashUsage,
  context: ExecContext,
): Promise<LongBatch | undefined> {
  const budget = new MemoryBudget('Hash', context, context.hashMemoryBytes);
  // NOT IN asks whether there is any NULL, or any row at all: no partition could tell.
  const canSpill = !(node.nullAware && node.joinType === 'anti');
  let batches: Batch[] = [];
  let isOnDisk = false;
  for await (const batch of execute(node.right, context)) {
    await turn(context);
    if (batch.length === 0) continue;
    if (isOnDisk) {
      await spilled.addRight(batch);
      continue;
    }
    batches.push(batch);
    budget.add(memoryBytes(batch) + tableBytes(batch.length, node.rightKeys.length));
    if (!budget.isOver || !canSpill) continue;
    isOnDisk = true;
    for (const kept of batches) await spilled.addRight(kept);
    batches = [];
  }
  usage.noteMemory(budget.used);
  if (isOnDisk) return undefined;
  usage.batches++;
  return await joinInTurns(columnTypes(node.right), batches, context);
}

async function* joinInMemory(
  node: HashJoinNode,
  rows: LongBatch,
  context: ExecContext,
): OperatorRun {
  const { joinType } = node;
  if (rows.length === 0 && ['inner', 'semi', 'right'].includes(joinType)) return;
  const keys = await evaluateLong(node.rightKeys, rows, context);
  const probe = new HashProbe(node, await BuildSide.create(rows, keys, context), context);
  const leftKeys = compileExprs(node.leftKeys);
  const pace = paceOf(node.leftKeys, STEP_ROWS, context.eval.clock);
  for await (const batch of inPieces(execute(node.left, context), pace, context)) {
    if (batch.length === 0) continue;
    pace.begin();
    const keyColumns = await evaluateAll(leftKeys, batch, context);
    pace.end(batch.length);
    yield* probe.probe(batch, keyColumns);
  }
  yield* probe.rest();
}
