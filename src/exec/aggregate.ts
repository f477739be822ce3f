/** GROUP BY and plain aggregates. Groups come from runs where the input has them, else by hashing. */
import type { AggregateCall, AggregateNode } from '../plan/physical.ts';
import { OID } from '../types/type.ts';
import { constantVector, nullVector, VectorBuilder } from '../vector/builder.ts';
import type { Summaries } from '../vector/summary.ts';
import type { Batch, Vector } from '../vector/vector.ts';
import { callState, type CallState, type RowGroups } from './aggregation/call-state.ts';
import { groupRows, summaryInput } from './aggregation/summary-input.ts';
import { summaryPlan, type SummaryPlan } from './aggregation/summary-plan.ts';
import { segmenterFor, type Segmenter } from './aggregation/segments.ts';
import { PAGE_GROUPS } from './aggregation/group-pages.ts';
import { execute } from './build.ts';
import { compileExprs, evaluateAll, type CompiledExprs } from './expression.ts';
import { narrow } from './expr/narrow.ts';
import { usedColumns } from './expr/walk.ts';
import { KeyTable } from './key-table.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { inPieces, MemoryBudget, pieces } from './run.ts';

/** What a group takes in the accumulators, per call, as a guess. */
const STATE_BYTES = 48;

export async function* runAggregate(node: AggregateNode, context: ExecContext): OperatorRun {
  const budget = new MemoryBudget('HashAggregate', context);
  const sets = node.groupingSets ?? [node.groups.map((_, i) => i)];
  const groupings = sets.map((set) => new Grouping(node, set, context, budget));
  const rows = node.aggregates.every(isCheap) ? Infinity : STEP_ROWS;
  const plan = summaryPlan(node, context);
  if (plan === undefined) {
    for await (const batch of inPieces(execute(node.input, context), rows, context)) {
      if (batch.length === 0) continue;
      for (const grouping of groupings) await grouping.add(batch, context);
    }
  } else {
    for await (const part of summaryInput(plan, context)) {
      for (const grouping of groupings) {
        if (part.kind === 'rows') await grouping.add(part.batch, context);
        else await grouping.addSummaries(plan, part.summaries, context);
      }
    }
  }
  for (const grouping of groupings) {
    for await (const result of grouping.finish(context)) {
      for (const piece of pieces(result)) {
        const pause = context.checkpoint();
        if (pause !== undefined) await pause;
        yield piece;
      }
    }
  }
}

/** Calls that take many rows at a time: nothing is computed for a row, and nothing kept. */
function isCheap({ args, filter, distinct, orderBy, fn }: AggregateCall): boolean {
  const isPlain = filter === null && !distinct && orderBy.length === 0;
  return isPlain && fn.orderInsensitive === true && args.every(({ kind }) => kind === 'column');
}

/** Rows hashed between two checkpoints. */
const STEP_ROWS = 4096;

/** The groups of one grouping set (of all expressions without GROUPING SETS) and their states. */
class Grouping {
  readonly #node: AggregateNode;
  readonly #set: readonly number[];
  readonly #keys: CompiledExprs;
  readonly #keyColumns: readonly number[];
  readonly #segmenter: Segmenter | undefined;
  readonly #table: KeyTable;
  /** The keys of the groups, by pages. */
  readonly #keyPages: Vector[][] = [];
  #keyBuilders: VectorBuilder[];
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
    this.#keyBuilders = this.#newBuilders();
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

  async addSummaries(plan: SummaryPlan, all: Summaries, context: ExecContext): Promise<void> {
    const groups = await this.#groupsOf(groupRows(plan, all), context);
    for (let i = 0; i < this.#calls.length; i++) {
      this.#calls[i].addSummaries(groups, plan.columnOfCall[i], all, this.#count);
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
      this.#keepKeys(keys, count);
      this.#budget.add(table.bytes - bytes + added * STATE_BYTES * (1 + this.#calls.length));
    }
    return groups;
  }

  /** Keeps the keys of the groups from `count` on, which the table has just numbered. */
  #keepKeys(keys: readonly Vector[], count: number): void {
    const { newRows, count: total } = this.#table;
    for (let from = count; from < total;) {
      const to = Math.min(total, from - (from % PAGE_GROUPS) + PAGE_GROUPS);
      for (let k = 0; k < keys.length; k++) {
        const builder = this.#keyBuilders[k];
        for (let i = from; i < to; i++) builder.appendFrom(keys[k], newRows[i - count]);
      }
      if (to % PAGE_GROUPS === 0) {
        this.#keyPages.push(this.#keyBuilders.map((builder) => builder.finish()));
        this.#keyBuilders = this.#newBuilders();
      }
      from = to;
    }
  }

  #newBuilders(): VectorBuilder[] {
    return this.#set.map((i) => new VectorBuilder(this.#node.groups[i].type));
  }

  /** The groups, a page at a time. */
  async *finish(context: ExecContext): OperatorRun {
    const total = this.#count;
    this.#keyPages.push(this.#keyBuilders.map((builder) => builder.finish()));
    for (let first = 0, page = 0; first < total; first += PAGE_GROUPS, page++) {
      yield await this.#finishPage(page, first, Math.min(PAGE_GROUPS, total - first), context);
    }
  }

  async #finishPage(
    page: number,
    first: number,
    length: number,
    context: ExecContext,
  ): Promise<Batch> {
    const { groups, groupingSets } = this.#node;
    const keys = this.#keyPages[page];
    const columns: Vector[] = groups.map((expr, i) => {
      const position = this.#set.indexOf(i);
      return position < 0 ? nullVector(expr.type, length) : keys[position];
    });
    for (const call of this.#calls) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      columns.push(await call.finish(first, length, context));
    }
    if (groupingSets !== null) {
      let bits = 0;
      for (let i = 0; i < groups.length; i++) bits = bits * 2 + (this.#set.includes(i) ? 0 : 1);
      columns.push(constantVector({ oid: OID.int4, typmod: -1 }, bits, length));
    }
    delete this.#keyPages[page];
    return { columns, length };
  }
}
