/**
 * The memory that kernels see, and its allocator. Blocks live outside the garbage collector, so each has
 * an owner, a `KernelBlock`: when the owner is collected the block is free again. Whoever works with an
 * address must therefore hold the block for as long; nothing is freed while a synchronous call runs.
 *
 * Allocating asks for a collection from time to time: blocks are small objects to V8, however much they
 * own. The memory grows and never shrinks; freed blocks are used again for blocks of about their size.
 */

import { collectGarbage } from '../platform/collect-garbage.ts';
import { kernelShare } from '../platform/threads.ts';

const PAGE_BYTES = 65_536;
/** What a 32-bit address reaches. */
const PAGES_MAX = 65_536;
const PAGES_INITIAL = 64;
/** Static data of the compiled kernels and their stack end below this. */
const HEAP_START = 1 << 20;
/** Blocks are aligned to the width of a SIMD register. */
const ALIGNMENT = 16;
/** New blocks of so many bytes in all make the garbage collector run: it does not see them by itself. */
const COLLECT_BYTES = 256 * 1024 * 1024;
/** The heap grows by this much at least. */
const GROWTH_PAGES = 256;

/** In a worker thread, the part of the main thread's memory that is for it alone. */
const share = kernelShare();

export const kernelMemory =
  share?.memory ??
  new WebAssembly.Memory({ initial: PAGES_INITIAL, maximum: PAGES_MAX, shared: true });

/** Views over the whole memory. They are replaced when it grows: never keep one across a call. */
export interface KernelViews {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
}

let views = makeViews();
let top = HEAP_START;
let inUse = 0;
/** Bytes in use at which garbage is collected next. */
let collectAt = COLLECT_BYTES;
const free = new Map<number, number[]>();

/** In a worker thread, before each job: another thread may have made the memory larger. */
export function refreshViews(): void {
  if (views.u8.byteLength < kernelMemory.buffer.byteLength) views = makeViews();
}

/** The current views. */
export function kernelViews(): KernelViews {
  return views;
}

/** A stretch of the kernels' memory. Holding the object keeps the stretch. */
export class KernelBlock {
  readonly pointer: number;
  readonly bytes: number;

  constructor(pointer: number, bytes: number) {
    this.pointer = pointer;
    this.bytes = bytes;
  }
}

const collected = new FinalizationRegistry<{ pointer: number; size: number }>(release);

/** A block of at least `bytes`, contents undefined; undefined where the memory is at its limit. */
export function tryAllocate(bytes: number): KernelBlock | undefined {
  // One thread gives memory out.
  if (share !== undefined) return undefined;
  const size = sizeClass(bytes);
  const pointer = free.get(size)?.pop() ?? extend(size);
  if (pointer === undefined) return undefined;
  inUse += size;
  if (inUse > collectAt) {
    collectAt = inUse + COLLECT_BYTES;
    collectGarbage();
  }
  const block = new KernelBlock(pointer, bytes);
  collected.register(block, { pointer, size }, block);
  return block;
}

/** Frees a block before it is collected. Nobody may use it or its address any more. */
export function freeBlock(block: KernelBlock): void {
  if (collected.unregister(block))
    release({ pointer: block.pointer, size: sizeClass(block.bytes) });
}

/** A block with these integers; undefined where the memory is at its limit. */
export function kernelCopy(integers: Int32Array): KernelBlock | undefined {
  const block = tryAllocate(integers.length * 4);
  if (block !== undefined) views.i32.set(integers, block.pointer / 4);
  return block;
}

/** Bytes in blocks that are in use or not yet collected. */
export function kernelBytesInUse(): number {
  return inUse;
}

/** Scratch for the length of a synchronous call; the same address every time, so calls must not nest. */
export function scratch(bytes: number): number {
  if (bytes > scratchBlock.bytes) {
    const grown = tryAllocate(Math.max(bytes, scratchBlock.bytes * 2));
    if (grown === undefined) throw new RangeError('no memory left for kernels');
    scratchBlock = grown;
  }
  return scratchBlock.pointer;
}

let scratchBlock = new KernelBlock(share?.scratch ?? 0, share?.scratchBytes ?? 0);

function release({ pointer, size }: { pointer: number; size: number }): void {
  inUse -= size;
  collectAt = Math.min(collectAt, inUse + COLLECT_BYTES);
  const list = free.get(size);
  if (list === undefined) free.set(size, [pointer]);
  else list.push(pointer);
}

/** Sizes come in eight steps per doubling, so that freed blocks fit later ones. */
function sizeClass(bytes: number): number {
  const least = Math.max(64, bytes);
  const step = Math.max(ALIGNMENT, 2 ** (Math.floor(Math.log2(least)) - 3));
  return Math.ceil(least / step) * step;
}

function extend(size: number): number | undefined {
  const pointer = top;
  const end = pointer + size;
  const have = kernelMemory.buffer.byteLength;
  if (end > have) {
    const havePages = have / PAGE_BYTES;
    const needed = Math.ceil((end - have) / PAGE_BYTES);
    const pages = Math.min(PAGES_MAX - havePages, Math.max(needed, GROWTH_PAGES));
    if (pages < needed) return undefined;
    try {
      kernelMemory.grow(pages);
    } catch {
      return undefined;
    }
    views = makeViews();
  }
  top = end;
  return pointer;
}

function makeViews(): KernelViews {
  const { buffer } = kernelMemory;
  return {
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    f64: new Float64Array(buffer),
    i64: new BigInt64Array(buffer),
  };
}
