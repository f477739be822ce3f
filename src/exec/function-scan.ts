/** Functions in FROM: one, or several side by side (ROWS FROM), with or without ordinality. */
import type { FunctionScanNode } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import { VectorBuilder } from '../vector/builder.ts';
import { BATCH_ROWS, valueAt } from '../vector/vector.ts';
import { compileExprs, evaluateAll, UNIT_BATCH } from './expression.ts';
import { functionRows, type RowSource } from './function-rows.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

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
  const sources = node.functions.map(({ fn, call }, i) =>
    functionRows(fn, call, argsOf[i], context),
  );
  try {
    yield* sideBySide(node, sources, context);
  } finally {
    for (const source of sources) await source.close();
  }
}

/** A row may be a number of a hundred thousand digits, which takes a while to make. */
const ROWS_PER_CHECK = 64;

async function* sideBySide(
  node: FunctionScanNode,
  sources: readonly RowSource[],
  context: ExecContext,
): OperatorRun {
  const fresh = (): VectorBuilder[] => node.columns.map((column) => new VectorBuilder(column.type));
  const open = sources.map(() => true);
  let builders = fresh();
  let length = 0;
  let ordinal = 0;
  for (;;) {
    const rows: (readonly Value[] | undefined)[] = [];
    for (let i = 0; i < sources.length; i++) {
      const next = open[i] ? sources[i].next() : undefined;
      const row = next instanceof Promise ? await next : next;
      open[i] = row !== undefined;
      rows.push(row);
    }
    if (!open.includes(true)) break;
    let column = 0;
    for (let i = 0; i < sources.length; i++) {
      for (let k = 0; k < node.functions[i].columnCount; k++) {
        builders[column++].append(rows[i]?.[k] ?? null);
      }
    }
    ordinal++;
    if (node.withOrdinality) builders[column].append(ordinal);
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
