/** DISTINCT ON: the first row of each stretch of rows with equal keys. */
import type { DistinctOnNode } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import { gatherBatch } from '../vector/gather.ts';
import { valueAt, type Vector } from '../vector/vector.ts';
import { execute } from './build.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import { equalityOf } from './key-equality.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

type Equality = (a: Value, b: Value) => boolean;

export async function* runDistinctOn(node: DistinctOnNode, context: ExecContext): OperatorRun {
  const exprs = compileExprs(node.keys);
  const equal = node.keys.map((key) => equalityOf(key.type.oid));
  let last: Value[] | undefined;
  for await (const batch of execute(node.input, context)) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    if (batch.length === 0) continue;
    const keys = await evaluateAll(exprs, batch, context);
    const rows = firstRows(keys, equal, batch.length, last);
    last = keys.map((key) => valueAt(key, batch.length - 1));
    if (rows.length > 0) yield gatherBatch(batch, rows, true);
  }
}

/** Rows whose keys differ from those of the row before; `last` are those before the first. */
function firstRows(
  keys: readonly Vector[],
  equal: readonly Equality[],
  length: number,
  last: readonly Value[] | undefined,
): Int32Array {
  const differs = new Uint8Array(length);
  if (last === undefined) differs[0] = 1;
  keys.forEach((key, k) => {
    if (last !== undefined && !equal[k](valueAt(key, 0), last[k])) differs[0] = 1;
    markChanges(key, equal[k], length, differs);
  });
  const rows = new Int32Array(length);
  let count = 0;
  for (let row = 0; row < length; row++) if (differs[row] === 1) rows[count++] = row;
  return rows.subarray(0, count);
}

function markChanges(key: Vector, equal: Equality, length: number, differs: Uint8Array): void {
  for (let row = 1; row < length; row++) {
    if (differs[row] === 1) continue;
    // Equal codes are equal texts, whatever the dictionary.
    if (key.rep === 'text' && key.nulls === undefined && key.codes[row] === key.codes[row - 1]) {
      continue;
    }
    if (!equal(valueAt(key, row), valueAt(key, row - 1))) differs[row] = 1;
  }
}
