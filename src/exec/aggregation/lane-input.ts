/** The input of an aggregate as lanes, with the condition still to be decided; what has no lanes as rows. */
import { bindPredicates } from '../bind-scan.ts';
import type { Batch } from '../../vector/vector.ts';
import { filtered } from '../filter.ts';
import { turn, type ExecContext } from '../operator.ts';
import { inPieces, once } from '../run.ts';
import { newCounters, report } from '../table-scan.ts';
import type { Grouping } from './grouping.ts';
import { LaneAggregate } from './lane-aggregate.ts';
import type { LanePlan } from './lane-plan.ts';

/** Feeds a scan to groupings; batches that must come as rows in pieces of so many. */
export async function addLanes(
  groupings: readonly Grouping[],
  plan: LanePlan,
  rows: number,
  context: ExecContext,
): Promise<void> {
  const { scan } = plan;
  const predicates = await bindPredicates(scan.predicates, context);
  if (predicates === undefined) return;
  const counters = newCounters(context);
  const { attnums } = scan;
  const request = { attnums, predicates, timeOrder: null, coarse: true, counters };
  const input = new LaneInput(groupings, plan, rows, context);
  for await (const batch of context.transaction.scan(scan.table, request)) {
    await turn(context);
    await input.add(batch);
  }
  if (counters === undefined) return;
  const metrics = context.instrumentation?.metrics(scan);
  if (metrics !== undefined) {
    metrics.rows += input.rowsTaken;
    metrics.loops++;
  }
  report(scan, counters, context);
}

/** Decides the condition over batches of a scan on lanes, and over others as rows in pieces of so many. */
export class LaneInput {
  readonly #groupings: readonly Grouping[];
  readonly #plan: LanePlan;
  readonly #rows: number;
  readonly #context: ExecContext;
  readonly #aggregates: readonly LaneAggregate[];
  /** Rows that were added as such. */
  #others = 0;

  constructor(groupings: readonly Grouping[], plan: LanePlan, rows: number, context: ExecContext) {
    this.#groupings = groupings;
    this.#plan = plan;
    this.#rows = rows;
    this.#context = context;
    this.#aggregates = groupings.map(() => new LaneAggregate(plan, context));
  }

  /** Rows that satisfied the condition. */
  get rowsTaken(): number {
    return this.#others + (this.#aggregates[0]?.rows ?? 0);
  }

  async add(batch: Batch): Promise<void> {
    const context = this.#context;
    for (const [i, grouping] of this.#groupings.entries()) {
      if (await this.#aggregates[i].add(grouping, batch)) continue;
      const left = filtered(once(batch), this.#plan.scan.filter, context);
      for await (const piece of inPieces(left, this.#rows, context)) {
        if (i === 0) this.#others += piece.length;
        await grouping.add(piece, context);
      }
    }
  }
}
