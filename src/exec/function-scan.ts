/** Functions in FROM: one, or several side by side (ROWS FROM), with or without ordinality. */
import type { FunctionScanNode } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import { VectorBuilder } from '../vector/builder.ts';
import { BATCH_ROWS, valueAt } from '../vector/vector.ts';
import { compileExprs, evaluateAll, UNIT_BATCH } from './expression.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { SideBySide } from './side-by-side.ts';

export async function* runFunctionScan(node: FunctionScanNode, context: ExecContext): OperatorRun {
  const argsOf: Value[][] = [];
  for (const { args } of node.functions) {
    const vectors = await evaluateAll(compileExprs(args), UNIT_BATCH, context);
    argsOf.push(vectors.map((vector) => valueAt(vector, 0)));
  }
  const [first] = node.functions;
  if (node.functions.length === 1 && !node.withOrdinality && first.fn.batches !== undefined) {
    if (first.fn.strict && argsOf[0].includes(null)) return;
    for (const batch of first.fn.batches(argsOf[0], context.eval, first.call)) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
      yield batch;
    }
    return;
  }
  const rows = new SideBySide(node, argsOf, context);
  try {
    yield* sideBySide(node, rows, context);
  } finally {
    await rows.close();
  }
}

/** A row may be a number of a hundred thousand digits, which takes a while to make. */
export const ROWS_PER_CHECK = 64;

async function* sideBySide(
  node: FunctionScanNode,
  rows: SideBySide,
  context: ExecContext,
): OperatorRun {
  const fresh = (): VectorBuilder[] => node.columns.map((column) => new VectorBuilder(column.type));
  let builders = fresh();
  let length = 0;
  for (;;) {
    const wait = rows.next();
    if (wait !== undefined) await wait;
    if (!rows.append(builders)) break;
    length++;
    if (length % ROWS_PER_CHECK === 0) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
    }
    if (length < BATCH_ROWS) continue;
    yield { columns: builders.map((builder) => builder.finish()), length };
    builders = fresh();
    length = 0;
  }
  if (length > 0) yield { columns: builders.map((builder) => builder.finish()), length };
}
