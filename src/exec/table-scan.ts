/** Reads a table; the filter is decided here, the predicates only help storage to skip. */
import type { ExplainNote } from '../plan/explain-node.ts';
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
  const counters = newCounters(context);
  const { attnums, timeOrder } = node;
  const latest = node.latest ?? undefined;
  const request = { attnums, predicates, timeOrder, latest, counters };
  const scan = context.transaction.scan(node.table, request);
  try {
    yield* filtered(scan, node.filter, context);
  } finally {
    // A scan may be ended before its last row.
    if (counters !== undefined) report(node, counters, context);
  }
}

/** undefined where nobody will ask for them. */
export function newCounters({ instrumentation }: ExecContext): ScanCounters | undefined {
  if (instrumentation === undefined) return undefined;
  return {
    chunks: 0,
    chunksPruned: 0,
    segments: 0,
    segmentsPruned: 0,
    rows: 0,
    bytes: 0,
    summarizedRows: 0,
    summaries: 0,
    sketchedRows: 0,
    sketches: 0,
    withBlocks: instrumentation.withBuffers,
    vectors: 0,
    vectorsBySeriesAndTime: 0,
    vectorsByValue: 0,
    blocksHit: 0,
    blocksRead: 0,
    blockBytes: 0,
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
  if (counters.sketches > 0) {
    notes.set('Rows from Sketches', `${counters.sketchedRows} in ${counters.sketches}`);
  }
  if (counters.withBlocks) noteBlocks(notes, counters);
}

function noteBlocks(notes: Map<string, ExplainNote>, counters: ScanCounters): void {
  const { vectors, vectorsBySeriesAndTime, vectorsByValue } = counters;
  const total = vectors + vectorsBySeriesAndTime + vectorsByValue;
  notes.set('Vectors', {
    text: `${vectors} of ${total} (left out by series and time ${vectorsBySeriesAndTime}, by value ${vectorsByValue})`,
    properties: [
      ['Vectors', vectors],
      ['Vectors Left Out by Series and Time', vectorsBySeriesAndTime],
      ['Vectors Left Out by Value', vectorsByValue],
    ],
  });
  const { blocksHit, blocksRead, blockBytes } = counters;
  notes.set('Buffers', {
    text: `shared hit=${blocksHit} read=${blocksRead} (${Math.ceil(blockBytes / 1024)} kB touched)`,
    properties: [
      ['Shared Hit Blocks', blocksHit],
      ['Shared Read Blocks', blocksRead],
      ['Touched Bytes', blockBytes],
    ],
  });
}
