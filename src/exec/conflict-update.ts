/** ON CONFLICT DO UPDATE: rows that collided change the row that they collided with. */
import { prepareValues } from './prepare-values.ts';
import { dbError } from '../errors/db-error.ts';
import type { Arbiter } from '../plan/logical.ts';
import type { InsertNode } from '../plan/physical.ts';
import { concatBatches } from '../vector/concat.ts';
import { gatherBatch } from '../vector/gather.ts';
import { OID, sqlType } from '../types/type.ts';
import type { Batch, F64Vector } from '../vector/vector.ts';
import { compileExprs, evaluateAll, type CompiledExprs } from './expression.ts';
import { KeyTable } from './key-table.ts';
import type { ExecContext } from './operator.ts';
import { compilePredicate, type CompiledPredicate } from './predicate.ts';
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
    this.#arbiters = (node.onConflict?.arbiters ?? []).map(
      (arbiter) => new ArbiterKeys(arbiter, context),
    );
  }

  /** Updates what the batch collided with; `conflicts` as storage reported them. */
  async resolve(batch: Batch, conflicts: Float64Array | null): Promise<Batch> {
    const inserted: number[] = [];
    const collided: number[] = [];
    for (let row = 0; row < batch.length; row++) {
      (conflicts === null || Number.isNaN(conflicts[row]) ? inserted : collided).push(row);
    }
    const insertedRows = gatherBatch(batch, Int32Array.from(inserted), true);
    for (const keys of this.#arbiters) await keys.add(insertedRows);
    if (conflicts === null || collided.length === 0) return this.#returned(batch);
    const excluded = gatherBatch(batch, Int32Array.from(collided), true);
    for (const keys of this.#arbiters) if (await keys.hasAny(excluded)) throw secondTime();
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
    const places = inOrder(
      batch.length,
      inserted,
      Array.from(chosen, (i) => collided[i]),
    );
    if (updated.length === 0) return this.#returned(gatherBatch(batch, places, true));
    const all = concatBatches(
      batch.columns.map((column) => column.type),
      [batch, updated],
    );
    return this.#returned(
      gatherBatch(all, places, true),
      Float64Array.from(places, (at) => (at < batch.length ? 0 : transaction.id)),
    );
  }

  /** The rows as RETURNING sees them: with xmax, which is 0 where a row is new. */
  #returned(rows: Batch, xmax = new Float64Array(rows.length)): Batch {
    if (this.#node.returning === null) return rows;
    const { length } = rows;
    const vector: F64Vector = {
      rep: 'f64',
      type: sqlType(OID.xid),
      length,
      data: xmax,
      nulls: undefined,
    };
    return { columns: [...rows.columns, vector], length };
  }

  /** Positions of the collisions that pass the WHERE clause. */
  async #wanted(both: Batch): Promise<Int32Array | undefined> {
    const { where } = this.#node.onConflict!;
    if (where === null) return undefined;
    const predicate = compilePredicate(where);
    return predicate.run(both, this.#context);
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
    await prepareValues(changed, this.#context);
    const changedRefs = Float64Array.from(chosen, (i) => refs[i]);
    const forbidden = await ForbiddenRows.among(rowChecks, changed, this.#context);
    await this.#context.transaction.update(table, changedRefs, changed);
    forbidden?.refuse(changed, this.#context);
    for (const keys of this.#arbiters) await keys.add(changed);
    return changed;
  }
}

/** Inserted and updated rows, which follow the batch, in the order of the input rows that they stand for. */
function inOrder(
  length: number,
  inserted: readonly number[],
  updatedFor: readonly number[],
): Int32Array {
  const places = [
    ...inserted.map((row) => ({ row, at: row })),
    ...updatedFor.map((row, i) => ({ row, at: length + i })),
  ].toSorted((a, b) => a.row - b.row);
  return Int32Array.from(places, ({ at }) => at);
}

function secondTime(): Error {
  return dbError('cardinality_violation', {
    message: 'ON CONFLICT DO UPDATE command cannot affect row a second time',
    hint: 'Ensure that no rows proposed for insertion within the same command have duplicate constrained values.',
  });
}

/** Keys of one unique index that rows written by this command have. */
class ArbiterKeys {
  readonly #keys: CompiledExprs;
  readonly #predicate: CompiledPredicate | undefined;
  readonly #context: ExecContext;
  readonly #table: KeyTable;

  constructor({ keys, predicate }: Arbiter, context: ExecContext) {
    this.#keys = compileExprs(keys);
    this.#predicate = predicate === null ? undefined : compilePredicate(predicate);
    this.#context = context;
    this.#table = new KeyTable(keys.length);
  }

  async add(rows: Batch): Promise<void> {
    const indexed = await this.#indexed(rows);
    if (indexed.length === 0) return;
    const keys = await evaluateAll(this.#keys, indexed, this.#context);
    this.#table.insert(keys, indexed.length, new Int32Array(indexed.length));
  }

  async hasAny(rows: Batch): Promise<boolean> {
    const indexed = await this.#indexed(rows);
    if (indexed.length === 0) return false;
    const found = new Int32Array(indexed.length);
    const keys = await evaluateAll(this.#keys, indexed, this.#context);
    this.#table.find(keys, indexed.length, found);
    const { nullRows } = this.#table;
    return found.some((key, row) => key >= 0 && nullRows?.[row] !== 1);
  }

  /** The rows that the index has. */
  async #indexed(rows: Batch): Promise<Batch> {
    const predicate = this.#predicate;
    if (predicate === undefined || rows.length === 0) return rows;
    const chosen = await predicate.run(rows, this.#context);
    return chosen === undefined ? rows : gatherBatch(rows, chosen, true);
  }
}
