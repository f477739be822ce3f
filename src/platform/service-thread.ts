/**
 * A thread that the process is there for, with an event loop and a heap of its own. V8 takes some settings
 * only when it sets a heap up: a process has no say in those of its first thread, and in those of any other.
 */
import { availableParallelism } from 'node:os';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { parentPort, Worker, workerData } from 'node:worker_threads';

const TASK = 'varveService';
const MEBIBYTE = 1_048_576;

/** Runs a program in a thread, until its event loop has nothing left to do. */
export class ServiceThread {
  /** The last thing that the thread told; rejects with an error that nobody there has caught. */
  readonly ended: Promise<unknown>;
  readonly #worker: Worker;

  /** `task` must be data that can be copied. */
  constructor(program: string, task: unknown) {
    setFlagsFromString(`--concurrent-marking-max-worker-num=${markingThreads()}`);
    // Else a scavenge waits until another thread has freed the last one's buffers, and gets a processor for it.
    setFlagsFromString('--no-concurrent-array-buffer-sweeping');
    this.#worker = new Worker(program, {
      workerData: { [TASK]: task },
      // Else a thread has the smallest heap that V8 knows, however much memory there is.
      resourceLimits: { maxOldGenerationSizeMb: getHeapStatistics().heap_size_limit / MEBIBYTE },
    });
    let told: unknown;
    this.#worker.on('message', (message) => (told = message));
    this.ended = new Promise((resolve, reject) => {
      this.#worker.on('error', reject);
      this.#worker.on('exit', () => resolve(told));
    });
  }

  /** Interrupts nothing: the thread hears of it in its next turn. */
  stop(): void {
    this.#worker.postMessage('stop');
  }
}

/**
 * How many threads may look for garbage beside the event loop. V8 has four, whatever the machine: on two
 * processors the event loop would have two fifths of one for tenths of a second.
 */
function markingThreads(): number {
  return Math.min(4, Math.max(1, Math.floor(availableParallelism() / 2)));
}

/** In such a thread: what it is there for, and when it is told to stop. */
export function service(): { readonly task: unknown; readonly stopped: Promise<void> } {
  const { [TASK]: task } = workerData as Readonly<Record<string, unknown>>;
  const stopped = new Promise<void>((resolve) => parentPort?.once('message', () => resolve()));
  // Waiting for that alone does not keep the thread alive.
  parentPort?.unref();
  process.setSourceMapsEnabled(true);
  return { task, stopped };
}

/** In such a thread: what the process hears when the thread has ended. */
export function tellOutcome(outcome: unknown): void {
  parentPort?.postMessage(outcome);
}
