/** Rows of catalogs and sequences, which the server computes. */
import type { VirtualScanNode } from '../plan/physical.ts';
import { TABLE_OID_ATTNUM } from '../plan/physical.ts';
import { VectorBuilder } from '../vector/builder.ts';
import { BATCH_ROWS, type Batch } from '../vector/vector.ts';
import { filtered } from './filter.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

export async function* runVirtualScan(node: VirtualScanNode, context: ExecContext): OperatorRun {
  yield* filtered(batches(node, context), node.filter, context);
}

async function* batches(node: VirtualScanNode, context: ExecContext): AsyncIterable<Batch> {
  const { table, attnums } = node;
  const fresh = (): VectorBuilder[] => node.columns.map((column) => new VectorBuilder(column.type));
  let builders = fresh();
  let length = 0;
  for (const row of context.virtualRows(table)) {
    for (let i = 0; i < builders.length; i++) {
      const attnum = attnums[i];
      builders[i].append(attnum === TABLE_OID_ATTNUM ? table.oid : row[attnum - 1]);
    }
    if (++length === BATCH_ROWS) {
      yield { columns: builders.map((builder) => builder.finish()), length };
      builders = fresh();
      length = 0;
    }
  }
  if (length > 0) yield { columns: builders.map((builder) => builder.finish()), length };
}
