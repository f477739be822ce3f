/** From a plan node to its running operator. */
import type { PhysicalNode } from '../plan/physical.ts';
import type { Batch } from '../vector/vector.ts';
import { runAggregate } from './aggregate.ts';
import { runAppend } from './append.ts';
import { runChoice } from './choice.ts';
import { runCteScan } from './cte-scan.ts';
import { runDelete } from './delete.ts';
import { runDistinctOn } from './distinct-on.ts';
import { runDistinct } from './distinct.ts';
import { runFilter } from './filter.ts';
import { runFunctionLoop } from './function-loop.ts';
import { runFunctionScan } from './function-scan.ts';
import { runHashJoin } from './hash-join.ts';
import { runIndexScan } from './index-scan.ts';
import { runInsert } from './insert.ts';
import { instrumented } from './instrument.ts';
import { runBucketWindow } from './bucket-window.ts';
import { runLimit } from './limit.ts';
import { runLockRows } from './lock-rows.ts';
import { runNestedLoop } from './nested-loop.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { runProjectSet } from './project-set.ts';
import { runProject } from './project.ts';
import { runRecursiveUnion, runWorkTable } from './recursive-union.ts';
import { steadyPace } from './pace.ts';
import { piecesWithRuns } from './run.ts';
import { runSetOperation } from './set-operation.ts';
import { runSort } from './sort.ts';
import { runTableScan } from './table-scan.ts';
import { runTopN } from './top-n.ts';
import { runUpdate } from './update.ts';
import { runValues } from './values.ts';
import { runVirtualScan } from './virtual-scan.ts';
import { runWindow } from './window.ts';
import { runWith } from './with.ts';

/** Rows that a statement puts out at a time: more would be formatted for the client in one go. */
const OUTPUT_ROWS = 4096;

/** Contexts whose statement has begun: what is executed first is the root of its plan. */
const begun = new WeakSet<ExecContext>();

/** The rows of a plan. Nothing happens before the first `next`. */
export function execute(node: PhysicalNode, context: ExecContext): OperatorRun {
  const plain = start(node, context);
  const run = context.instrumentation === undefined ? plain : instrumented(node, plain, context);
  if (begun.has(context)) return run;
  begun.add(context);
  return statementRun(run, context);
}

/** The output of a statement; its end, whatever the reason, is the end of its temporary files. */
async function* statementRun(run: OperatorRun, context: ExecContext): OperatorRun {
  try {
    for await (const batch of run) {
      for (const piece of outputPieces(batch)) {
        const pause = context.checkpoint();
        if (pause !== undefined) await pause;
        yield piece;
      }
    }
  } finally {
    await context.temporaryFiles?.close();
  }
}

function outputPieces(batch: Batch): Iterable<Batch> {
  return batch.length <= OUTPUT_ROWS ? [batch] : piecesWithRuns(batch, steadyPace(OUTPUT_ROWS));
}

function start(node: PhysicalNode, context: ExecContext): OperatorRun {
  switch (node.kind) {
    case 'table-scan':
      return runTableScan(node, context);
    case 'index-scan':
      return runIndexScan(node, context);
    case 'virtual-scan':
      return runVirtualScan(node, context);
    case 'values':
      return runValues(node, context);
    case 'function-scan':
      return runFunctionScan(node, context);
    case 'project-set':
      return runProjectSet(node, context);
    case 'filter':
      return runFilter(node, context);
    case 'project':
      return runProject(node, context);
    case 'aggregate':
      return runAggregate(node, context);
    case 'sort':
      return runSort(node, context);
    case 'top-n':
      return runTopN(node, context);
    case 'bucket-window':
      return runBucketWindow(node, context);
    case 'limit':
      return runLimit(node, context);
    case 'distinct-on':
      return runDistinctOn(node, context);
    case 'distinct':
      return runDistinct(node, context);
    case 'hash-join':
      return runHashJoin(node, context);
    case 'nested-loop':
      return runNestedLoop(node, context);
    case 'function-loop':
      return runFunctionLoop(node, context);
    case 'append':
      return runAppend(node, context);
    case 'set-operation':
      return runSetOperation(node, context);
    case 'window':
      return runWindow(node, context);
    case 'cte-scan':
      return runCteScan(node, context);
    case 'with':
      return runWith(node, context);
    case 'choice':
      return runChoice(node, context);
    case 'recursive-union':
      return runRecursiveUnion(node, context);
    case 'work-table':
      return runWorkTable(node, context);
    case 'insert':
      return runInsert(node, context);
    case 'update':
      return runUpdate(node, context);
    case 'delete':
      return runDelete(node, context);
    case 'lock-rows':
      return runLockRows(node, context);
  }
}
