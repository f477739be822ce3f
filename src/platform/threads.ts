/**
 * Worker threads, most of them over the kernels' one memory. Such a thread has an instance of the kernels of
 * its own, and a part of the memory to work in; addresses mean the same to all of them.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** What a thread is given of the kernels. */
export interface KernelShare {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** Address and bytes of the thread's own part. */
  readonly scratch: number;
  readonly scratchBytes: number;
}

const SHARE = 'varveKernels';
const BUILD = 'varveBuild';

/** Tells builds apart: a program may be replaced while the one that starts its thread runs. */
declare const VARVE_BUILD: string | undefined;
const FROM_SOURCES = 'sources';
const OWN_BUILD = typeof VARVE_BUILD === 'string' ? VARVE_BUILD : FROM_SOURCES;

/** What this thread was given, where it is one of ours. */
export function kernelShare(): KernelShare | undefined {
  if (isMainThread || typeof workerData !== 'object' || workerData === null) return undefined;
  return (workerData as Readonly<Record<string, KernelShare | undefined>>)[SHARE];
}

/** A thread's answer: what the job gave, or what it failed with. */
type Answer = { readonly id: number } & (
  | { readonly result: unknown }
  | { readonly failure: string }
);

interface Waiting {
  /** What the job names by address, and must not be collected before it is done. */
  readonly held: unknown;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Does one job after the other. The thread never keeps the process alive. */
export class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #failure: Error | undefined;

  constructor(file: string, share?: KernelShare) {
    this.#worker = new Worker(file, { workerData: { [SHARE]: share, [BUILD]: OWN_BUILD } });
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread has ended')));
  }

  /** Jobs that are not done. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Rejects where the job fails, or the thread has ended. Holds `held` until then. */
  run(job: unknown, held: unknown): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#next++;
    // While somebody waits, the process must not end.
    if (this.#waiting.size === 0) this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { held, resolve, reject });
      this.#worker.postMessage({ id, job });
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('result' in answer) waiting?.resolve(answer.result);
    else waiting?.reject(new Error(answer.failure));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Threads that can run at the same time. */
export function parallelism(): number {
  return availableParallelism();
}

/** The program of a thread: a file beside this one, which only a build makes; undefined without one. */
export function threadProgram(name: string): string | undefined {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return existsSync(file) ? file : undefined;
}

/** In a thread: answers jobs for as long as it lives. */
export function serveJobs(
  run: (job: unknown) => { result: unknown; transfer: readonly ArrayBuffer[] },
): void {
  const build = (workerData as Readonly<Record<string, unknown>>)[BUILD];
  if (build !== OWN_BUILD && build !== FROM_SOURCES) throw new Error('of another build');
  parentPort?.on('message', ({ id, job }: { id: number; job: unknown }) => {
    try {
      const { result, transfer } = run(job);
      parentPort?.postMessage({ id, result }, [...transfer]);
    } catch (error) {
      const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      parentPort?.postMessage({ id, failure });
    }
  });
}
