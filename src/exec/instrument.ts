/** EXPLAIN ANALYZE: rows, loops and times around an operator. */
import type { PhysicalNode } from '../plan/physical.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

/** The same rows, counted and timed into the node's metrics. Times include the node's inputs. */
export async function* instrumented(
  node: PhysicalNode,
  run: OperatorRun,
  context: ExecContext,
): OperatorRun {
  const metrics = context.instrumentation!.metrics(node);
  const { clock } = context.eval;
  metrics.loops++;
  let spent = 0;
  let sawRow = false;
  try {
    for (;;) {
      const before = clock.monotonicMs();
      const step = await run.next();
      spent += clock.monotonicMs() - before;
      if (!sawRow && (step.done === true || step.value.length > 0)) {
        sawRow = true;
        metrics.startupMs += spent;
      }
      if (step.done === true) return;
      metrics.rows += step.value.length;
      metrics.batches++;
      yield step.value;
    }
  } finally {
    metrics.totalMs += spent;
    await run.return();
  }
}
