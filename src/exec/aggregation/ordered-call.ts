/** An aggregate call that gets its rows in an order, or distinct rows in order: it keeps all to the end. */
import { InternalError } from '../../errors/db-error.ts';
import { finishSteps } from '../../functions/aggregate/accumulator.ts';
import type { AggregateFunction } from '../../functions/function.ts';
import type { AggregateCall } from '../../plan/physical.ts';
import type { Value } from '../../types/value.ts';
import { valueAt, vectorFromValues, type Batch, type Vector } from '../../vector/vector.ts';
import { compileExprs, evaluateAll, UNIT_BATCH } from '../expression.ts';
import { inTurns, turn, type ExecContext } from '../operator.ts';
import type { MemoryBudget } from '../run.ts';
import { filtered, type CallState, type RowGroups } from './call-input.ts';
import { directColumns, OrderedRows, type SortedRows } from './ordered-rows.ts';
import { GROUP_BYTES } from './group-pages.ts';

/** Rows added between two checkpoints. */
const STEP_ROWS = 16_384;

/** DISTINCT and ORDER BY inside the call, and WITHIN GROUP. */
export class OrderedCall implements CallState {
  readonly groupBytes = GROUP_BYTES;
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
    const { groups, input } = await filtered(this.#call, batch, rows, context);
    if (input.length > 0) await this.#rows.add(groups, input);
  }

  /** Adds rows by the values of arguments, sort keys and direct arguments, FILTER applied. */
  addEvaluated(groups: Int32Array, evaluated: readonly Vector[], length: number): void {
    this.#rows.addEvaluated(groups, evaluated, length);
  }

  addSummaries(): never {
    throw new InternalError('calls that order their rows take no summaries');
  }

  async finish(first: number, count: number, context: ExecContext): Promise<Vector> {
    const sorted = (this.#sorted ??= await this.#rows.sorted());
    const { directArgs } = this.#call;
    if (directColumns(this.#call).length > 0) {
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
