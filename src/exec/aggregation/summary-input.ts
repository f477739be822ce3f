/** The input of an aggregate as summaries, where storage can give them, and rows. */
import type { Summaries } from '../../vector/summary.ts';
import { constantVector } from '../../vector/builder.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { bindPredicates } from '../bind-scan.ts';
import { filtered } from '../filter.ts';
import { turn, type ExecContext } from '../operator.ts';
import { once } from '../run.ts';
import { newCounters, report } from '../table-scan.ts';
import type { SummaryPart } from '../../storage/storage.ts';
import { withDerived } from './derived-summaries.ts';
import type { SummaryPlan } from './summary-plan.ts';

/** Rows come filtered, or to a reader of lanes as they are: it tells in the end how many it has taken. */
export async function* summaryInput(
  plan: SummaryPlan,
  context: ExecContext,
  rowsTaken?: () => number,
): AsyncGenerator<SummaryPart> {
  const { scan, groupPositions, bucket, columns, derived } = plan;
  const predicates = await bindPredicates(scan.predicates, context);
  if (predicates === undefined) return;
  const counters = newCounters(context);
  const parts = context.transaction.scanSummaries(scan.table, {
    attnums: scan.attnums,
    predicates,
    groupBy: groupPositions.map((position) => scan.attnums[position]),
    bucket,
    columns,
    coarse: rowsTaken !== undefined && scan.filter !== null,
    counters,
  });
  for await (const part of parts) {
    await turn(context);
    if (part.kind === 'summaries') {
      yield derived.length === 0
        ? part
        : { kind: 'summaries', summaries: withDerived(part.summaries, derived) };
    } else if (scan.filter === null || rowsTaken !== undefined) yield part;
    else {
      for await (const batch of filtered(once(part.batch), scan.filter, context)) {
        yield { kind: 'rows', batch };
      }
    }
  }
  if (counters !== undefined) {
    const metrics = context.instrumentation?.metrics(scan);
    if (metrics !== undefined) {
      metrics.rows = counters.summarizedRows + (rowsTaken?.() ?? counters.rows);
      metrics.loops = 1;
    }
    report(scan, counters, context);
  }
}

/**
 * A row for each summary to evaluate the group expressions over: a bucket's start is in the bucket, and the
 * other columns are constant in a stretch. Columns that no group needs are NULL.
 */
export function groupRows(
  { scan, groupPositions, timePosition }: SummaryPlan,
  { length, groups, buckets }: Summaries,
): Batch {
  const columns = scan.columns.map(({ type }, position): Vector => {
    const group = groupPositions.indexOf(position);
    if (group >= 0) return groups[group];
    if (position !== timePosition) return constantVector(type, null, length);
    return { rep: 'f64', type, length, data: buckets, nulls: undefined };
  });
  return { columns, length };
}
