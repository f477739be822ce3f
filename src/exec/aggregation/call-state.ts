/**
 * One aggregate call of one grouping set. Calls that need their rows in an order, or distinct rows in
 * order, keep all rows until the end; all others feed the accumulator as batches come.
 */
import type { Accumulator } from '../../functions/function.ts';
import type { AggregateCall } from '../../plan/physical.ts';
import type { Summaries } from '../../vector/summary.ts';
import type { SqlType } from '../../types/type.ts';
import { gather } from '../../vector/gather.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { compileExprs, evaluateAll, type CompiledExprs } from '../expression.ts';
import { inTurns, turn, type ExecContext } from '../operator.ts';
import type { MemoryBudget } from '../run.ts';
import { DistinctRows } from '../spill/distinct-rows.ts';
import {
  filterRows,
  GROUP_TYPE,
  groupPerRow,
  groupVector,
  narrowFor,
  type CallState,
  type RowGroups,
} from './call-input.ts';
import { DistinctAside, MANY_VALUES } from './distinct-aside.ts';
import { CountedCall, takesCounts } from './counted-call.ts';
import { GroupPages } from './group-pages.ts';
import { knownRows } from './known-rows.ts';
import { OrderedCall } from './ordered-call.ts';

/** `isGrouped` tells whether there may be more than one group. */
export function callState(
  call: AggregateCall,
  isGrouped: boolean,
  context: ExecContext,
  budget: MemoryBudget,
): CallState {
  const orderedSet = call.fn.orderedSetDirectArgs !== undefined;
  const insensitive = call.fn.orderInsensitive === true;
  if (orderedSet || (call.orderBy.length > 0 && !insensitive)) {
    return takesCounts(call)
      ? new CountedCall(call, context, budget)
      : new OrderedCall(call, context, budget);
  }
  if (!call.distinct) return new StreamingCall(call, context, undefined);
  if (!insensitive) return new OrderedCall(call, context, budget);
  const types = call.args.map((arg) => arg.type);
  const keys = isGrouped ? [GROUP_TYPE, ...types] : types;
  const aside = DistinctAside.of(call, keys, context);
  const distinct = { isGrouped, keys, rows: new DistinctRows(keys, context), aside };
  return new StreamingCall(call, context, distinct);
}

/** Arguments seen so far, behind the group where there are several. */
interface Distinct {
  readonly isGrouped: boolean;
  readonly keys: readonly SqlType[];
  rows: DistinctRows;
  /** Takes all that comes once there are many, where it can. */
  readonly aside: DistinctAside | undefined;
}

export class StreamingCall implements CallState {
  readonly #call: AggregateCall;
  readonly #args: CompiledExprs;
  readonly #create: () => Accumulator;
  readonly #context: ExecContext;
  #accumulators: GroupPages;
  /** Groups that there may be rows of. */
  #groups = 0;
  /** DISTINCT. */
  readonly #distinct: Distinct | undefined;
  #isDrained = false;

  constructor(call: AggregateCall, context: ExecContext, distinct: Distinct | undefined) {
    this.#call = call;
    this.#args = compileExprs(call.args);
    this.#context = context;
    this.#create = () => call.fn.createAccumulator(call.call, context.eval, []);
    this.#accumulators = new GroupPages(this.#create);
    this.#distinct = distinct;
  }

  get groupBytes(): number {
    return this.#accumulators.groupBytes;
  }

