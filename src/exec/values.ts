/** VALUES lists, and the single empty row of a SELECT without FROM. */
import type { ValuesNode } from '../plan/physical.ts';
import { VectorBuilder } from '../vector/builder.ts';
import { BATCH_ROWS } from '../vector/vector.ts';
import { compileExpr, UNIT_BATCH } from './expression.ts';
import { turn, type ExecContext, type OperatorRun } from './operator.ts';
import { valueAt } from '../vector/vector.ts';

/** Rows between two checkpoints: each of their expressions is compiled for the one row. */
const STEP_ROWS = 128;

export async function* runValues(node: ValuesNode, context: ExecContext): OperatorRun {
  if (node.batches !== undefined) {
    yield* node.batches;
    return;
  }
  const order = node.order ?? [...node.columns.keys()];
  for (let start = 0; start < node.rows.length; start += BATCH_ROWS) {
    const rows = node.rows.slice(start, start + BATCH_ROWS);
    const builders = node.columns.map((column) => new VectorBuilder(column.type, rows.length));
    for (const [at, row] of rows.entries()) {
      if (at % STEP_ROWS === 0) await turn(context);
      for (const i of order) {
        const expr = row[i];
        if (expr.kind === 'constant') builders[i].append(expr.value);
        else if (expr.kind === 'parameter') builders[i].append(context.parameters[expr.index]);
        else {
          const value = compileExpr(expr).run(UNIT_BATCH, context);
          builders[i].append(valueAt(value instanceof Promise ? await value : value, 0));
        }
      }
    }
    yield { columns: builders.map((builder) => builder.finish()), length: rows.length };
  }
}
