/** The rows of a window: sorted by partition and order, with the borders of partitions and peers. */
import type { Expr } from '../plan/expr.ts';
import type { WindowNode } from '../plan/physical.ts';
import { gatherSteps } from '../vector/gather.ts';
import { LongColumn } from '../vector/long-column.ts';
import type { Batch, Vector } from '../vector/vector.ts';
import { inTurns, type ExecContext } from './operator.ts';
import { markBorders, RowGroups } from './row-groups.ts';
import { evaluateInTurns } from './run.ts';
import { orderByLanes, orderLanes } from './sort-order.ts';

export interface SortedRows {
  readonly batch: Batch;
  readonly partitions: RowGroups;
  /** Rows of a partition that are equal in all ORDER BY keys. */
  readonly peers: RowGroups;
  /** The first ORDER BY key in sorted order. */
  readonly key: Vector | undefined;
}

export async function sortedRows(
  node: WindowNode,
  input: Batch,
  context: ExecContext,
): Promise<SortedRows> {
  const partitionLanes = await lanesOf(
    node.partitionBy.map((expr) => ({ expr, descending: false, nullsFirst: false })),
    input,
    context,
  );
  const peerLanes = await lanesOf(node.orderBy, input, context);
  const order = await orderByLanes([...partitionLanes, ...peerLanes], input.length, context);
  const borders = new Uint8Array(input.length);
  for (const lane of partitionLanes) await markBorders(borders, lane, order, context);
  const partitions = await RowGroups.of(borders, context);
  for (const lane of peerLanes) await markBorders(borders, lane, order, context);
  const peers = await RowGroups.of(borders, context);
  const batch = order === undefined ? input : await inOrder(input, order, context);
  const keys = node.orderBy.slice(0, 1).map((key) => key.expr);
  const [key] = await evaluateInTurns(keys, batch, context);
  return { batch, partitions, peers, key };
}

async function inOrder(input: Batch, order: Int32Array, context: ExecContext): Promise<Batch> {
  const columns: Vector[] = [];
  for (const column of input.columns) {
    columns.push(await inTurns(gatherSteps(column, order), context));
  }
  return { columns, length: input.length };
}

interface Key {
  readonly expr: Expr;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

async function lanesOf(
  keys: readonly Key[],
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
