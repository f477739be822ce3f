/** GROUP BY and plain aggregates. Groups come from runs where the input has them, else by hashing. */
import type { AggregateNode } from '../plan/physical.ts';
import { OID } from '../types/type.ts';
import { constantVector, nullVector, VectorBuilder } from '../vector/builder.ts';
import type { Batch, Vector } from '../vector/vector.ts';
import { callState, type CallState, type RowGroups } from './aggregation/call-state.ts';
import { segmenterFor, type Segmenter } from './aggregation/segments.ts';
import { execute } from './build.ts';
import { compileExprs, evaluateAll, type CompiledExprs } from './expression.ts';
import { narrow } from './expr/narrow.ts';
import { usedColumns } from './expr/walk.ts';
import { KeyTable } from './key-table.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { MemoryBudget, pieces } from './run.ts';

/** What a group takes in the accumulators, per call, as a guess. */
const STATE_BYTES = 48;

export async function* runAggregate(node: AggregateNode, context: ExecContext): OperatorRun {
  const budget = new MemoryBudget('HashAggregate', context);
  const sets = node.groupingSets ?? [node.groups.map((_, i) => i)];
  const groupings = sets.map((set) => new Grouping(node, set, context, budget));
  for await (const batch of execute(node.input, context)) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    if (batch.length === 0) continue;
    for (const grouping of groupings) await grouping.add(batch, context);
  }
  for (const grouping of groupings) {
    const result = await grouping.finish(context);
    for (const piece of pieces(result)) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      yield piece;
    }
  }
}

/** The groups of one grouping set (of all expressions without GROUPING SETS) and their states. */
/** Rows hashed between two checkpoints. */
const STEP_ROWS = 16_384;

class Grouping {
  readonly #node: AggregateNode;
  readonly #set: readonly number[];
  readonly #keys: CompiledExprs;
  readonly #keyColumns: readonly number[];
  readonly #segmenter: Segmenter | undefined;
  readonly #table: KeyTable;
  readonly #keyBuilders: VectorBuilder[];
  readonly #calls: CallState[];
  readonly #budget: MemoryBudget;
  #groups = new Int32Array(0);

  constructor(
    node: AggregateNode,
    set: readonly number[],
    context: ExecContext,
    budget: MemoryBudget,
  ) {
    const exprs = set.map((i) => node.groups[i]);
    this.#node = node;
    this.#set = set;
    this.#keys = compileExprs(exprs);
    this.#keyColumns = usedColumns(exprs);
    this.#segmenter = segmenterFor(exprs);
    this.#table = new KeyTable(exprs.length);
    this.#keyBuilders = exprs.map((expr) => new VectorBuilder(expr.type));
    this.#calls = node.aggregates.map((call) => callState(call, context, budget));
    this.#budget = budget;
  }

  async add(batch: Batch, context: ExecContext): Promise<void> {
    const starts = this.#segmenter?.segments(batch, context);
    if (starts !== undefined || this.#set.length === 0 || batch.length <= STEP_ROWS) {
      await this.#addRows(batch, starts, context);
      return;
    }
    for (const piece of pieces(batch, STEP_ROWS)) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      await this.#addRows(piece, undefined, context);
    }
  }

  async #addRows(batch: Batch, starts: RowGroups['starts'], context: ExecContext): Promise<void> {
    const rows = starts === undefined ? batch : narrow(batch, starts, this.#keyColumns);
    const groups = await this.#groupsOf(rows, context);
    const rowGroups: RowGroups = { starts, groups, count: this.#count };
    for (const call of this.#calls) {
      const pending = call.add(batch, rowGroups, context);
      if (pending !== undefined) await pending;
    }
  }

  get #count(): number {
    return this.#set.length === 0 ? 1 : this.#table.count;
  }

  /** The group of each row, new ones made as needed. */
  async #groupsOf(rows: Batch, context: ExecContext): Promise<Int32Array> {
    if (this.#groups.length < rows.length) this.#groups = new Int32Array(rows.length);
    const groups = this.#groups;
    if (this.#set.length === 0) return groups.fill(0, 0, rows.length);
    const keys = await evaluateAll(this.#keys, rows, context);
    const table = this.#table;
    const { count, bytes } = table;
    table.insert(keys, rows.length, groups);
    const added = table.count - count;
    if (added > 0) {
      for (let k = 0; k < keys.length; k++) {
        for (let i = 0; i < added; i++) this.#keyBuilders[k].appendFrom(keys[k], table.newRows[i]);
      }
      this.#budget.add(table.bytes - bytes + added * STATE_BYTES * (1 + this.#calls.length));
    }
    return groups;
  }

  async finish(context: ExecContext): Promise<Batch> {
    const { groups, aggregates, groupingSets } = this.#node;
    const length = this.#count;
    const keys = this.#keyBuilders.map((builder) => builder.finish());
    const columns: Vector[] = groups.map((expr, i) => {
      const position = this.#set.indexOf(i);
      return position < 0 ? nullVector(expr.type, length) : keys[position];
    });
    for (let i = 0; i < aggregates.length; i++) {
      columns.push(await this.#calls[i].finish(length, context));
    }
    if (groupingSets !== null) {
      let bits = 0;
      for (let i = 0; i < groups.length; i++) bits = bits * 2 + (this.#set.includes(i) ? 0 : 1);
      columns.push(constantVector({ oid: OID.int4, typmod: -1 }, bits, length));
    }
    return { columns, length };
  }
}
