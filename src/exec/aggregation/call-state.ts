/**
 * One aggregate call of one grouping set. Calls that need their rows in an order, or distinct rows in
 * order, keep all rows until the end; all others feed the accumulator as batches come.
 */
import { InternalError } from '../../errors/db-error.ts';
import { finishSteps } from '../../functions/aggregate/accumulator.ts';
import type { AggregateFunction } from '../../functions/function.ts';
import type { AggregateCall } from '../../plan/physical.ts';
import { OID, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { gather } from '../../vector/gather.ts';
import type { Summaries } from '../../vector/summary.ts';
import { valueAt, vectorFromValues, type Batch, type Vector } from '../../vector/vector.ts';
import { compileExprs, evaluateAll, UNIT_BATCH, type CompiledExprs } from '../expression.ts';
import { usedColumns } from '../expr/walk.ts';
import { inTurns, turn, type ExecContext } from '../operator.ts';
import { compilePredicate } from '../predicate.ts';
import { type MemoryBudget } from '../run.ts';
import { DistinctRows } from '../spill/distinct-rows.ts';
import { GroupPages } from './group-pages.ts';
import { OrderedRows, type SortedRows } from './ordered-rows.ts';

/** The groups of a batch's rows: segments of one group each, or a group per row. */
export interface RowGroups {
  /** Starts of the segments, or undefined where `groups` has one entry per row. */
  readonly starts: Int32Array | undefined;
  readonly groups: Int32Array;
  /** Groups known so far. */
  readonly count: number;
}

export interface CallState {
  add(batch: Batch, rows: RowGroups, context: ExecContext): Promise<void> | void;
  /** Adds summaries; `column` is the argument's place in them, -1 where rows only count. */
  addSummaries(groups: Int32Array, column: number, all: Summaries, count: number): void;
  /** The results of `count` groups from `first` on: page after page, each asked for once. */
  finish(first: number, count: number, context: ExecContext): Promise<Vector> | Vector;
}

export function callState(
  call: AggregateCall,
  context: ExecContext,
  budget: MemoryBudget,
): CallState {
  const orderedSet = call.fn.orderedSetDirectArgs !== undefined;
  const insensitive = call.fn.orderInsensitive === true;
  if (orderedSet || (call.orderBy.length > 0 && !insensitive)) {
    return new OrderedCall(call, context, budget);
  }
  if (!call.distinct) return new StreamingCall(call, context, undefined);
  if (!insensitive) return new OrderedCall(call, context, budget);
  return new StreamingCall(call, context, distinctRows(call, context));
}

/** The rows that FILTER lets through; undefined for all. */
async function filterRows(
  call: AggregateCall,
  batch: Batch,
  context: ExecContext,
): Promise<Int32Array | undefined> {
  if (call.filter === null) return undefined;
  const predicate = compilePredicate(call.filter);
  return predicate.isAsync
    ? predicate.selectAsync(batch, context)
    : predicate.select(batch, context);
}

/** One group number per row, whatever form they came in. */
export function groupPerRow(rows: RowGroups, length: number): Int32Array {
  const { starts, groups } = rows;
  if (starts === undefined) return groups;
  const perRow = new Int32Array(length);
  for (let i = 0; i < starts.length; i++) {
    perRow.fill(groups[i], starts[i], i + 1 < starts.length ? starts[i + 1] : length);
  }
  return perRow;
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
      const columns = [groupVector(groups, length), ...args];
      this.#addFresh(await this.#distinct.fresh({ columns, length }));
    }
  }

  /** Adds rows of a group and its arguments. */
  #addFresh({ columns: [group, ...args], length }: Batch): void {
    if (length > 0) this.#accumulators.add(groupNumbers(group, length), args, length);
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

function narrowFor(call: AggregateCall, batch: Batch, selection: Int32Array): Batch {
  const exprs = [...call.args, ...call.directArgs, ...call.orderBy.map((key) => key.expr)];
  const columns = batch.columns.slice() as Vector[];
  for (const column of usedColumns(exprs))
    columns[column] = gather(batch.columns[column], selection);
  return { columns, length: selection.length };
}

