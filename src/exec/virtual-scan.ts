/** Rows of catalogs and sequences, which the server computes. */
import type { VirtualScanNode } from '../plan/physical.ts';
import { TABLE_OID_ATTNUM } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import { VectorBuilder } from '../vector/builder.ts';
import { BATCH_ROWS, type Batch } from '../vector/vector.ts';
import { compileExpr } from './expression.ts';
import { filtered } from './filter.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { accessOf, allHold, keptRows, rowsWith, type KeptRows } from './virtual-rows.ts';

type Row = readonly Value[];
type Rows = Iterable<Row> | AsyncIterable<Row>;

export async function* runVirtualScan(node: VirtualScanNode, context: ExecContext): OperatorRun {
  const { once, isSteady } = accessOf(node);
  if (once.length > 0 && !(await allHold(once, context))) return;
  const kept = keptRows(node, context);
  kept.runs++;
  const run = filtered(batches(node, kept, context), node.filter, context);
  if (!isSteady || kept.runs === 1) {
    yield* run;
    return;
  }
  if (kept.batches === undefined) {
    const all: Batch[] = [];
    for await (const batch of run) all.push(batch);
    kept.batches = all;
  }
  yield* kept.batches;
}

async function* batches(
  node: VirtualScanNode,
  kept: KeptRows,
  context: ExecContext,
): AsyncIterable<Batch> {
  const rows = await rowsFor(node, kept, context);
  const builder = new RowsBuilder(node);
  if (Symbol.iterator in rows) {
    // Most are there at once: a promise for each row would cost more than the row.
    for (const row of rows) if (builder.add(row) === BATCH_ROWS) yield builder.finish();
  } else {
    for await (const row of rows) if (builder.add(row) === BATCH_ROWS) yield builder.finish();
  }
  if (builder.length > 0) yield builder.finish();
}

/** All rows, or those that the filter's key leaves. Rows that come one by one are kept from the second run on. */
async function rowsFor(node: VirtualScanNode, kept: KeptRows, context: ExecContext): Promise<Rows> {
  const { key } = accessOf(node);
  const rows = kept.rows ?? context.virtualRows(node.table);
  if (key === undefined) return rows;
  if (!Array.isArray(rows) && kept.runs === 1) return rows;
  const all: readonly Row[] = Array.isArray(rows) ? rows : (kept.rows = await collected(rows));
  return rowsWith(all, key, await compileExpr(key.value).value(context));
}

async function collected(rows: Rows): Promise<Row[]> {
  const all: Row[] = [];
  if (Symbol.iterator in rows) for (const row of rows) all.push(row);
  else for await (const row of rows) all.push(row);
  return all;
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
