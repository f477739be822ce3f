/**
 * How plans run. An operator is an async generator of batches; a node's generator is made by `execute`
 * in build.ts. Batches are immutable. An operator that stops early must let its input's `return()` run
 * (a `for await` with `break` does), so that scans release what they hold.
 *
 * Every operator calls `checkpoint` once a batch and inside any loop that may run longer than about
 * 5 ms without one (sorts, hash builds, nested loops): it stops on cancel and time-outs, and gives the
 * event loop a turn, so that one statement never holds up another connection.
 */
import { finishInTurns } from '../base/steps.ts';
import type { EvalContext } from '../functions/function.ts';
import type { ExplainNote } from '../plan/explain-node.ts';
import type { PhysicalNode } from '../plan/physical.ts';
import type { StorageTransaction } from '../storage/storage.ts';
import type { VirtualTableDescriptor, SequenceDescriptor } from '../catalog/catalog.ts';
import type { Value } from '../types/value.ts';
import type { Batch } from '../vector/vector.ts';
import type { TemporaryFiles } from './spill/temporary-space.ts';

export interface ExecContext {
  readonly eval: EvalContext;
  readonly transaction: StorageTransaction;
  /** Bound values of $1, $2 ... */
  readonly parameters: readonly Value[];
  /** exec-params; operators write them just before they run a sub-plan. */
  readonly execParams: Value[];
  /** work_mem: budget of one sort or kept result before it spills, or fails with 53200 far beyond. */
  readonly workMemoryBytes: number;
  /** work_mem times hash_mem_multiplier: the same for a hash table. */
  readonly hashMemoryBytes: number;
  /** Where operators spill; undefined in a database that keeps everything in memory. */
  readonly temporaryFiles: TemporaryFiles | undefined;
  readonly cancel: CancelState;
  /** undefined while there is nothing to wait for (the usual case): await only a promise. */
  checkpoint(): Promise<void> | undefined;
  /** Rows of a virtual table or sequence, columns in attnum order. */
  virtualRows(
    table: VirtualTableDescriptor | SequenceDescriptor,
  ): Iterable<readonly Value[]> | AsyncIterable<readonly Value[]>;
  /** Set by EXPLAIN ANALYZE. */
  readonly instrumentation: Instrumentation | undefined;
  /** Rows that each insert, update and delete node has changed so far; they add to it. */
  readonly modified: Map<PhysicalNode, number>;
  /** Results of CTEs and uncorrelated subplans, kept for this statement. */
  readonly shared: Map<string, unknown>;
}

/** Set from outside (CancelRequest, statement_timeout); checkpoint throws it. */
export interface CancelState {
  reason: Error | undefined;
}

/** What EXPLAIN ANALYZE prints per node. */
export interface NodeMetrics {
  rows: number;
  batches: number;
  loops: number;
  /** Time to the first row and to the last one, milliseconds, over all loops. */
  startupMs: number;
  totalMs: number;
  /** Further lines, e.g. `Chunks: 3 of 12`. */
  readonly notes: Map<string, ExplainNote>;
}

export interface Instrumentation {
  /** EXPLAIN (ANALYZE, BUFFERS): what was read, too. */
  readonly withBuffers: boolean;
  metrics(node: PhysicalNode): NodeMetrics;
}

export type OperatorRun = AsyncGenerator<Batch, void, void>;

/** A checkpoint, waited for where there is something to wait for. */
export async function turn(context: Pick<ExecContext, 'checkpoint'>): Promise<void> {
  const pause = context.checkpoint();
  if (pause !== undefined) await pause;
}

/** Work over rows 0..length-1 in stretches of `rows`, with a checkpoint after each. */
export async function stretches(
  length: number,
  rows: number,
  context: Pick<ExecContext, 'checkpoint'>,
  work: (start: number, end: number) => void,
): Promise<void> {
  for (let start = 0; start < length; start += rows) {
    work(start, Math.min(length, start + rows));
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
  }
}

/** Takes steps to their end, with turns for the event loop in between. */
export function inTurns<T>(
  steps: Iterator<void, T, void>,
  context: Pick<ExecContext, 'checkpoint'>,
): Promise<T> {
  return finishInTurns(steps, () => context.checkpoint());
}
