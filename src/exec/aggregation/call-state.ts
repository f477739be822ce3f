/**
 * One aggregate call of one grouping set. Calls that need their rows in an order, or distinct rows in
 * order, keep all rows until the end; all others feed the accumulator as batches come.
 */
import type { AggregateCall } from '../../plan/physical.ts';
import type { Summaries } from '../../vector/summary.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { compileExprs, evaluateAll, type CompiledExprs } from '../expression.ts';
import { inTurns, type ExecContext } from '../operator.ts';
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
import { CountedCall, takesCounts } from './counted-call.ts';
import { GroupPages } from './group-pages.ts';
import { OrderedCall } from './ordered-call.ts';

export function callState(
  call: AggregateCall,
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
  return new StreamingCall(call, context, distinctRows(call, context));
}

class StreamingCall implements CallState {
  readonly #call: AggregateCall;
  readonly #args: CompiledExprs;
  readonly #accumulators: GroupPages;
  /** DISTINCT: group and arguments seen so far. */
  readonly #distinct: DistinctRows | undefined;
  #isDrained = false;

  constructor(call: AggregateCall, context: ExecContext, distinct: DistinctRows | undefined) {
    this.#call = call;
    this.#args = compileExprs(call.args);
    this.#accumulators = new GroupPages(() =>
      call.fn.createAccumulator(call.call, context.eval, []),
    );
    this.#distinct = distinct;
  }

  get groupBytes(): number {
    return this.#accumulators.groupBytes;
  }

  add(batch: Batch, rows: RowGroups, context: ExecContext): Promise<void> | void {
    if (this.#call.filter === null && this.#distinct === undefined && !this.#args.isAsync) {
      this.#accumulators.ensureGroups(rows.count);
      this.#feed(this.#args.evaluate(batch, context), rows, batch.length);
      return undefined;
    }
    return this.#addSome(batch, rows, context);
  }

  async #addSome(batch: Batch, rows: RowGroups, context: ExecContext): Promise<void> {
    this.#accumulators.ensureGroups(rows.count);
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
    else {
      await this.addDistinct(groups, args, length);
    }
  }

  async addDistinct(groups: Int32Array, args: readonly Vector[], length: number): Promise<void> {
    let count = 0;
    for (let i = 0; i < length; i++) if (groups[i] >= count) count = groups[i] + 1;
    this.#accumulators.ensureGroups(count);
    const columns = [groupVector(groups, length), ...args];
    const fresh = await this.#distinct?.fresh({ columns, length });
    if (fresh !== undefined) this.#addFresh(fresh);
  }

  /** Adds rows of a group and its arguments. */
  #addFresh({ columns: [group, ...args], length }: Batch): void {
    if (length === 0) return;
    this.#accumulators.add(groupNumbers(group, length), args, length);
  }

  /** Adds the distinct rows that were too many for memory. */
  async #drain(distinct: DistinctRows): Promise<void> {
    this.#isDrained = true;
    try {
      for await (const fresh of distinct.rest()) this.#addFresh(fresh);
    } finally {
      await distinct.close();
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
    this.#accumulators.addSummaries(groups, column, all);
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

function distinctRows({ args }: AggregateCall, context: ExecContext): DistinctRows {
  return new DistinctRows([GROUP_TYPE, ...args.map((arg) => arg.type)], context);
}

function groupNumbers(vector: Vector, length: number): Int32Array {
  const groups = new Int32Array(length);
  if (vector.rep === 'f64') for (let i = 0; i < length; i++) groups[i] = vector.data[i];
  return groups;
}
