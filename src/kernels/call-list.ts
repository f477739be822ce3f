/**
 * Kernel calls as a list in the kernels' memory, from which threads take one after the other. Whoever is
 * late is not waited for: a call that another thread has taken and not finished is made once more, at the same
 * time. Most of these kernels write nothing but their results, so the same again; who adds up in memory must
 * have it done elsewhere.
 */
import { kernels } from './kernels.ts';
import { kernelViews, scratch } from './memory.ts';

/** Kernels that only read what they are given and write results, which the threads know by position. */
const LISTED = [
  'summarizeU8',
  'summarizeU16',
  'summarizeU32',
  'partKeys',
  'distinctKeys',
  'groupRecords',
] as const;
export type ListedKernel = (typeof LISTED)[number];

export interface KernelCall {
  readonly kernel: ListedKernel;
  /** At most eight. */
  readonly args: readonly number[];
}

const ARGS_MAX = 8;
/** Those whose first argument is memory to work in, which each thread has of its own: callers leave it 0. */
const WORKING: ReadonlySet<ListedKernel> = new Set([
  'partKeys',
  'distinctKeys',
  'groupRecords',
] as const);
/** How much that is. */
export const CALL_WORK_BYTES = 1 << 20;
/** A call: its kernel, its arguments, and whether it is done. */
const CALL_WORDS = ARGS_MAX + 2;
/** The list: the next call, and how many there are. */
const HEAD_WORDS = 2;

type Kernel = (...args: number[]) => void;
const FUNCTIONS: readonly Kernel[] = LISTED.map((name) => {
  const kernel = kernels[name] as Kernel;
  return WORKING.has(name) ? (_work, ...args) => kernel(scratch(CALL_WORK_BYTES), ...args) : kernel;
});

export function listBytes(calls: number): number {
  return (HEAD_WORDS + calls * CALL_WORDS) * 4;
}

export function runCalls(calls: readonly KernelCall[]): void {
  for (const { kernel, args } of calls) FUNCTIONS[LISTED.indexOf(kernel)](...args);
}

export function writeCalls(calls: readonly KernelCall[], pointer: number): void {
  const { i32 } = kernelViews();
  const list = pointer / 4;
  calls.forEach(({ kernel, args }, i) => {
    const at = callAt(list, i);
    i32[at] = LISTED.indexOf(kernel);
    for (let a = 0; a < ARGS_MAX; a++) i32[at + 1 + a] = args[a] ?? 0;
    i32[at + 1 + ARGS_MAX] = 0;
  });
  i32[list + 1] = calls.length;
  // What was written before is seen by whoever sees this.
  Atomics.store(i32, list, 0);
}

/** Makes calls until all are taken. */
export function takeCalls(pointer: number): void {
  const { i32 } = kernelViews();
  const list = pointer / 4;
  const count = i32[list + 1];
  for (;;) {
    const next = Atomics.add(i32, list, 1);
    if (next >= count) return;
    makeCall(i32, callAt(list, next));
  }
}

/** Makes the calls that others have taken and not finished, or what `redo` has in their place; all results are there then. */
export function finishCalls(pointer: number, redo?: (call: number) => KernelCall): void {
  const list = pointer / 4;
  const count = kernelViews().i32[list + 1];
  for (let i = 0; i < count; i++) {
    // `redo` may make the memory grow.
    const { i32 } = kernelViews();
    const at = callAt(list, i);
    if (Atomics.load(i32, at + 1 + ARGS_MAX) !== 0) continue;
    if (redo === undefined) makeCall(i32, at);
    else runCalls([redo(i)]);
  }
}

function callAt(list: number, index: number): number {
  return list + HEAD_WORDS + index * CALL_WORDS;
}

function makeCall(i32: Int32Array, at: number): void {
  const first = at + 1;
  FUNCTIONS[i32[at]](
    i32[first] >>> 0,
    i32[first + 1] >>> 0,
    i32[first + 2] >>> 0,
    i32[first + 3],
    i32[first + 4] >>> 0,
    i32[first + 5] >>> 0,
    i32[first + 6] >>> 0,
    i32[first + 7] >>> 0,
  );
  Atomics.store(i32, first + ARGS_MAX, 1);
}
