/** Window functions: sorts by partition and order, then computes each call partition by partition. */
import type { Expr } from '../plan/expr.ts';
import type { WindowCall, WindowNode } from '../plan/physical.ts';
import type { WindowPartition } from '../functions/function.ts';
import { LongColumn } from '../vector/long-column.ts';
import { PartsBuilder } from '../vector/parts-builder.ts';
import { gather, gatherBatch, gatherSteps, slice, sliceBatch } from '../vector/gather.ts';
import { BATCH_ROWS, type Batch, type Vector } from '../vector/vector.ts';
import { execute } from './build.ts';
import { inTurns, stretches, turn, type ExecContext, type OperatorRun } from './operator.ts';
import { PartitionedInput } from './partitioned-input.ts';
import { compilePredicate } from './predicate.ts';
import { evaluateInTurns } from './run.ts';
import { laneComparison, orderLanes, sortByLanes } from './sort-order.ts';
import { windowAggregate } from './window-aggregate.ts';
import { bindFrame, framesOf, Peers, type BoundFrame, type Frames } from './window-frame.ts';

/** Rows looked at between two checkpoints. */
const STEP_ROWS = 32_768;

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
      frame ??= await bindFrame(node.frame, context);
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
  const sorted = await sortedInput(node, input, context);
  const calls: CallInput[] = [];
  for (const call of node.calls) calls.push(await callInput(call, sorted.batch, context));
  for (let i = 0; i + 1 < sorted.partitions.length; i++) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    await computePartition(
      node,
      frame,
      sorted,
      sorted.partitions[i],
      sorted.partitions[i + 1],
      calls,
      context,
    );
  }
  const results = calls.map(({ out }) => out.finish());
  for (let start = 0; start < input.length; start += BATCH_ROWS) {
    await turn(context);
    const rows = sliceBatch(sorted.batch, start, Math.min(start + BATCH_ROWS, input.length));
    const values = results.map((parts) => parts[start / BATCH_ROWS]);
    yield { columns: [...rows.columns, ...values], length: rows.length };
  }
}

interface SortedInput {
  readonly batch: Batch;
  /** First rows of the partitions, and the batch's length at the end. */
  readonly partitions: readonly number[];
  readonly samePeer: (a: number, b: number) => boolean;
  /** The first ORDER BY key in sorted order. */
  readonly key: Vector | undefined;
}

async function sortedInput(
  node: WindowNode,
  input: Batch,
  context: ExecContext,
): Promise<SortedInput> {
  const { length } = input;
  const partitionLanes = await lanesOf(
    node.partitionBy.map((expr) => ({ expr, descending: false, nullsFirst: false })),
    input,
    context,
  );
  const peerLanes = await lanesOf(node.orderBy, input, context);
  const order = await sortByLanes([...partitionLanes, ...peerLanes], length, context);
  const comparePartitions = laneComparison(partitionLanes);
  const comparePeers = laneComparison(peerLanes);
  const partitions: number[] = [];
  await stretches(length, STEP_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) {
      if (i === 0 || comparePartitions(order[i - 1], order[i]) !== 0) partitions.push(i);
    }
  });
  partitions.push(length);
  const columns: Vector[] = [];
  for (const column of input.columns) {
    columns.push(await inTurns(gatherSteps(column, order), context));
  }
  const batch: Batch = { columns, length };
  const keys = node.orderBy.slice(0, 1).map((key) => key.expr);
  const [key] = await evaluateInTurns(keys, batch, context);
  return {
    batch,
    partitions,
    samePeer: (a, b) => comparePeers(order[a], order[b]) === 0,
    key,
  };
}

async function lanesOf(
  keys: readonly {
    readonly expr: Expr;
    readonly descending: boolean;
    readonly nullsFirst: boolean;
  }[],
  input: Batch,
  context: ExecContext,
): Promise<Float64Array[]> {
  const exprs = keys.map((key) => key.expr);
  const vectors = await evaluateInTurns(exprs, input, context);
  const lanes: Float64Array[] = [];
  for (let i = 0; i < keys.length; i++) {
    const { descending, nullsFirst } = keys[i];
    const key = { column: LongColumn.of(vectors[i]), descending, nullsFirst };
    lanes.push(...(await orderLanes(key, context)));
  }
  return lanes;
}

