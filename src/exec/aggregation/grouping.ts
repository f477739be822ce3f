/** The groups of one grouping set (of all expressions without GROUPING SETS) and their states. */
import { GROUPING_BITS } from '../../plan/logical.ts';
import type { AggregateNode } from '../../plan/physical.ts';
import type { Expr } from '../../plan/expr.ts';
import { OID, type SqlType } from '../../types/type.ts';
import { constantVector, nullVector, VectorBuilder } from '../../vector/builder.ts';
import type { Summaries } from '../../vector/summary.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { compileExprs, evaluateAll, type CompiledExprs } from '../expression.ts';
import { narrow } from '../expr/narrow.ts';
import { usedColumns } from '../expr/walk.ts';
import { inTurns, turn, type ExecContext, type OperatorRun } from '../operator.ts';
import { hashStepRows, pieces, type MemoryBudget } from '../run.ts';
import { KeyColumns } from '../spill/key-columns.ts';
import { pickRows, splitKnown } from '../spill/partitions.ts';
import type { CallState, RowGroups } from './call-input.ts';
import { callState } from './call-state.ts';
import { PAGE_GROUPS } from './group-pages.ts';
import { SpilledGroups } from './spilled-groups.ts';
import { GroupTable } from './group-table.ts';
import { GroupsAside } from './groups-aside.ts';
import { groupRows } from './summary-input.ts';
import { batchSummaries, summaryBatch } from './summary-rows.ts';
import { summaryKey, type SummaryPlan } from './summary-plan.ts';
import { segmenterFor, type Segmenter } from './segments.ts';

/** Groups from which on each call has a turn of its own. */
const TURN_GROUPS = 1 << 17;
/** What the keys of a group take beside the table, as a guess. */
const KEY_BYTES = 48;

/** Where rows come from and how they are grouped. */
export interface GroupingInput {
  /** Positions of the keys in the node's list. */
  readonly set: readonly number[];
  readonly keys: readonly Expr[];
  readonly types: readonly SqlType[];
  /** How often the rows were partitioned before. */
  readonly level: number;
}

export class Grouping {
  /** What belongs to groups that there was no room for. */
  readonly spilled: SpilledGroups;
  readonly budget: MemoryBudget;
  readonly #input: GroupingInput;
  readonly #node: AggregateNode;
  readonly #set: readonly number[];
  readonly #keys: CompiledExprs;
  readonly #keyColumns: readonly number[];
  /** The keys over rows as the plan's input gives them. */
  readonly #planKeys: CompiledExprs;
  readonly #spilledKeys: KeyColumns;
  readonly #segmenter: Segmenter | undefined;
  readonly #table: GroupTable;
  /** The keys of the groups, by pages. */
  readonly #keyPages: Vector[][] = [];
  #keyBuilders: VectorBuilder[];
  /** Groups in those, none as long as the table has the keys. */
  #kept = 0;
  readonly calls: readonly CallState[];
  /** What a group takes in the calls. */
  readonly #stateBytes: number;
  #groups = new Int32Array(0);
  readonly #stepRows: number;
  /** Rows looked for one by one. */
  #rows = 0;
  /** Takes the rows once there are many groups, where it can. */
  readonly #aside: GroupsAside | undefined;

  constructor(
    node: AggregateNode,
    input: GroupingInput,
    budget: MemoryBudget,
    context: ExecContext,
  ) {
    const { set, keys, types } = input;
    this.budget = budget;
    this.#input = input;
    this.#node = node;
    this.#set = set;
    this.#keys = compileExprs(keys);
    this.#keyColumns = usedColumns(keys);
    this.#planKeys = compileExprs(set.map((i) => summaryKey(node.groups[i], node)));
    this.#spilledKeys = new KeyColumns(keys, types);
    this.spilled = new SpilledGroups(input.level, context);
    this.#segmenter = segmenterFor(keys);
    const keyTypes = set.map((i) => node.groups[i].type);
    this.#table = new GroupTable(keyTypes, (taken, count) => this.#takeKeys(taken, count));
    this.#keyBuilders = this.#newBuilders();
    this.#stepRows = hashStepRows(context);
    this.calls = node.aggregates.map((call) => callState(call, set.length > 0, context, budget));
    this.#aside = GroupsAside.of(node, context);
    this.#stateBytes = this.calls.reduce((sum, { groupBytes }) => sum + groupBytes, 0);
  }

