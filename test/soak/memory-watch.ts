/** Samples the server process, as Linux reports it, and judges whether it grows. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface MemorySummary {
  readonly quarters: readonly number[];
  readonly storeQuarters: readonly number[];
  readonly logQuarters: readonly number[];
  readonly fileQuarters: readonly number[];
  readonly highestMb: number;
}

interface Sample {
  readonly memoryMb: number;
  /** Without the commit log, which is trimmed only when it has grown by hundreds of megabytes. */
  readonly storeMb: number;
  readonly logMb: number;
  readonly files: number;
}

const EVERY_MS = 1000;
const MB = 2 ** 20;

/** Fewer samples than this are warming up and nothing else. */
const SAMPLES_MIN = 600;
const GROWTH_MAX = 1.25;

/** Seconds of processor time that a process has used. */
export function processorSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name before it may contain anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export class MemoryWatch {
  readonly #directory: string;
  readonly #pid: () => number | undefined;
  readonly #timer: NodeJS.Timeout;
  #samples: Sample[] = [];
  #highestMb = 0;

  constructor(directory: string, pid: () => number | undefined) {
    this.#directory = directory;
    this.#pid = pid;
    this.#timer = setInterval(() => this.#sample(), EVERY_MS);
  }

  /** From here on the server is in its steady state: its last restart is behind it. */
  begin(): void {
    this.#samples = [];
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  summary(): MemorySummary {
    return {
      quarters: this.#medians(({ memoryMb }) => memoryMb),
      storeQuarters: this.#medians(({ storeMb }) => storeMb),
      logQuarters: this.#medians(({ logMb }) => logMb),
      fileQuarters: this.#medians(({ files }) => files),
      highestMb: Math.round(this.#highestMb),
    };
  }

  /**
   * Growth in words, or undefined. Retention has long begun to drop as much as is written, so a server
   * that keeps nothing needs no more in the last quarter than in the second; the first is left out, where
   * caches fill. Medians, because a garbage collector's and a merge's peaks are no growth. A quarter is
   * allowed for the heap's own sizing: a leak of one byte a row or a kilobyte a statement is more.
   */
  growth(): string | undefined {
    if (this.#samples.length < SAMPLES_MIN) {
      console.log(`memory is not judged: ${this.#samples.length} of ${SAMPLES_MIN} samples`);
      return undefined;
    }
    const { quarters, storeQuarters } = this.summary();
    const grew = (what: string, [, second, , fourth]: readonly number[]): string | undefined =>
      (fourth as number) > (second as number) * GROWTH_MAX
        ? `${what} grew from ${second} MB in the second quarter to ${fourth} MB in the last`
        : undefined;
    return grew('memory', quarters) ?? grew('the store', storeQuarters);
  }

  latest(): string {
    const sample = this.#samples.at(-1);
    if (sample === undefined) return 'no sample';
    return `${Math.round(sample.memoryMb)} MB of memory, ${Math.round(sample.storeMb)} MB of store, ${Math.round(sample.logMb)} MB of log, ${sample.files} files`;
  }

  #medians(of: (sample: Sample) => number): number[] {
    const size = this.#samples.length / 4;
    return [0, 1, 2, 3].map((quarter) => {
      const part = this.#samples.slice(
        Math.floor(quarter * size),
        Math.floor((quarter + 1) * size),
      );
      const sorted = part.map(of).toSorted((a, b) => a - b);
      return Math.round(sorted[sorted.length >>> 1] ?? 0);
    });
  }

  #sample(): void {
    const pid = this.#pid();
    if (pid === undefined) return;
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      const memoryMb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
      const files = readdirSync(`/proc/${pid}/fd`).length;
      this.#samples.push({
        memoryMb,
        files,
        storeMb: bytesOf(join(this.#directory, 'kv')) / MB,
        logMb: bytesOf(join(this.#directory, 'log')) / MB,
      });
      this.#highestMb = Math.max(this.#highestMb, memoryMb);
    } catch (error) {
      // The process ended, or a file was removed, between two of these calls.
      if (!['ENOENT', 'ESRCH'].includes(String((error as { code?: string }).code))) throw error;
    }
  }
}

function bytesOf(directory: string): number {
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    bytes += entry.isDirectory() ? bytesOf(path) : statSync(path).size;
  }
  return bytes;
}
