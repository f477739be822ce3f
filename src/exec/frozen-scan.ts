/**
 * Scans of tables that a data-modifying CTE of the same statement changes. All parts of a statement see
 * the tables as they were before it, so such tables are read in full before the first change, and their
 * scans are served from that copy.
 */
import type { IndexScanNode, PhysicalNode, TableScanNode } from '../plan/physical.ts';
import { ROW_REF_ATTNUM, TABLE_OID_ATTNUM } from '../plan/physical.ts';
import { comparatorFor } from '../types/compare.ts';
import type { Oid } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import { concatBatches } from '../vector/concat.ts';
import { gatherBatch } from '../vector/gather.ts';
import { valueAt, type Batch } from '../vector/vector.ts';
import type { IndexBounds } from './index-scan.ts';
import type { ExecContext } from './operator.ts';
import { walkPlan } from './plan-walk.ts';
import { collect, pieces } from './run.ts';

const FROZEN_KEY = 'frozen-scans';

type FrozenScans = Map<PhysicalNode, Batch>;

/** Reads ahead every scan under `root` of a table that `root` also changes, unless done already. */
export async function freezeScans(root: PhysicalNode, context: ExecContext): Promise<void> {
  if (context.shared.has(FROZEN_KEY)) return;
  const changed = new Set<Oid>();
  const scans: (TableScanNode | IndexScanNode)[] = [];
  walkPlan(root, (item) => {
    if (item.kind === 'insert' || item.kind === 'update' || item.kind === 'delete') {
      changed.add(item.table.oid);
    } else if (item.kind === 'table-scan' || item.kind === 'index-scan') scans.push(item);
  });
  const frozen: FrozenScans = new Map();
  for (const node of scans) {
    if (changed.has(node.table.oid)) frozen.set(node, await readAll(node, context));
  }
  context.shared.set(FROZEN_KEY, frozen);
}

/** All rows: the node's columns, then for an index scan its key columns. */
async function readAll(node: TableScanNode | IndexScanNode, context: ExecContext): Promise<Batch> {
  const keys = node.kind === 'index-scan' ? node.index.keys.map((key) => key.column) : [];
  const timeOrder = node.kind === 'table-scan' ? node.timeOrder : null;
  const attnums = [...node.attnums, ...keys];
  const request = { attnums, predicates: [], timeOrder };
  const batches = await collect(context.transaction.scan(node.table, request), context, 'WITH');
  const types = attnums.map((attnum) => {
    if (attnum === ROW_REF_ATTNUM || attnum === TABLE_OID_ATTNUM) return { oid: 26, typmod: -1 };
    return node.table.columns.find((column) => column.attnum === attnum)!.type;
  });
  return concatBatches(types, batches);
}

export function frozenScan(
  node: TableScanNode,
  context: ExecContext,
): AsyncIterable<Batch> | undefined {
  const batch = frozenBatch(node, context);
  return batch === undefined ? undefined : stream(batch);
}

/** The rows of a frozen table within the bounds, in the index's order. */
export function frozenIndexScan(
  node: IndexScanNode,
  bounds: IndexBounds,
  context: ExecContext,
): AsyncIterable<Batch> | undefined {
  const batch = frozenBatch(node, context);
  if (batch === undefined) return undefined;
  const width = node.attnums.length;
  const keys = batch.columns.slice(width);
  const compare = keys.map((key) => comparatorFor(key.type.oid));
  const rows: number[] = [];
  for (let row = 0; row < batch.length; row++) {
    const equal = bounds.equals.every((value, i) => {
      const key = valueAt(keys[i], row);
      return key !== null && compare[i](key, value!) === 0;
    });
    if (equal && inRange(bounds, keys[bounds.equals.length], row)) rows.push(row);
  }
  rows.sort((a, b) => {
    for (let i = 0; i < keys.length; i++) {
      const { descending, nullsFirst } = node.index.keys[i];
      const order = compareNullable(
        compare[i],
        valueAt(keys[i], a),
        valueAt(keys[i], b),
        nullsFirst,
        descending,
      );
      if (order !== 0) return node.descending ? -order : order;
    }
    return a - b;
  });
  const found = gatherBatch(batch, Int32Array.from(rows));
  return stream({ columns: found.columns.slice(0, width), length: found.length });
}

function inRange(bounds: IndexBounds, key: Batch['columns'][number], row: number): boolean {
  const { lower, upper } = bounds;
  if (lower === null && upper === null) return true;
  const value = valueAt(key, row);
  if (value === null) return false;
  const compare = comparatorFor(key.type.oid);
  if (lower !== null) {
    const order = compare(value, lower.value!);
    if (order < 0 || (order === 0 && !lower.inclusive)) return false;
  }
  if (upper !== null) {
    const order = compare(value, upper.value!);
    if (order > 0 || (order === 0 && !upper.inclusive)) return false;
  }
  return true;
}

function compareNullable(
  compare: (a: NonNullable<Value>, b: NonNullable<Value>) => number,
  a: Value,
  b: Value,
  nullsFirst: boolean,
  descending: boolean,
): number {
  if (a === null || b === null) {
    if (a === b) return 0;
    return (a === null) === nullsFirst ? -1 : 1;
  }
  return descending ? -compare(a, b) : compare(a, b);
}

/** True where the node's rows were read before the statement's changes. */
export function isFrozen(node: PhysicalNode, context: ExecContext): boolean {
  return frozenBatch(node, context) !== undefined;
}

function frozenBatch(node: PhysicalNode, context: ExecContext): Batch | undefined {
  const frozen = context.shared.get(FROZEN_KEY) as FrozenScans | undefined;
  return frozen?.get(node);
}

async function* stream(batch: Batch): AsyncIterable<Batch> {
  yield* pieces(batch);
}