  add(batch: Batch, rows: RowGroups, context: ExecContext): Promise<void> | void {
    if (this.#call.filter !== null || this.#distinct !== undefined) {
      return this.#addSome(batch, rows, context);
    }
    const args = evaluateAll(this.#args, batch, context);
    const feed = (values: readonly Vector[]): void => {
      this.#accumulators.ensureGroups(rows.count);
      this.#feed(values, rows, batch.length);
    };
    if (args instanceof Promise) return args.then(feed);
    feed(args);
    return undefined;
  }

  async #addSome(batch: Batch, rows: RowGroups, context: ExecContext): Promise<void> {
    this.#ensureGroups(rows.count);
    const selection = await filterRows(this.#call, batch, context);
    if (selection !== undefined && selection.length === 0) return;
    const input = await filteredInput(this.#call, batch, selection, context);
    const { args, length } = input;
    if (selection === undefined && this.#distinct === undefined) {
      this.#feed(args, rows, length);
      return;
    }
    let groups = groupPerRow(rows, batch.length);
    if (selection !== undefined) groups = selection.map((row) => groups[row]);
    if (this.#distinct === undefined) this.#accumulators.add(groups, args, length);
    else await this.#addRows(this.#distinct, groups, args, length);
  }

  addValues(groups: Int32Array, args: readonly Vector[], length: number, count: number): void {
    this.#accumulators.ensureGroups(count);
    this.#accumulators.add(groups, args, length);
  }

  async addDistinct(groups: Int32Array, args: readonly Vector[], length: number): Promise<void> {
    let count = 0;
    for (let i = 0; i < length; i++) if (groups[i] >= count) count = groups[i] + 1;
    this.#ensureGroups(count);
    if (this.#distinct !== undefined) await this.#addRows(this.#distinct, groups, args, length);
  }

  #ensureGroups(count: number): void {
    this.#groups = Math.max(this.#groups, count);
    this.#accumulators.ensureGroups(count);
  }

  async #addRows(
    distinct: Distinct,
    groups: Int32Array,
    args: readonly Vector[],
    length: number,
  ): Promise<void> {
    const columns = distinct.isGrouped ? [groupVector(groups, length), ...args] : args;
    if (await this.#putAside(distinct, { columns, length })) return;
    const fresh = await distinct.rows.freshRows({ columns, length });
    if (fresh.length === 0) return;
    const picked = fresh.map((row) => groups[row]);
    const some = this.#needed(args).map((arg) => gather(arg, fresh));
    this.#accumulators.add(picked, some, fresh.length);
  }

  /** False where rows are to be looked for at once. */
  async #putAside(distinct: Distinct, batch: Batch): Promise<boolean> {
    const { aside, rows } = distinct;
    if (aside === undefined) return false;
    if (!aside.isOpen) {
      if (rows.count < MANY_VALUES || !(await aside.open(rows.rows()))) return false;
      // What was counted is put aside, too.
      rows.free();
      distinct.rows = new DistinctRows(distinct.keys, this.#context);
      this.#accumulators = new GroupPages(this.#create);
      this.#accumulators.ensureGroups(this.#groups);
    }
    if (await aside.add(batch)) return true;
    await this.#addAll(distinct, aside.takeBack());
    return false;
  }

  async #addAll({ rows, isGrouped }: Distinct, batches: Iterable<Batch>): Promise<void> {
    for (const batch of batches) {
      this.#addFresh(await rows.fresh(batch), isGrouped);
      await turn(this.#context);
    }
  }

  /** Counts what was put aside. */
  async #addAside(distinct: Distinct, aside: DistinctAside): Promise<void> {
    const { isGrouped } = distinct;
    for await (const result of aside.results(isGrouped)) {
      if ('batches' in result) await this.#addAll(distinct, result.batches);
      else if (isGrouped) this.#accumulators.add(result.groups, [], result.count);
      else this.#accumulators.addSummaries(new Int32Array(1), -1, rowsOnly(result.count));
    }
  }

  /** Who counts rows needs to know only which are NULL. */
  #needed(args: readonly Vector[]): readonly Vector[] {
    const isCount = this.#call.fn.statistics?.length === 0;
    return isCount && args.every(({ nulls }) => nulls === undefined) ? [] : args;
  }

  /** Adds rows of arguments, behind the group where there are several. */
  #addFresh({ columns, length }: Batch, isGrouped: boolean): void {
    if (length === 0) return;
    const args = isGrouped ? columns.slice(1) : columns;
    const groups = isGrouped ? groupNumbers(columns[0], length) : new Int32Array(length);
    this.#accumulators.add(groups, args, length);
  }

  /** Adds the distinct rows that were too many for memory. */
  async #drain(distinct: Distinct): Promise<void> {
    this.#isDrained = true;
    const { isGrouped, rows, aside } = distinct;
    try {
      if (aside !== undefined) await this.#addAside(distinct, aside);
      for await (const fresh of rows.rest()) this.#addFresh(fresh, isGrouped);
    } finally {
      await rows.close();
    }
  }

  #feed(args: readonly Vector[], { starts, groups }: RowGroups, length: number): void {
    const accumulators = this.#accumulators;
    if (starts === undefined) {
      accumulators.add(groups, args, length);
      return;
    }
    for (let i = 0; i < starts.length; i++) {
      const end = i + 1 < starts.length ? starts[i + 1] : length;
      accumulators.addRun(groups[i], args, starts[i], end);
    }
  }

  addSummaries(groups: Int32Array, column: number, all: Summaries, count: number): void {
    this.#accumulators.ensureGroups(count);
    const counts = all.columns[column]?.counts;
    if (counts === undefined) {
      this.#accumulators.addSummaries(groups, column, all);
      return;
    }
    const known = knownRows(groups, column, all, counts);
    this.#accumulators.addSummaries(known.groups, 0, known.summaries);
  }

  async finish(first: number, count: number, context: ExecContext): Promise<Vector> {
    if (this.#distinct !== undefined && !this.#isDrained) await this.#drain(this.#distinct);
    return inTurns(this.#accumulators.finishSteps(first, count), context);
  }
}

/** Arguments over the selected rows only: what FILTER removes must not be evaluated. */
async function filteredInput(
  call: AggregateCall,
  batch: Batch,
  selection: Int32Array | undefined,
  context: ExecContext,
): Promise<{ args: Vector[]; length: number }> {
  const exprs = compileExprs(call.args);
  if (selection === undefined) {
    return { args: await evaluateAll(exprs, batch, context), length: batch.length };
  }
  const narrowed = narrowFor(call, batch, selection);
  return { args: await evaluateAll(exprs, narrowed, context), length: narrowed.length };
}

/** So many rows of one group. */
function rowsOnly(count: number): Summaries {
  const none = new Float64Array(0);
  const times = { buckets: none, firstTimes: none, lastTimes: none };
  return { length: 1, rows: Float64Array.of(count), ...times, groups: [], columns: [] };
}

function groupNumbers(vector: Vector, length: number): Int32Array {
  const groups = new Int32Array(length);
  if (vector.rep === 'f64') for (let i = 0; i < length; i++) groups[i] = vector.data[i];
  return groups;
}
