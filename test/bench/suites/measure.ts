/** How loads and queries are measured, alike for every system. */
import type { Answer } from '../answers/answer.ts';
import { randomFrom, type Random } from '../data/random.ts';
import type { DataFile } from '../encode/files.ts';
import { cpuSeconds, memoryBytes } from '../lib/process-stats.ts';
import { median, quantile } from '../lib/statistics.ts';
import type { QueryType } from '../queries/query.ts';
import type { System } from '../systems/system.ts';

export interface LoadResult {
  readonly form: string;
  readonly rows: number;
  /** Of how many, where the load ended early. */
  readonly ofRows?: number;
  readonly seconds: number;
  readonly cpuSecondsPerMillionRows: number | undefined;
  readonly storedBytesPerRow: number;
  readonly peakBytes: number | undefined;
  readonly sentBytesPerRow: number;
}

export interface Cell {
  readonly medianMs?: number;
  readonly p95Ms?: number;
  readonly runs?: number;
  /** Of the first instance. */
  readonly rows?: number;
  readonly bytes?: number;
  /** What the system said instead of an answer. */
  readonly error?: string;
  /** How its answer differs from the others'. */
  readonly differs?: string;
  /** The dialect has no equal question. */
  readonly absent?: true;
}

/** Loads the files of one form into fresh tables; a slow load may end after some seconds with what it has. */
export async function measureLoad(
  system: System,
  files: readonly DataFile[],
  workers: number,
  secondsMax?: number,
): Promise<LoadResult> {
  for (const { table } of files) await system.createTable(table);
  const cpuBefore = system.pid === undefined ? 0 : cpuSeconds(system.pid);
  const start = performance.now();
  let rows = 0;
  for (const file of files) rows += await system.load(file, workers, secondsMax);
  const seconds = (performance.now() - start) / 1000;
  const cpu = system.pid === undefined ? undefined : cpuSeconds(system.pid) - cpuBefore;
  const all = files.reduce((sum, file) => sum + file.rows, 0);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const tables = files.map(({ table }) => table);
  await system.settle(tables);
  return {
    form: files[0].form,
    rows,
    ...(rows < all ? { ofRows: all } : {}),
    seconds,
    cpuSecondsPerMillionRows: cpu === undefined ? undefined : (cpu / rows) * 1e6,
    storedBytesPerRow: (await system.storedBytes(tables)) / rows,
    peakBytes: system.pid === undefined ? undefined : memoryBytes(system.pid),
    sentBytesPerRow: bytes / all,
  };
}

export interface MeasureOptions {
  readonly seed: number;
  readonly instances: number;
  readonly seconds: number;
}

const COMPARED = 3;
const WARM_UPS = 2;
const RUNS_MIN = 3;
/** A query that takes so many times the seconds it has is asked only twice: compared, then timed. */
const SLOW = 4;

export interface Measured {
  readonly cell: Cell;
  readonly answers: readonly Answer[];
}

/** The same instances in the same order for every system: some compared, some to warm up, the rest timed. */
export async function measureQuery(
  system: System,
  type: QueryType,
  options: MeasureOptions,
): Promise<Measured> {
  const random = randomOf(type.name, options.seed);
  const count = options.instances + WARM_UPS;
  const instances = Array.from({ length: count }, () => type.instance(random));
  const texts = instances.map((instance) => instance(system.dialect));
  if (!texts.every((text) => text !== undefined)) return { cell: { absent: true }, answers: [] };
  try {
    const start = performance.now();
    const answers = [await system.answer(texts[0], type)];
    const isSlow = performance.now() - start > SLOW * options.seconds * 1000;
    // Large answers take long to decode, and one of them has rows enough to tell.
    if (!isSlow && type.isFixed !== true && answers[0].kept !== undefined) {
      for (const text of texts.slice(1, COMPARED)) answers.push(await system.answer(text, type));
    }
    const cell = isSlow
      ? await timeTexts(system, texts.slice(0, 1), options)
      : await warmTimes(system, texts, options);
    return { cell: { ...cell, rows: answers[0].rows }, answers };
  } catch (error) {
    return { cell: { error: shortError(error) }, answers: [] };
  }
}

async function warmTimes(
  system: System,
  texts: readonly string[],
  options: MeasureOptions,
): Promise<Cell> {
  for (const text of texts.slice(-WARM_UPS)) await system.time(text);
  return timeTexts(system, texts.slice(0, -WARM_UPS), options);
}

async function timeTexts(
  system: System,
  texts: readonly string[],
  options: MeasureOptions,
): Promise<Cell> {
  const times: number[] = [];
  let bytes: number | undefined;
  let spent = 0;
  for (const text of texts) {
    if (times.length >= RUNS_MIN && spent > options.seconds * 1000) break;
    const timed = await system.time(text);
    times.push(timed.milliseconds);
    bytes ??= timed.bytes;
    spent += timed.milliseconds;
  }
  return {
    medianMs: median(times),
    p95Ms: quantile(times, 0.95),
    runs: times.length,
    ...(bytes === undefined ? {} : { bytes }),
  };
}

function randomOf(name: string, seed: number): Random {
  let mixed = seed;
  for (let i = 0; i < name.length; i++) mixed = Math.imul(mixed, 31) + name.charCodeAt(i);
  return randomFrom(mixed);
}

/** An SQLSTATE where there is one, else the message's first line. */
export function shortError(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return `${error.code} ${error.message.replace(error.code, '').trim()}`.slice(0, 200);
  }
  return String(error instanceof Error ? error.message : error)
    .split('\n', 1)[0]
    .slice(0, 200);
}
