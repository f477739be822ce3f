/** ON CONFLICT DO UPDATE: rows that collided change the row that they collided with. */
import { liveColumns } from '../catalog/catalog.ts';
import { dbError } from '../errors/db-error.ts';
import type { InsertNode } from '../plan/physical.ts';
import { concatBatches } from '../vector/concat.ts';
import { gatherBatch } from '../vector/gather.ts';
import type { Batch } from '../vector/vector.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import { KeyTable } from './key-table.ts';
import type { ExecContext } from './operator.ts';
import { compilePredicate } from './predicate.ts';
import { checkRows, ForbiddenRows, liveAttnums } from './row-checks.ts';

/** State of one INSERT ... ON CONFLICT DO UPDATE command. */
export class ConflictUpdate {
  readonly #node: InsertNode;
  readonly #context: ExecContext;
  readonly #arbiters: ArbiterKeys[];
  /** Existing rows that this command has changed. */
  readonly #changed = new Set<number>();

  constructor(node: InsertNode, context: ExecContext) {
    this.#node = node;
    this.#context = context;
    this.#arbiters = arbiterKeys(node, context);
  }

  /** Updates what the batch collided with; `conflicts` as storage reported them. */
  async resolve(batch: Batch, conflicts: Float64Array | null): Promise<Batch> {
    const inserted: number[] = [];
    const collided: number[] = [];
    for (let row = 0; row < batch.length; row++) {
      (conflicts === null || Number.isNaN(conflicts[row]) ? inserted : collided).push(row);
    }
    const insertedRows = gatherBatch(batch, Int32Array.from(inserted), true);
    for (const keys of this.#arbiters) keys.add(insertedRows);
    if (conflicts === null || collided.length === 0) return batch;
    const excluded = gatherBatch(batch, Int32Array.from(collided), true);
    for (const keys of this.#arbiters) if (keys.hasAny(excluded)) throw secondTime();
    const refs = Float64Array.from(collided, (row) => conflicts[row]);
    const { table } = this.#node;
    const { transaction } = this.#context;
    await transaction.lockRows(table, Float64Array.from(new Set(refs)), 'update', 'block');
    const existing = await transaction.fetch(table, refs, liveAttnums(table));
    const both: Batch = {
      columns: [...existing.columns, ...excluded.columns],
      length: excluded.length,
    };
    const chosen = this.#choose(refs, await this.#wanted(both));
    const updated = await this.#update(gatherBatch(both, chosen, true), refs, chosen);
    return inOrder(
      batch,
      updated,
      inserted,
      Array.from(chosen, (i) => collided[i]),
    );
  }

  /** Positions of the collisions that pass the WHERE clause. */
  async #wanted(both: Batch): Promise<Int32Array | undefined> {
    const { where } = this.#node.onConflict!;
    if (where === null) return undefined;
    const predicate = compilePredicate(where);
    return predicate.isAsync
      ? predicate.selectAsync(both, this.#context)
      : predicate.select(both, this.#context);
  }

  /** The collisions to carry out. Throws where one meets a row that this command changed before. */
  #choose(refs: Float64Array, wanted: Int32Array | undefined): Int32Array {
    const chosen: number[] = [];
    let next = 0;
    for (let i = 0; i < refs.length; i++) {
      if (this.#changed.has(refs[i])) throw secondTime();
      if (wanted !== undefined) {
        if (wanted[next] !== i) continue;
        next++;
      }
      this.#changed.add(refs[i]);
      chosen.push(i);
    }
    return Int32Array.from(chosen);
  }

  async #update(rows: Batch, refs: Float64Array, chosen: Int32Array): Promise<Batch> {
    const { table, onConflict, rowChecks } = this.#node;
    const { length } = rows;
    if (length === 0) return { columns: rows.columns.slice(0, onConflict!.set.length), length };
    const columns = await evaluateAll(compileExprs(onConflict!.set), rows, this.#context);
    const changed: Batch = { columns, length };
    await checkRows(table, rowChecks, changed, this.#context);
    const changedRefs = Float64Array.from(chosen, (i) => refs[i]);
    const forbidden = await ForbiddenRows.among(rowChecks, changed, this.#context);
    await this.#context.transaction.update(table, changedRefs, changed);
    forbidden?.refuse(changed, this.#context);
    for (const keys of this.#arbiters) keys.add(changed);
    return changed;
  }
}

/** Inserted and updated rows in the order of the input rows that they stand for. */
function inOrder(
  batch: Batch,
  updated: Batch,
  inserted: readonly number[],
  updatedFor: readonly number[],
): Batch {
  if (updated.length === 0) return gatherBatch(batch, Int32Array.from(inserted), true);
  const all = concatBatches(
    batch.columns.map((column) => column.type),
    [batch, updated],
  );
  const places = [
    ...inserted.map((row) => ({ row, at: row })),
    ...updatedFor.map((row, i) => ({ row, at: batch.length + i })),
  ].toSorted((a, b) => a.row - b.row);
  return gatherBatch(
    all,
    Int32Array.from(places, ({ at }) => at),
  );
}

function secondTime(): Error {
  return dbError('cardinality_violation', {
    message: 'ON CONFLICT DO UPDATE command cannot affect row a second time',
    hint: 'Ensure that no rows proposed for insertion within the same command have duplicate constrained values.',
  });
}

/** Keys of one unique index that rows written by this command have. */
class ArbiterKeys {
  readonly #positions: readonly number[];
  readonly #table: KeyTable;

  constructor(positions: readonly number[]) {
    this.#positions = positions;
    this.#table = new KeyTable(positions.length);
  }

  add(rows: Batch): void {
    if (rows.length > 0)
      this.#table.insert(this.#columns(rows), rows.length, new Int32Array(rows.length));
  }

  hasAny(rows: Batch): boolean {
    const found = new Int32Array(rows.length);
    this.#table.find(this.#columns(rows), rows.length, found);
    const { nullRows } = this.#table;
    return found.some((key, row) => key >= 0 && nullRows?.[row] !== 1);
  }

  #columns(rows: Batch): Batch['columns'] {
    return this.#positions.map((position) => rows.columns[position]);
  }
}

/** The arbiters over plain columns, with the positions of those among the live columns. */
function arbiterKeys(node: InsertNode, context: ExecContext): ArbiterKeys[] {
  const attnums = liveColumns(node.table).map((column) => column.attnum);
  const found: ArbiterKeys[] = [];
  for (const oid of node.onConflict!.arbiters) {
    const index = context.eval.catalog.relation(oid);
    if (index?.kind !== 'index' || index.predicateSql !== undefined) continue;
    if (index.keys.some((key) => key.column === 0)) continue;
    found.push(new ArbiterKeys(index.keys.map((key) => attnums.indexOf(key.column))));
  }
  return found;
}
