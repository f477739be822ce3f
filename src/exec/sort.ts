/** ORDER BY: all rows, sorted in memory or, where they are too many, in runs on disk. */
import type { SortNode } from '../plan/physical.ts';
import { execute } from './build.ts';
import { turn, type ExecContext, type OperatorRun } from './operator.ts';
import { columnTypes } from './run.ts';
import { ExternalSort } from './spill/external-sort.ts';

export async function* runSort(node: SortNode, context: ExecContext): OperatorRun {
  const sort = new ExternalSort(columnTypes(node.input), node.keys, context);
  try {
    for await (const batch of execute(node.input, context)) {
      await sort.add(batch);
      await turn(context);
    }
    yield* sort.sorted();
  } finally {
    context.instrumentation?.metrics(node).notes.set('Sort Method', sort.method);
    await sort.close();
  }
}
