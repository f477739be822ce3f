/** A WITHIN GROUP call that counts how often each number comes, for as long as they repeat. */
import { InternalError } from '../../errors/db-error.ts';
import { finishSteps } from '../../functions/aggregate/accumulator.ts';
import type { AggregateCall } from '../../plan/physical.ts';
import { vectorRep } from '../../types/type.ts';
import { gather } from '../../vector/gather.ts';
import { LongColumn } from '../../vector/long-column.ts';
import { valueAt, type Batch, type Vector } from '../../vector/vector.ts';
import { compileExprs, evaluateAll, UNIT_BATCH, type CompiledExprs } from '../expression.ts';
import { inTurns, turn, type ExecContext } from '../operator.ts';
import type { MemoryBudget } from '../run.ts';
import { sortRows } from '../sort-order.ts';
import { filtered, groupVector, type CallState, type RowGroups } from './call-input.ts';
import { CountedRows, type Counts } from './counted-rows.ts';
import { OrderedCall } from './ordered-call.ts';
import { directColumns } from './ordered-rows.ts';
import { GROUP_BYTES } from './group-pages.ts';

/** Rows or pairs looked at between two checkpoints. */
const STEP_ROWS = 8192;

/** Whether a call needs no more of its rows than how often each number comes. */
export function takesCounts(call: AggregateCall): boolean {
  const [key] = call.orderBy;
  return (
    call.fn.takesCounts === true &&
    call.args.length <= 1 &&
    call.orderBy.length === 1 &&
    vectorRep(key.expr.type.oid) === 'f64' &&
    directColumns(call).length === 0
  );
}

export class CountedCall implements CallState {
  readonly groupBytes = GROUP_BYTES;
  readonly #call: AggregateCall;
  readonly #context: ExecContext;
  readonly #key: CompiledExprs;
  readonly #budget: MemoryBudget;
  #counted = new CountedRows();
  /** Takes everything once there are too many different numbers. */
  #ordered: OrderedCall | undefined;
  #sorted: Counts | undefined;
  /** First pair of the groups that were not asked for yet. */
  #next = 0;

  constructor(call: AggregateCall, context: ExecContext, budget: MemoryBudget) {
    this.#call = call;
    this.#context = context;
    this.#budget = budget;
    this.#key = compileExprs(call.orderBy.map(({ expr }) => expr));
  }

  async add(batch: Batch, rows: RowGroups, context: ExecContext): Promise<void> {
    if (this.#ordered !== undefined) return this.#ordered.add(batch, rows, context);
    const { groups, input } = await filtered(this.#call, batch, rows, context);
    if (input.length === 0) return;
    const [key] = await evaluateAll(this.#key, input, context);
    const length = input.length;
    let from = 0;
    if (key.rep === 'f64') from = this.#counted.add(groups, key.data, key.nulls, 0, length);
    if (from === length) return;
    this.#ordered = await this.#writeOut();
    const rest = Int32Array.from({ length: length - from }, (_, i) => from + i);
    const others = gather(key, rest);
    this.#ordered.addEvaluated(groups.subarray(from, length), [others, others], rest.length);
  }

  async addCounts(groups: Int32Array, numbers: Float64Array, counts: Float64Array): Promise<void> {
    let from = 0;
    if (this.#ordered === undefined) from = this.#counted.addCounts(groups, numbers, counts);
    if (from === counts.length) return;
    this.#ordered ??= await this.#writeOut();
    await this.#addRows(this.#ordered, {
      groups: groups.subarray(from),
      numbers: numbers.subarray(from),
      counts: counts.subarray(from),
    });
  }

  async #writeOut(): Promise<OrderedCall> {
    const ordered = new OrderedCall(this.#call, this.#context, this.#budget);
    const counted = this.#counted.counts();
    this.#counted = new CountedRows();
    await this.#addRows(ordered, counted);
    return ordered;
  }

  /** Turns counts back into rows. */
  async #addRows(ordered: OrderedCall, { groups, numbers, counts }: Counts): Promise<void> {
    let data = new Float64Array(STEP_ROWS);
    let owners = new Int32Array(STEP_ROWS);
    let length = 0;
    const flush = (): void => {
      const vector = this.#vector(data, length);
      ordered.addEvaluated(owners, [vector, vector], length);
      data = new Float64Array(STEP_ROWS);
      owners = new Int32Array(STEP_ROWS);
      length = 0;
    };
    for (let i = 0; i < counts.length; i++) {
      for (let left = counts[i]; left > 0;) {
        const count = Math.min(left, STEP_ROWS - length);
        data.fill(numbers[i], length, length + count);
        owners.fill(groups[i], length, length + count);
        length += count;
        left -= count;
        if (length < STEP_ROWS) continue;
        flush();
        await turn(this.#context);
      }
    }
    if (length > 0) flush();
  }

  #vector(data: Float64Array, length: number): Vector {
    const { type } = this.#call.orderBy[0].expr;
    return { rep: 'f64', type, length, data, nulls: undefined };
  }

  addSummaries(): never {
    throw new InternalError('calls that order their rows take no summaries');
  }

  async finish(first: number, count: number, context: ExecContext): Promise<Vector> {
    if (this.#ordered !== undefined) return this.#ordered.finish(first, count, context);
    const { groups, numbers, counts } = (this.#sorted ??= await this.#inOrder());
    const { fn, call, directArgs } = this.#call;
    const values = await evaluateAll(compileExprs(directArgs), UNIT_BATCH, context);
    const direct = values.map((value) => valueAt(value, 0));
    const accumulator = fn.createAccumulator(call, context.eval, direct);
    accumulator.ensureGroups(count);
    const start = this.#next;
    let end = start;
    for (; end < groups.length && groups[end] < first + count; end++) groups[end] -= first;
    const arg = this.#vector(numbers, numbers.length);
    for (let from = start; from < end; from += STEP_ROWS) {
      accumulator.addCounted?.(groups, arg, counts, from, Math.min(end, from + STEP_ROWS));
      await turn(context);
    }
    this.#next = end;
    return await inTurns(finishSteps(accumulator, count), context);
  }

  /** The pairs by group, then as the call orders its rows. */
  async #inOrder(): Promise<Counts> {
    const { groups, numbers, counts } = this.#counted.counts();
    await turn(this.#context);
    const { descending, nullsFirst } = this.#call.orderBy[0];
    const { length } = counts;
    const keys = [
      { column: LongColumn.of(groupVector(groups, length)), descending: false, nullsFirst: false },
      { column: LongColumn.of(this.#vector(numbers, length)), descending, nullsFirst },
    ];
    const order = await sortRows(keys, length, this.#context);
    const sorted = {
      groups: new Int32Array(length),
      numbers: new Float64Array(length),
      counts: new Float64Array(length),
    };
    for (let i = 0; i < length; i++) {
      const row = order[i];
      sorted.groups[i] = groups[row];
      sorted.numbers[i] = numbers[row];
      sorted.counts[i] = counts[row];
      if (i % STEP_ROWS === 0) await turn(this.#context);
    }
    return sorted;
  }
}
