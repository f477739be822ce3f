/** The input of an aggregate as lanes, with the condition still to be decided; what has no lanes as rows. */
import { bindPredicates } from '../bind-scan.ts';
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
  const aggregates = groupings.map(() => new LaneAggregate(plan, context));
  let others = 0;
  for await (const batch of context.transaction.scan(scan.table, request)) {
    await turn(context);
    for (const [i, grouping] of groupings.entries()) {
      if (await aggregates[i].add(grouping, batch)) continue;
      const left = filtered(once(batch), scan.filter, context);
      for await (const piece of inPieces(left, rows, context)) {
        if (i === 0) others += piece.length;
        await grouping.add(piece, context);
      }
    }
  }
  if (counters === undefined) return;
  const metrics = context.instrumentation?.metrics(scan);
  if (metrics !== undefined) {
    metrics.rows += others + (aggregates[0]?.rows ?? 0);
    metrics.loops++;
  }
  report(scan, counters, context);
}