  /** What groups the rows in `spilled`: their keys lie beside them. */
  get spilledInput(): GroupingInput {
    const { columns, types } = this.#spilledKeys;
    return { ...this.#input, keys: columns, types, level: this.#input.level + 1 };
  }

  async add(batch: Batch, context: ExecContext): Promise<void> {
    const starts = this.segments(batch, context);
    if (starts !== undefined || this.#set.length === 0) {
      await this.#addRows(batch, starts, context);
      return;
    }
    for (const piece of pieces(batch, this.#stepRows)) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      if (await this.#mustSpill(context)) await this.#addKnown(piece, context);
      else await this.#addOrPutAside(piece, context);
    }
  }

  async #addOrPutAside(piece: Batch, context: ExecContext): Promise<void> {
    const keys = await this.#keysOf(this.#keys, piece, context);
    if (await this.#putAside(keys, piece, context)) return;
    const groups = await this.#groupsOf(keys, piece.length, context);
    this.#rows += piece.length;
    await this.#feed(piece, { starts: undefined, groups, count: this.count }, context);
  }

  /** False where the rows are to be looked for at once. */
  async #putAside(keys: readonly Vector[], piece: Batch, context: ExecContext): Promise<boolean> {
    const aside = this.#aside;
    const { budget } = this;
    const { packed, count } = this.#table;
    const bytesLeft = budget.bytes - budget.used;
    if (packed === undefined || aside?.takes(this.#rows, count, bytesLeft) !== true) return false;
    const before = aside.bytes;
    const isPut = await aside.add(packed, keys, piece);
    budget.add(aside.bytes - before);
    // What is aside may become as much again when it is grouped.
    if (!isPut || budget.used + aside.bytes > budget.bytes) await this.#takeBack(context);
    return isPut;
  }

  /** Puts the groups of what was put aside to the others. */
  async #takeBack(context: ExecContext): Promise<void> {
    const aside = this.#aside;
    if (aside?.isOpen !== true) return;
    this.budget.add(-aside.bytes);
    for await (const { groups } of aside.results(undefined, 0)) {
      const { length } = groups;
      const numbers = (await this.#groupsOf(groups.keys(), length, context)).slice(0, length);
      groups.feed(this.calls, numbers, this.count);
    }
  }

  /** Whether new groups have no room: never while there are some of which it is not known. */
  async #mustSpill(context: ExecContext): Promise<boolean> {
    if (this.#isFull) await this.#takeBack(context);
    return this.#isFull;
  }

  /** The rows at which the batch's segments start, where it has any and new groups have room. */
  segments(batch: Batch, context: ExecContext): Int32Array | undefined {
    return this.#isFull ? undefined : this.#segmenter?.segments(batch, context);
  }

  /** The groups of single rows, for calls that are fed what was gathered of their segments. */
  async groupsAt(batch: Batch, rows: Int32Array, context: ExecContext): Promise<Int32Array> {
    const some = narrow(batch, rows, this.#keyColumns);
    const keys = await this.#keysOf(this.#keys, some, context);
    return (await this.#groupsOf(keys, rows.length, context)).slice(0, rows.length);
  }

  get #isFull(): boolean {
    return (this.budget.isOver || !this.spilled.isEmpty) && this.#set.length > 0;
  }

  async #addRows(batch: Batch, starts: RowGroups['starts'], context: ExecContext): Promise<void> {
    const rows = starts === undefined ? batch : narrow(batch, starts, this.#keyColumns);
    const keys = await this.#keysOf(this.#keys, rows, context);
    const groups = await this.#groupsOf(keys, rows.length, context);
    await this.#feed(batch, { starts, groups, count: this.count }, context);
  }

  /** Adds the rows of groups that are there, and keeps the others on disk. */
  async #addKnown(batch: Batch, context: ExecContext): Promise<void> {
    const keys = await evaluateAll(this.#keys, batch, context);
    const numbers = new Int32Array(batch.length);
    await inTurns(this.#table.find(keys, batch.length, numbers), context);
    const { known, unknown } = splitKnown(numbers, batch.length);
    if (unknown.length > 0) {
      const rows = pickRows(batch, keys, unknown);
      const wide = this.#spilledKeys.widen(rows.batch, rows.keys);
      await this.spilled.addRows(this.#spilledKeys.types, wide, rows.keys);
    }
    if (known.length === 0) return;
    const groups = known.map((row) => numbers[row]);
    const rows = pickRows(batch, [], known).batch;
    await this.#feed(rows, { starts: undefined, groups, count: this.count }, context);
  }

  async #feed(batch: Batch, rowGroups: RowGroups, context: ExecContext): Promise<void> {
    for (const call of this.calls) {
      const pending = call.add(batch, rowGroups, context);
      if (pending !== undefined) await pending;
      // States of many groups take some milliseconds when they grow.
      if (rowGroups.count > TURN_GROUPS) await turn(context);
    }
  }

  async addSummaries(plan: SummaryPlan, all: Summaries, context: ExecContext): Promise<void> {
    const keys = await this.#keysOf(this.#planKeys, groupRows(plan, all), context);
    if (await this.#mustSpill(context)) await this.#addKnownSummaries(plan, all, keys, context);
    else this.#feedSummaries(plan, all, await this.#groupsOf(keys, all.length, context));
  }

  async #addKnownSummaries(
    plan: SummaryPlan,
    all: Summaries,
    keys: readonly Vector[],
    context: ExecContext,
  ): Promise<void> {
    const numbers = new Int32Array(all.length);
    await inTurns(this.#table.find(keys, all.length, numbers), context);
    const { known, unknown } = splitKnown(numbers, all.length);
    const batch = summaryBatch(all);
    if (unknown.length > 0) {
      const rows = pickRows(batch, keys, unknown);
      await this.spilled.addSummaries(plan, rows.batch, rows.keys);
    }
    if (known.length === 0) return;
    const some = batchSummaries(plan, pickRows(batch, [], known).batch);
    this.#feedSummaries(
      plan,
      some,
      known.map((row) => numbers[row]),
    );
  }

  #feedSummaries(plan: SummaryPlan, all: Summaries, groups: Int32Array): void {
    for (let i = 0; i < this.calls.length; i++) {
      this.calls[i].addSummaries(groups, plan.columnOfCall[i], all, this.count);
    }
  }

  get count(): number {
    return this.#set.length === 0 ? 1 : this.#table.count;
  }

  async #keysOf(exprs: CompiledExprs, rows: Batch, context: ExecContext): Promise<Vector[]> {
    return this.#set.length === 0 ? [] : await evaluateAll(exprs, rows, context);
  }

  /** The group of each row, new ones made as needed. */
  async #groupsOf(
    keys: readonly Vector[],
    length: number,
    context: ExecContext,
  ): Promise<Int32Array> {
    if (this.#groups.length < length) this.#groups = new Int32Array(length);
    const groups = this.#groups;
    if (this.#set.length === 0) return groups.fill(0, 0, length);
    const table = this.#table;
    const { count, bytes } = table;
    const steps = table.insert(keys, length, groups);
    if (steps !== undefined) await inTurns(steps, context);
    const added = table.count - count;
    if (added > 0) {
      if (!table.hasKeys) this.#keepKeys(keys, table.newRows, count, table.count);
      const keyBytes = table.hasKeys ? 0 : KEY_BYTES;
      this.budget.add(table.bytes - bytes + added * (keyBytes + this.#stateBytes));
    }
    return groups;
  }

  /** Keeps the keys of groups that the table could tell up to now. */
  #takeKeys(keys: readonly Vector[], count: number): void {
    const rows = Int32Array.from({ length: count }, (_, row) => row);
    this.#keepKeys(keys, rows, this.#kept, this.#kept + count);
  }

  /** Keeps the keys of groups [count, total), which are in these rows of the vectors. */
  #keepKeys(keys: readonly Vector[], rows: Int32Array, count: number, total: number): void {
    this.#kept = total;
    for (let from = count; from < total;) {
      const to = Math.min(total, from - (from % PAGE_GROUPS) + PAGE_GROUPS);
      for (let k = 0; k < keys.length; k++) {
        const builder = this.#keyBuilders[k];
        for (let i = from; i < to; i++) builder.appendFrom(keys[k], rows[i - count]);
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
    yield* this.#finishAside(context);
    const total = this.count;
    this.#keyPages.push(this.#keyBuilders.map((builder) => builder.finish()));
    for (let first = 0, page = 0; first < total; first += PAGE_GROUPS, page++) {
      yield await this.#finishPage(page, first, Math.min(PAGE_GROUPS, total - first), context);
    }
    this.#table.free();
  }

  /** The groups that only what was put aside has; the others get what there is of them. */
  async *#finishAside(context: ExecContext): OperatorRun {
    const aside = this.#aside;
    if (aside?.isOpen !== true) return;
    const { aggregates } = this.#node;
    for await (const result of aside.results(this.#table.packed, this.#table.count)) {
      const { kind, groups } = result;
      const { length } = groups;
      if (kind === 'known') groups.feed(this.calls, result.numbers, this.count);
      else if (kind === 'any') {
        const numbers = (await this.#groupsOf(groups.keys(), length, context)).slice(0, length);
        groups.feed(this.calls, numbers, this.count);
      } else {
        const columns: Vector[] = [];
        for (const [i, call] of aggregates.entries()) {
          columns.push(await groups.result(i, call, context));
        }
        yield this.#resultOf(groups.keys(), columns, length);
      }
    }
  }

  async #finishPage(
    page: number,
    first: number,
    length: number,
    context: ExecContext,
  ): Promise<Batch> {
    const keys = this.#table.hasKeys
      ? this.#table.keys(first, first + length)
      : this.#keyPages[page];
    delete this.#keyPages[page];
    const results: Vector[] = [];
    for (const call of this.calls) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      results.push(await call.finish(first, length, context));
    }
    return this.#resultOf(keys, results, length);
  }

  /** Keys and results as the columns of the node. */
  #resultOf(keys: readonly Vector[], results: readonly Vector[], length: number): Batch {
    const { groups, groupingSets } = this.#node;
    const columns: Vector[] = groups.map((expr, i) => {
      const position = this.#set.indexOf(i);
      return position < 0 ? nullVector(expr.type, length) : keys[position];
    });
    columns.push(...results);
    if (groupingSets !== null) {
      let bits = 0;
      const known = Math.min(groups.length, GROUPING_BITS);
      for (let i = 0; i < known; i++) if (!this.#set.includes(i)) bits |= 1 << i;
      columns.push(constantVector({ oid: OID.int4, typmod: -1 }, bits, length));
    }
    return { columns, length };
  }
}
