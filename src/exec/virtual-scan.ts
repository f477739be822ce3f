/** Rows of catalogs and sequences, which the server computes. */
import type { VirtualScanNode } from '../plan/physical.ts';
import { TABLE_OID_ATTNUM } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import { VectorBuilder } from '../vector/builder.ts';
import { BATCH_ROWS, type Batch } from '../vector/vector.ts';
import { filtered } from './filter.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

export async function* runVirtualScan(node: VirtualScanNode, context: ExecContext): OperatorRun {
  yield* filtered(batches(node, context), node.filter, context);
}

async function* batches(node: VirtualScanNode, context: ExecContext): AsyncIterable<Batch> {
  const rows = context.virtualRows(node.table);
  const builder = new RowsBuilder(node);
  if (Symbol.iterator in rows) {
    // Most are there at once: a promise for each row would cost more than the row.
    for (const row of rows) if (builder.add(row) === BATCH_ROWS) yield builder.finish();
  } else {
    for await (const row of rows) if (builder.add(row) === BATCH_ROWS) yield builder.finish();
  }
  if (builder.length > 0) yield builder.finish();
}

/** Gathers rows into batches of the columns that are asked for. */
class RowsBuilder {
  readonly #node: VirtualScanNode;
  #builders: VectorBuilder[];
  length = 0;

  constructor(node: VirtualScanNode) {
    this.#node = node;
    this.#builders = node.columns.map((column) => new VectorBuilder(column.type));
  }

  /** Gives back how many rows there are now. */
  add(row: readonly Value[]): number {
    const { attnums, table } = this.#node;
    for (let i = 0; i < this.#builders.length; i++) {
      const attnum = attnums[i];
      this.#builders[i].append(attnum === TABLE_OID_ATTNUM ? table.oid : row[attnum - 1]);
    }
    return ++this.length;
  }

  finish(): Batch {
    const batch = { columns: this.#builders.map((each) => each.finish()), length: this.length };
    this.#builders = this.#node.columns.map((column) => new VectorBuilder(column.type));
    this.length = 0;
    return batch;
  }
}
