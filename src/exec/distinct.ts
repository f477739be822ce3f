/** SELECT DISTINCT: the first of equal rows. */
import type { DistinctNode } from '../plan/physical.ts';
import { execute } from './build.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { columnTypes, hashStepRows, inPieces } from './run.ts';
import { distinct, DistinctRows } from './spill/distinct-rows.ts';

export async function* runDistinct(node: DistinctNode, context: ExecContext): OperatorRun {
  const rows = new DistinctRows(columnTypes(node), context);
  const input = inPieces(execute(node.input, context), hashStepRows(context), context);
  yield* distinct(input, rows);
  context.instrumentation?.metrics(node).notes.set('Batches', rows.usage.note('HashAgg'));
}
