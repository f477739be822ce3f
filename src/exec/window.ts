/** Window functions: sorts by partition and order, then computes each call over all partitions at once. */
import type { WindowCall, WindowNode } from '../plan/physical.ts';
import type { RowValues, WindowRows } from '../functions/function.ts';
import { gatherBatch, sliceBatch } from '../vector/gather.ts';
import { BATCH_ROWS, type Batch, type Vector } from '../vector/vector.ts';
import { execute } from './build.ts';
import { turn, type ExecContext, type OperatorRun } from './operator.ts';
import { PartitionedInput } from './partitioned-input.ts';
import { compilePredicate } from './predicate.ts';
import { evaluateInTurns } from './run.ts';
import { windowAggregate } from './window-aggregate.ts';
import { bindFrame, framesOf, type BoundFrame, type Frames } from './window-frame.ts';
import { sortedRows, type SortedRows } from './window-rows.ts';

export async function* runWindow(node: WindowNode, context: ExecContext): OperatorRun {
  const input = new PartitionedInput(node, context);
  try {
    for await (const batch of execute(node.input, context)) {
      await turn(context);
      await input.add(batch);
    }
    let frame: BoundFrame | undefined;
    for await (const rows of input.partitions()) {
      if (rows.length === 0) continue;
      frame ??= await bindFrame(node.frame, node.orderBy, context);
      yield* computeRows(node, frame, rows, context);
    }
  } finally {
    await input.close();
  }
}

/** The rows of whole partitions, sorted, with the results of all calls. */
async function* computeRows(
  node: WindowNode,
  frame: BoundFrame,
  input: Batch,
  context: ExecContext,
): OperatorRun {
  const rows = await sortedRows(node, input, context);
  const frames = await framesOf(frame, rows, node.orderBy, context);
  const results: RowValues[] = [];
  for (const call of node.calls) {
    results.push(await callValues(node, call, rows, frames, context));
    await turn(context);
  }
  for (let start = 0; start < input.length; start += BATCH_ROWS) {
    await turn(context);
    const end = Math.min(start + BATCH_ROWS, input.length);
    const batch = sliceBatch(rows.batch, start, end);
    const values = results.map((valuesOf) => valuesOf(start, end));
    yield { columns: [...batch.columns, ...values], length: batch.length };
  }
}

async function callValues(
  node: WindowNode,
  call: WindowCall,
  rows: SortedRows,
  frames: Frames,
  context: ExecContext,
): Promise<RowValues> {
  const { exclude } = node.frame;
  if (call.fn.kind === 'window') {
    const args = await evaluateInTurns(call.args, rows.batch, context);
    return call.fn.compute(viewOf(rows, args, frames, exclude), call.call, context.eval);
  }
  const input = await aggregateInput(call, rows.batch, context);
  return await windowAggregate(call, { rows, frames, exclude, ...input }, context);
}

interface AggregateInput {
  readonly args: readonly Vector[];
  /** Rows that FILTER lets through, whose values the arguments are; undefined for all. */
  readonly filterRows: Int32Array | undefined;
}

async function aggregateInput(
  call: WindowCall,
  batch: Batch,
  context: ExecContext,
): Promise<AggregateInput> {
  const rows = await filteredRows(call, batch, context);
  const input = rows === undefined ? batch : gatherBatch(batch, rows);
  return { args: await evaluateInTurns(call.args, input, context), filterRows: rows };
}

async function filteredRows(
  { filter }: WindowCall,
  batch: Batch,
  context: ExecContext,
): Promise<Int32Array | undefined> {
  if (filter === null) return undefined;
  const predicate = compilePredicate(filter);
  return predicate.run(batch, context);
}

function viewOf(
  { batch, partitions, peers }: SortedRows,
  args: readonly Vector[],
  frames: Frames,
  exclude: WindowNode['frame']['exclude'],
): WindowRows {
  return {
    length: batch.length,
    args,
    partitions,
    peers,
    frames,
    excludesRows: exclude !== 'none',
    isExcluded(i, row) {
      if (exclude === 'none') return false;
      if (exclude === 'current-row') return row === i;
      const isPeer = peers.groupOf[row] === peers.groupOf[i];
      return isPeer && (exclude === 'group' || row !== i);
    },
  };
}