function distinctRows({ args }: AggregateCall, context: ExecContext): DistinctRows {
  return new DistinctRows([GROUP_TYPE, ...args.map((arg) => arg.type)], context);
}

const GROUP_TYPE: SqlType = { oid: OID.int4, typmod: -1 };

function groupNumbers(vector: Vector, length: number): Int32Array {
  const groups = new Int32Array(length);
  if (vector.rep === 'f64') for (let i = 0; i < length; i++) groups[i] = vector.data[i];
  return groups;
}

function groupVector(groups: Int32Array, length: number): Vector {
  const data = new Float64Array(length);
  for (let i = 0; i < length; i++) data[i] = groups[i];
  return { rep: 'f64', type: GROUP_TYPE, length, data, nulls: undefined };
}

/** Rows added between two checkpoints. */
const STEP_ROWS = 16_384;

/** DISTINCT and ORDER BY inside the call, and WITHIN GROUP. */
class OrderedCall implements CallState {
  readonly #call: AggregateCall;
  readonly #rows: OrderedRows;
  #sorted: SortedRows | undefined;
  /** First sorted row of the groups that were not asked for yet. */
  #next = 0;

  constructor(call: AggregateCall, context: ExecContext, budget: MemoryBudget) {
    this.#call = call;
    this.#rows = new OrderedRows(call, context, budget);
  }

  async add(batch: Batch, rows: RowGroups, context: ExecContext): Promise<void> {
    const selection = await filterRows(this.#call, batch, context);
    let groups = groupPerRow(rows, batch.length);
    let input = batch;
    if (selection !== undefined) {
      if (selection.length === 0) return;
      groups = selection.map((row) => groups[row]);
      input = narrowFor(this.#call, batch, selection);
    }
    await this.#rows.add(groups, input);
  }

  addSummaries(): never {
    throw new InternalError('calls that order their rows take no summaries');
  }

  async finish(first: number, count: number, context: ExecContext): Promise<Vector> {
    const sorted = (this.#sorted ??= await this.#rows.sorted());
    const { directArgs } = this.#call;
    if (usedColumns(directArgs).length > 0) {
      return this.#finishPerGroup(sorted, first, count, context);
    }
    const { fn, call } = this.#call;
    const values = await evaluateAll(compileExprs(directArgs), UNIT_BATCH, context);
    const direct = values.map((value) => valueAt(value, 0));
    const accumulator = fn.createAccumulator(call, context.eval, direct);
    accumulator.ensureGroups(count);
    const { groups, args, length } = sorted;
    while (this.#next < length && groups[this.#next] < first + count) {
      const start = this.#next;
      let end = start;
      for (; end < length && end < start + STEP_ROWS && groups[end] < first + count; end++) {
        groups[end] -= first;
      }
      accumulator.add(groups, args, start, end);
      this.#next = end;
      await turn(context);
    }
    return await inTurns(finishSteps(accumulator, count), context);
  }

  /** Direct arguments that depend on the group: an accumulator for each group. */
  async #finishPerGroup(
    { groups, args, direct }: SortedRows,
    first: number,
    count: number,
    context: ExecContext,
  ): Promise<Vector> {
    const { fn, call, type } = this.#call;
    const results: Value[] = [];
    let row = this.#next;
    for (let group = first; group < first + count; group++) {
      const start = row;
      while (row < groups.length && groups[row] === group) row++;
      const values = direct.map((vector) => (row > start ? valueAt(vector, start) : null));
      results.push(oneGroup(fn, call, context, values, args, start, row));
      await turn(context);
    }
    this.#next = row;
    return vectorFromValues(type, results);
  }
}

function oneGroup(
  fn: AggregateFunction,
  call: AggregateCall['call'],
  context: ExecContext,
  direct: readonly Value[],
  args: readonly Vector[],
  start: number,
  end: number,
): Value {
  const accumulator = fn.createAccumulator(call, context.eval, direct);
  accumulator.ensureGroups(1);
  if (end > start) accumulator.addRun(0, args, start, end);
  return valueAt(accumulator.finish(1), 0);
}
