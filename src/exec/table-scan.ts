/** Reads a table; the filter is decided here, the predicates only help storage to skip. */
import type { TableScanNode } from '../plan/physical.ts';
import type { ScanCounters } from '../storage/storage.ts';
import { bindPredicates } from './bind-scan.ts';
import { filtered } from './filter.ts';
import { frozenScan } from './frozen-scan.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

export async function* runTableScan(node: TableScanNode, context: ExecContext): OperatorRun {
  const frozen = frozenScan(node, context);
  if (frozen !== undefined) {
    yield* filtered(frozen, node.filter, context);
    return;
  }
  const predicates = await bindPredicates(node.predicates, context);
  if (predicates === undefined) return;
  const counters = context.instrumentation === undefined ? undefined : newCounters();
  const { attnums, timeOrder } = node;
  const latest = node.latest ?? undefined;
  const request = { attnums, predicates, timeOrder, latest, counters };
  const scan = context.transaction.scan(node.table, request);
  yield* filtered(scan, node.filter, context);
  if (counters !== undefined) report(node, counters, context);
}

export function newCounters(): ScanCounters {
  return {
    chunks: 0,
    chunksPruned: 0,
    segments: 0,
    segmentsPruned: 0,
    rows: 0,
    bytes: 0,
    summarizedRows: 0,
    summaries: 0,
  };
}

export function report(node: TableScanNode, counters: ScanCounters, context: ExecContext): void {
  const notes = context.instrumentation?.metrics(node).notes;
  if (notes === undefined || node.table.hypertable === null) return;
  const { chunks, chunksPruned, segments, segmentsPruned, summarizedRows } = counters;
  notes.set('Chunks', `${chunks} of ${chunks + chunksPruned}`);
  notes.set('Segments', `${segments} of ${segments + segmentsPruned}`);
  notes.set('Rows Scanned', String(counters.rows));
  if (summarizedRows > 0) {
    notes.set('Rows Summarized', `${summarizedRows} in ${counters.summaries}`);
  }
}