interface CallInput {
  readonly call: WindowCall;
  readonly args: readonly Vector[];
  /** 1 for rows that FILTER lets through; undefined for all. */
  readonly filter: Uint8Array | undefined;
  /** The results, in parts for the batches that come out. */
  readonly out: PartsBuilder;
}

async function callInput(call: WindowCall, batch: Batch, context: ExecContext): Promise<CallInput> {
  const out = new PartsBuilder(call.type, BATCH_ROWS);
  if (call.filter === null) {
    return {
      call,
      args: await evaluateInTurns(call.args, batch, context),
      filter: undefined,
      out,
    };
  }
  const predicate = compilePredicate(call.filter);
  const rows = predicate.isAsync
    ? await predicate.selectAsync(batch, context)
    : predicate.select(batch, context);
  if (rows === undefined) {
    return {
      call,
      args: await evaluateInTurns(call.args, batch, context),
      filter: undefined,
      out,
    };
  }
  // Arguments are evaluated for the rows that pass and spread out again; the rest is never read.
  const filter = new Uint8Array(batch.length);
  const spread = new Int32Array(batch.length);
  rows.forEach((row, i) => {
    filter[row] = 1;
    spread[row] = i;
  });
  const passed = await evaluateInTurns(call.args, gatherBatch(batch, rows), context);
  const args = rows.length === 0 ? passed : passed.map((vector) => gather(vector, spread));
  return { call, args, filter, out };
}

async function computePartition(
  node: WindowNode,
  frame: BoundFrame,
  sorted: SortedInput,
  start: number,
  end: number,
  calls: readonly CallInput[],
  context: ExecContext,
): Promise<void> {
  const length = end - start;
  const peers = await Peers.of(length, (a, b) => sorted.samePeer(start + a, start + b), context);
  const key = sorted.key === undefined ? undefined : slice(sorted.key, start, end);
  const frames = await framesOf(frame, peers, key, node.orderBy, context);
  const { exclude } = node.frame;
  for (const { call, args, filter, out } of calls) {
    const sliced = args.map((arg) => (arg.length === 0 ? arg : slice(arg, start, end)));
    if (call.fn.kind === 'window') {
      const view = partitionView(length, sliced, peers, frames, exclude);
      const valueOf = call.fn.compute(view, call.call, context.eval);
      await stretches(length, STEP_ROWS, context, (first, last) => {
        for (let i = first; i < last; i++) out.append(valueOf(i));
      });
      continue;
    }
    const filterRows = filter === undefined ? undefined : flagged(filter, start, end);
    const partition = { length, args: sliced, filterRows, frames, peers, exclude };
    await windowAggregate(call, partition, out, context);
  }
}

function flagged(flags: Uint8Array, start: number, end: number): Int32Array {
  const rows: number[] = [];
  for (let row = start; row < end; row++) if (flags[row] === 1) rows.push(row - start);
  return Int32Array.from(rows);
}

function partitionView(
  length: number,
  args: readonly Vector[],
  peers: Peers,
  frames: Frames,
  exclude: WindowNode['frame']['exclude'],
): WindowPartition {
  return {
    length,
    args,
    peerStart: (i) => peers.start(i),
    peerEnd: (i) => peers.end(i),
    frameStart: (i) => frames.start[i],
    frameEnd: (i) => frames.end[i],
    excludesRows: exclude !== 'none',
    isExcluded(i, row) {
      if (exclude === 'none') return false;
      if (exclude === 'current-row') return row === i;
      const isPeer = row >= peers.start(i) && row < peers.end(i);
      return isPeer && (exclude === 'group' || row !== i);
    },
  };
}
