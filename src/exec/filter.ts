/** WHERE and HAVING: rows where the condition is true. */
import type { Expr } from '../plan/expr.ts';
import type { FilterNode } from '../plan/physical.ts';
import { pickBatch } from '../vector/gather.ts';
import type { Batch } from '../vector/vector.ts';
import { execute } from './build.ts';
import { compileParts } from './expression.ts';
import { inTurns, type ExecContext, type OperatorRun } from './operator.ts';
import { prepareSets } from './expr/membership.ts';
import { compilePredicate } from './predicate.ts';
import { paceOf, steadyPace } from './pace.ts';
import { inPieces } from './run.ts';

/** Rows tested between two checkpoints, and where a test takes some nanoseconds: as many as scans give. */
const STEP_ROWS = 4096;
const CHEAP_ROWS = 16_384;

export async function* runFilter(node: FilterNode, context: ExecContext): OperatorRun {
  yield* filtered(execute(node.input, context), node.condition, context);
}

/** The rows of `input` where the condition holds (all of them without one), in their order. */
export async function* filtered(
  input: AsyncIterable<Batch>,
  condition: Expr | null,
  context: ExecContext,
): OperatorRun {
  if (condition === null) {
    for await (const batch of input) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      if (batch.length > 0) yield batch;
    }
    return;
  }
  await prepareSets(condition, context);
  await inTurns(compileParts(condition), context);
  const predicate = compilePredicate(condition);
  const pace = predicate.isCheap
    ? steadyPace(CHEAP_ROWS)
    : paceOf([condition], STEP_ROWS, context.eval.clock);
  for await (const batch of inPieces(input, pace, context)) {
    if (batch.length === 0) continue;
    pace.begin();
    const selected = predicate.run(batch, context);
    const rows = selected instanceof Promise ? await selected : selected;
    pace.end(batch.length);
    if (rows === undefined) yield batch;
    else if (rows.length > 0) yield pickBatch(batch, rows);
  }
}
