/** The input rows of an aggregate call that wants them in order, sorted by group and its own keys. */
import type { Expr } from '../../plan/expr.ts';
import type { AggregateCall } from '../../plan/physical.ts';
import type { SqlType } from '../../types/type.ts';
import { batchBytes } from '../../vector/concat.ts';
import { gatherSteps } from '../../vector/gather.ts';
import { LongColumn } from '../../vector/long-column.ts';
import { valueAt, type Batch, type Vector } from '../../vector/vector.ts';
import { compileExprs, evaluateAll, type CompiledExprs } from '../expression.ts';
import { usedColumns } from '../expr/walk.ts';
import { equalityOf } from '../key-equality.ts';
import { inTurns, turn, type ExecContext } from '../operator.ts';
import { concatInTurns, type MemoryBudget } from '../run.ts';
import { sortRows, type OrderKey } from '../sort-order.ts';
import { GROUP_TYPE, groupVector } from './call-input.ts';

export interface SortedRows {
  readonly groups: Int32Array;
  readonly args: Vector[];
  readonly direct: Vector[];
  readonly length: number;
}

export class OrderedRows {
  readonly #call: AggregateCall;
  readonly #context: ExecContext;
  readonly #budget: MemoryBudget;
  readonly #exprs: CompiledExprs;
  readonly #types: SqlType[];
  readonly #argCount: number;
  readonly #batches: Batch[] = [];

  constructor(call: AggregateCall, context: ExecContext, budget: MemoryBudget) {
    this.#call = call;
    this.#context = context;
    this.#budget = budget;
    const orderExprs = call.orderBy.map((key) => key.expr);
    // Ordered-set aggregates aggregate what they are ordered by.
    const ordered = call.fn.orderedSetDirectArgs !== undefined && call.args.length === 0;
    const args = ordered ? orderExprs : call.args;
    const exprs = [...args, ...orderExprs, ...directColumns(call)];
    this.#argCount = args.length;
    this.#exprs = compileExprs(exprs);
    this.#types = [GROUP_TYPE, ...exprs.map((expr) => expr.type)];
  }

  async add(groups: Int32Array, batch: Batch): Promise<void> {
    const evaluated = await evaluateAll(this.#exprs, batch, this.#context);
    this.addEvaluated(groups, evaluated, batch.length);
  }

  /** Adds rows by the values of arguments, sort keys and direct arguments. */
  addEvaluated(groups: Int32Array, evaluated: readonly Vector[], length: number): void {
    const columns = [groupVector(groups, length), ...evaluated];
    const kept = { columns, length };
    this.#budget.add(batchBytes(kept));
    this.#batches.push(kept);
  }

  /** All rows by group, then by the call's keys; duplicates gone where the call is DISTINCT. */
  async sorted(): Promise<SortedRows> {
    const all = await concatInTurns(this.#types, this.#batches, this.#context);
    const { orderBy, distinct } = this.#call;
    const [group, ...rest] = all.columns;
    const args = rest.slice(0, this.#argCount);
    const keyVectors = rest.slice(this.#argCount, this.#argCount + orderBy.length);
    const keys: OrderKey[] = [
      { column: LongColumn.of(group), descending: false, nullsFirst: false },
      ...orderBy.map(({ descending, nullsFirst }, i) => ({
        column: LongColumn.of(keyVectors[i]),
        descending,
        nullsFirst,
      })),
    ];
    if (distinct) {
      for (const vector of args) {
        keys.push({ column: LongColumn.of(vector), descending: false, nullsFirst: false });
      }
    }
    let order = await sortRows(keys, all.length, this.#context);
    if (distinct) order = await withoutRepeats(order, [group, ...args], this.#context);
    const groups = new Int32Array(order.length);
    const numbers = group.rep === 'f64' ? group.data : new Float64Array(0);
    for (let i = 0; i < order.length; i++) {
      groups[i] = numbers[order[i]];
      if (i % STEP_ROWS === 0) await turn(this.#context);
    }
    const sorted: Vector[] = [];
    const direct = rest.slice(this.#argCount + orderBy.length);
    for (const vector of [...args, ...direct]) {
      sorted.push(await inTurns(gatherSteps(vector, order), this.#context));
    }
    return {
      groups,
      args: sorted.slice(0, args.length),
      direct: sorted.slice(args.length),
      length: order.length,
    };
  }
}

/** Direct arguments, where they depend on the group; all others are evaluated once. */
export function directColumns({ directArgs }: AggregateCall): readonly Expr[] {
  return usedColumns(directArgs).length > 0 ? directArgs : [];
}

/** Rows looked at between two checkpoints. */
const STEP_ROWS = 32_768;

/** Rows whose values differ from the row before. */
async function withoutRepeats(
  order: Int32Array,
  vectors: readonly Vector[],
  context: ExecContext,
): Promise<Int32Array> {
  const differs = vectors.map(differenceOf);
  const kept = new Int32Array(order.length);
  let count = 0;
  for (let i = 0; i < order.length; i++) {
    const row = order[i];
    if (i === 0 || differs.some((test) => test(order[i - 1], row))) kept[count++] = row;
    if (i % STEP_ROWS === 0) await turn(context);
  }
  return kept.subarray(0, count);
}

function differenceOf(vector: Vector): (a: number, b: number) => boolean {
  if (vector.rep === 'f64' && vector.nulls === undefined) {
    const { data } = vector;
    return (a, b) => data[a] !== data[b] && (data[a] === data[a] || data[b] === data[b]);
  }
  const equal = equalityOf(vector.type.oid);
  return (a, b) => !equal(valueAt(vector, a), valueAt(vector, b));
}
