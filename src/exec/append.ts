/** UNION ALL: one input after the other. */
import type { AppendNode } from '../plan/physical.ts';
import { execute } from './build.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

export async function* runAppend(node: AppendNode, context: ExecContext): OperatorRun {
  for (const input of node.inputs) {
    for await (const batch of execute(input, context)) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      yield batch;
    }
  }
}
