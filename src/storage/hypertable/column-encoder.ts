/** Encodes columns beside the event loop: on a thread where there is one, else in turns. */
import type { Log, Timers } from '../../base/env.ts';
import { KernelThread } from '../../kernels/kernel-thread.ts';
import { blocksOf, encodeOne, type EncodeLanesJob } from './encode-lanes.ts';
import type { EncodedBlock } from './lane-block.ts';

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

  async encode(job: EncodeLanesJob, timers: Timers): Promise<readonly EncodedBlock[]> {
    const thread = job.rows < THREAD_ROWS ? undefined : this.#started();
    if (thread !== undefined) {
      try {
        const blocks = [job.lanes.block, job.order];
        return (await thread.run(job, blocks)) as EncodedBlock[];
      } catch (error) {
        this.#abandon(thread, error);
      }
    }
    const encoded: EncodedBlock[] = [];
    for (let index = 0; index < blocksOf(job); index++) {
      encoded.push(encodeOne(job, index));
      await timers.yield();
    }
    return encoded;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#thread?.stop();
    this.#thread = undefined;
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
