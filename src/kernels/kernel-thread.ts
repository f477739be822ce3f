/** A thread with kernels of its own: its jobs name the one memory by address. */
import { Thread, threadProgram } from '../platform/threads.ts';
import { kernelModule } from './kernels.ts';
import { freeBlock, kernelMemory, tryAllocate, type KernelBlock } from './memory.ts';

/** What kernels need to work in, on a block of a segment. */
const SCRATCH_BYTES = 4 * 1024 * 1024;

export class KernelThread {
  readonly #thread: Thread;
  readonly #scratch: KernelBlock;

  private constructor(file: string, scratch: KernelBlock) {
    this.#scratch = scratch;
    this.#thread = new Thread(file, {
      memory: kernelMemory,
      module: kernelModule,
      scratch: scratch.pointer,
      scratchBytes: scratch.bytes,
    });
  }

  /** Undefined where no build has made the program, or no memory is left. */
  static start(program: string): KernelThread | undefined {
    const file = threadProgram(program);
    return file === undefined ? undefined : KernelThread.of(file);
  }

  /** The same of a program in this file. */
  static of(file: string): KernelThread | undefined {
    const scratch = tryAllocate(SCRATCH_BYTES);
    return scratch && new KernelThread(file, scratch);
  }

  /** Jobs that are not done. */
  get waiting(): number {
    return this.#thread.waiting;
  }

  /** Rejects where the job fails or the thread has ended. The blocks stay what they are until it is done. */
  run(job: unknown, blocks: readonly KernelBlock[]): Promise<unknown> {
    return this.#thread.run(job, [this.#scratch, ...blocks]);
  }

  /** The scratch is held until then: a thread that is being stopped may still write there. */
  async stop(): Promise<void> {
    await this.#thread.stop();
    freeBlock(this.#scratch);
  }
}
