/**
 * GROUP BY and plain aggregates. Groups come from runs where the input has them, else by hashing. Once
 * the groups fill the budget, rows of further ones go to disk, to be aggregated a partition at a time.
 */
import type { AggregateCall, AggregateNode } from '../plan/physical.ts';
import type { Expr } from '../plan/expr.ts';
import type { Summaries } from '../vector/summary.ts';
import type { Batch } from '../vector/vector.ts';
import { Grouping, type GroupingInput } from './aggregation/grouping.ts';
import { addLanes, LaneInput } from './aggregation/lane-input.ts';
import { LaneAggregate } from './aggregation/lane-aggregate.ts';
import { comparesValues, filteredLanePlan, lanePlan } from './aggregation/lane-plan.ts';
import type { SpilledGroups, SpilledPart } from './aggregation/spilled-groups.ts';
import { summaryInput } from './aggregation/summary-input.ts';
import { batchSummaries } from './aggregation/summary-rows.ts';
import { summaryPlan, type SummaryPlan } from './aggregation/summary-plan.ts';
import { execute } from './build.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { paceOf, type Pace } from './pace.ts';
import { columnTypes, inPieces, MemoryBudget, pieces } from './run.ts';
import { HashUsage } from './spill/usage.ts';

/** Rows looked at between two checkpoints. */
const STEP_ROWS = 4096;

export async function* runAggregate(node: AggregateNode, context: ExecContext): OperatorRun {
  const summaries = summaryPlan(node, context);
  const lanes =
    comparesValues(node.input) || summaries === undefined ? lanePlan(node, context) : undefined;
  const plan = lanes === undefined ? summaries : undefined;
  const run = new AggregateRun(node, plan, context);
  const groupings = run.newGroupings();
  try {
    const rows = node.aggregates.every(isCheap) ? Infinity : STEP_ROWS;
    if (lanes !== undefined) await addLanes(groupings, lanes, rows, context);
    else if (plan === undefined) {
      const pace = paceOf(inputExprs(node), rows, context.eval.clock);
      await run.fill(groupings, inPieces(execute(node.input, context), pace, context), pace);
    } else await addSummaries(groupings, plan, node, rows, context);
    while (groupings.length > 0) yield* run.results(groupings.shift()!);
    if (node.groups.length > 0) {
      context.instrumentation?.metrics(node).notes.set('Batches', run.usage.note('HashAgg'));
    }
  } finally {
    for (const grouping of groupings) await grouping.spilled.close();
  }
}

/** Feeds groupings with summaries, and what storage cannot summarise as lanes or as rows. */
async function addSummaries(
  groupings: readonly Grouping[],
  plan: SummaryPlan,
  node: AggregateNode,
  rows: number,
  context: ExecContext,
): Promise<void> {
  const whole = lanePlan(node, context);
  if (whole !== undefined) {
    const input = new LaneInput(groupings, whole, rows, context);
    for await (const part of summaryInput(plan, context, () => input.rowsTaken)) {
      if (part.kind === 'rows') await input.add(part.batch);
      else await addToAll(groupings, plan, part.summaries, context);
    }
    return;
  }
  const lanes = filteredLanePlan(node);
  const aggregates = groupings.map(() => lanes && new LaneAggregate(lanes, context));
  for await (const part of summaryInput(plan, context)) {
    if (part.kind === 'summaries') {
      await addToAll(groupings, plan, part.summaries, context);
      continue;
    }
    for (const [i, grouping] of groupings.entries()) {
      const done = await aggregates[i]?.add(grouping, part.batch);
      if (done !== true) await grouping.add(part.batch, context);
    }
  }
}

async function addToAll(
  groupings: readonly Grouping[],
  plan: SummaryPlan,
  summaries: Summaries,
  context: ExecContext,
): Promise<void> {
  for (const grouping of groupings) await grouping.addSummaries(plan, summaries, context);
}

/** Calls that take many rows at a time: nothing is computed for a row, and little kept. */
function isCheap({ args, filter, orderBy, fn }: AggregateCall): boolean {
  const isPlain = filter === null && orderBy.length === 0;
  return isPlain && fn.orderInsensitive === true && args.every(({ kind }) => kind === 'column');
}

/** What is computed for every row. */
function inputExprs({ groups, aggregates }: AggregateNode): Expr[] {
  const inputs = aggregates.flatMap(({ args, filter, orderBy }) => [
    ...args,
    ...(filter === null ? [] : [filter]),
    ...orderBy.map(({ expr }) => expr),
  ]);
  return [...groups, ...inputs];
}

/** What the groupings of an aggregate have in common. */
class AggregateRun {
  readonly usage = new HashUsage();
  readonly #node: AggregateNode;
  readonly #plan: SummaryPlan | undefined;
  readonly #context: ExecContext;

  constructor(node: AggregateNode, plan: SummaryPlan | undefined, context: ExecContext) {
    this.#node = node;
    this.#plan = plan;
    this.#context = context;
  }

  /** One for each grouping set; together they have one budget. */
  newGroupings(): Grouping[] {
    const { groups, groupingSets, input } = this.#node;
    const types = columnTypes(input);
    const budget = this.#newBudget();
    const sets = groupingSets ?? [groups.map((_, i) => i)];
    return sets.map((set) => {
      const keys = set.map((i) => groups[i]);
      return new Grouping(this.#node, { set, keys, types, level: 0 }, budget, this.#context);
    });
  }

  #newBudget(): MemoryBudget {
    this.usage.batches++;
    return new MemoryBudget('HashAggregate', this.#context, this.#context.hashMemoryBytes);
  }

  async fill(
    groupings: readonly Grouping[],
    input: AsyncIterable<Batch>,
    pace?: Pace,
  ): Promise<void> {
    for await (const batch of input) {
      if (batch.length === 0) continue;
      pace?.begin();
      for (const grouping of groupings) await grouping.add(batch, this.#context);
      pace?.end(batch.length);
    }
  }

  /** The groups of a grouping, then those that it has on disk. */
  async *results(grouping: Grouping): OperatorRun {
    const { spilled, budget } = grouping;
    this.usage.noteMemory(budget.used);
    try {
      for await (const result of grouping.finish(this.#context)) {
        for (const piece of pieces(result)) {
          const pause = this.#context.checkpoint();
          if (pause !== undefined) await pause;
          yield piece;
        }
      }
      if (!spilled.isEmpty) yield* this.#spilledResults(spilled, grouping.spilledInput);
    } finally {
      await spilled.close();
    }
  }

  async *#spilledResults(spilled: SpilledGroups, input: GroupingInput): OperatorRun {
    for await (const part of spilled.parts()) {
      const grouping = new Grouping(this.#node, input, this.#newBudget(), this.#context);
      try {
        await this.#fillFromDisk(grouping, part);
        yield* this.results(grouping);
      } finally {
        await grouping.spilled.close();
      }
    }
    this.usage.noteDisk(spilled.bytes);
  }

  async #fillFromDisk(grouping: Grouping, { rows, summaries }: SpilledPart): Promise<void> {
    const context = this.#context;
    const plan = this.#plan;
    await this.fill([grouping], rows);
    if (plan === undefined) return;
    for await (const batch of summaries) {
      await grouping.addSummaries(plan, batchSummaries(plan, batch), context);
    }
  }
}
