/** Feeds aggregate calls from lanes: a batch's stretches are reduced without any value becoming a double. */
import { slice } from '../../vector/gather.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { compileExprs, evaluateAll } from '../expression.ts';
import { narrow } from '../expr/narrow.ts';
import { usedColumns } from '../expr/walk.ts';
import { LanePrograms } from '../lanes/lane-programs.ts';
import { isInteger } from '../lanes/lane-tree.ts';
import { runProgram } from '../lanes/lane-program.ts';
import type { Wanted } from '../lanes/program-builder.ts';
import { turn, type ExecContext } from '../operator.ts';
import type { CallState } from './call-input.ts';
import type { Grouping } from './grouping.ts';
import type { LaneCall, LanePlan } from './lane-plan.ts';
import { LaneReduction, numberSummaries } from './lane-reduction.ts';

/** Rows of a batch, and of a stretch on average, below which rows are taken as such. */
const BATCH_ROWS_MIN = 512;
const STRETCH_ROWS_MIN = 4;
/** Values looked up between two checkpoints. */
const STEP_ROWS = 4096;

export class LaneAggregate {
  readonly plan: LanePlan;
  /** Rows that satisfied the condition. */
  rows = 0;
  readonly #context: ExecContext;
  readonly #programs: LanePrograms;

  constructor(plan: LanePlan, context: ExecContext) {
    this.plan = plan;
    this.#context = context;
    this.#programs = new LanePrograms(context);
  }

  /** Adds the rows of a batch that satisfy the condition; false where they must be added one by one. */
  async add(grouping: Grouping, batch: Batch): Promise<boolean> {
    if (batch.length < BATCH_ROWS_MIN) return false;
    const starts = grouping.segments(batch, this.#context);
    if (starts === undefined || starts.length * STRETCH_ROWS_MIN > batch.length) return false;
    const { calls } = this.plan;
    const inRuns = calls.map((each) => isInRuns(each, batch));
    if (calls.some(({ kind, value }, i) => kind !== 'rows' && !inRuns[i] && value === undefined)) {
      return false;
    }
    const program = this.#programs.for(batch, () => this.#wanted(inRuns));
    if (program === undefined) return false;
    const reduction = LaneReduction.of(calls, inRuns, program, starts, batch);
    if (reduction === undefined) return false;
    const begin = (tail: number): void => reduction.begin(tail);
    runProgram(program, batch, reduction.tail, begin, (...block) => reduction.take(...block));
    await this.#feed(grouping, batch, reduction, inRuns);
    return true;
  }

  #wanted(inRuns: readonly boolean[]): Wanted {
    const { condition, calls } = this.plan;
    const outputs = calls.map(({ call, kind, filter, value }, i) => ({
      filter,
      value: inRuns[i] ? undefined : value,
      isCounted: kind === 'rows',
      isExact: call.fn.statistics?.includes('sum') === true && isInteger(call.args[0].type.oid),
    }));
    return { condition, outputs };
  }

  async #feed(
    grouping: Grouping,
    batch: Batch,
    reduction: LaneReduction,
    inRuns: readonly boolean[],
  ): Promise<void> {
    const { segments } = reduction;
    const first = new Int32Array(segments.length);
    for (let i = 0; i < segments.length; i++) first[i] = reduction.starts[segments[i]];
    this.rows += reduction.rowCount;
    if (first.length === 0) return;
    const groups = await grouping.groupsAt(batch, first, this.#context);
    /** By segment; those without rows belong to none. */
    const groupOf = new Int32Array(reduction.starts.length).fill(-1);
    for (let i = 0; i < segments.length; i++) groupOf[segments[i]] = groups[i];
    for (let i = 0; i < this.plan.calls.length; i++) {
      const state = grouping.calls[i];
      if (inRuns[i]) await this.#feedRuns(this.plan.calls[i], i, state, batch, reduction, groupOf);
      else await this.#feedCall(this.plan.calls[i], i, state, reduction, groupOf, grouping.count);
    }
  }

  async #feedCall(
    { call, kind }: LaneCall,
    i: number,
    state: CallState,
    reduction: LaneReduction,
    groupOf: Int32Array,
    count: number,
  ): Promise<void> {
    if (kind === 'rows' || kind === 'numbers') {
      const { summaries, groups } = numberSummaries(reduction, i, groupOf);
      state.addSummaries(groups, kind === 'rows' ? -1 : 0, summaries, count);
      return;
    }
    const { stretches, values, counts, length } = reduction.pairs(i);
    const groups = stretches.slice(0, length).map((stretch) => groupOf[stretch]);
    if (kind === 'counts') {
      await state.addCounts?.(groups, values.subarray(0, length), counts.subarray(0, length));
      return;
    }
    const { type } = call.args[0];
    const data = values.slice(0, length);
    const vector: Vector = { rep: 'f64', type, length, data, nulls: undefined };
    await this.#addDistinct(state, groups, [vector]);
  }

  /** A value that is the same in all rows of a run comes once where any of them counts. */
  async #feedRuns(
    { call }: LaneCall,
    i: number,
    state: CallState,
    batch: Batch,
    reduction: LaneReduction,
    groupOf: Int32Array,
  ): Promise<void> {
    const { rows, stretches } = reduction.runRows(i);
    if (rows.length === 0) return;
    const some = narrow(batch, rows, usedColumns(call.args));
    const args = await evaluateAll(compileExprs(call.args), some, this.#context);
    const groups = stretches.map((stretch) => groupOf[stretch]);
    await this.#addDistinct(state, groups, args);
  }

  /** Looking values up takes longer than counting them. */
  async #addDistinct(state: CallState, groups: Int32Array, args: readonly Vector[]): Promise<void> {
    for (let start = 0; start < groups.length; start += STEP_ROWS) {
      const end = Math.min(groups.length, start + STEP_ROWS);
      const some = args.map((arg) => slice(arg, start, end));
      await state.addDistinct?.(groups.subarray(start, end), some, end - start);
      await turn(this.#context);
    }
  }
}

/** Whether a call looks at distinct values of columns that are constant in the batch's runs. */
function isInRuns({ call, kind }: LaneCall, { runs }: Batch): boolean {
  if (kind !== 'distinct' || runs === undefined) return false;
  return usedColumns(call.args).every((column) => runs.constantColumns.includes(column));
}
