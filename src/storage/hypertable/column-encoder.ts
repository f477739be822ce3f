/**
 * What a flush does beside the event loop: on a thread where there is one. Columns are else encoded in
 * turns; sorting is left to the caller.
 */
import type { Log, Timers } from '../../base/env.ts';
import { KernelThread } from '../../kernels/kernel-thread.ts';
import { finishInTurns } from '../../base/steps.ts';
import type { KernelBlock } from '../../kernels/memory.ts';
import { encodeLaneSteps, type EncodedColumn, type EncodeLanesJob } from './encode-lanes.ts';
import type { OrderJob, RefineJob } from './sort-jobs.ts';

const PROGRAM = 'encode-worker';
/** Fewer rows are not worth a thread's start, nor its answer. */
const THREAD_ROWS = 65_536;

export class ColumnEncoder {
  readonly #log: Log;
  #thread: KernelThread | undefined;
  #isTried = false;
  #isClosed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  async encode(job: EncodeLanesJob, timers: Timers): Promise<EncodedColumn> {
    const { lanes, order, intervals } = job;
    const held = [lanes.block, order, ...(intervals === undefined ? [] : [intervals.borders])];
    const column = this.takes(job.rows) ? await this.#run(job, held) : undefined;
    if (column !== undefined) return column as EncodedColumn;
    return finishInTurns(encodeLaneSteps(job), () => timers.yield());
  }

  /** True where a thread would do jobs of so many rows. */
  takes(rows: number): boolean {
    return rows >= THREAD_ROWS && this.#started() !== undefined;
  }

  /** The thread's answer; undefined where there is none. */
  refine(job: RefineJob): Promise<number | undefined> {
    return this.#run(job, [job.ids, job.codes]) as Promise<number | undefined>;
  }

  /** The thread's answer; undefined where there is none. */
  order(job: OrderJob): Promise<Int32Array<ArrayBuffer> | undefined> {
    return this.#run(job, [job.ids, job.times]) as Promise<Int32Array<ArrayBuffer> | undefined>;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#thread?.stop();
    this.#thread = undefined;
  }

  /** What the thread has made of a job with these blocks; undefined where it has failed. */
  async #run(job: unknown, blocks: readonly KernelBlock[]): Promise<unknown> {
    const thread = this.#started();
    if (thread === undefined) return undefined;
    try {
      return await thread.run(job, blocks);
    } catch (error) {
      this.#abandon(thread, error);
      return undefined;
    }
  }

  #started(): KernelThread | undefined {
    if (!this.#isTried && !this.#isClosed) {
      this.#isTried = true;
      this.#thread = KernelThread.start(PROGRAM);
    }
    return this.#thread;
  }

  /** The event loop does the work from now on. */
  #abandon(thread: KernelThread, error: unknown): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    if (this.#isClosed) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#log.error('the encoding thread has failed', { reason });
    void thread.stop();
  }
}
