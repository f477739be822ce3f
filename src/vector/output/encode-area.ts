/**
 * The stretch of the kernels' memory in which rows are encoded: what kernels read for one piece of a
 * batch, and what they write. There is one, used for the length of a synchronous call.
 */
import { kernelViews, tryAllocate, type KernelBlock } from '../../kernels/memory.ts';
import { ENTRY_BYTES, SLACK_BYTES } from '../../kernels/output-kernels.ts';

/** The most that one call of a kernel writes. */
export const OUT_BYTES = 256 * 1024;
const INPUT_BYTES = 1024 * 1024;
/** Texts of a dictionary that are encoded in one step. */
export const STEP_TEXTS = 4096;
const STEP_BYTES = STEP_TEXTS * ENTRY_BYTES + SLACK_BYTES;

export class EncodeArea {
  /** Where finished rows start. */
  readonly out: number;
  /** Room for the entries of `STEP_TEXTS` texts, for one step. */
  readonly entries: number;
  /** Held so that the memory stays ours. */
  readonly block: KernelBlock;
  readonly #end: number;
  #top = 0;

  constructor(block: KernelBlock) {
    this.block = block;
    this.out = block.pointer;
    this.entries = block.pointer + OUT_BYTES + SLACK_BYTES;
    this.#end = block.pointer + block.bytes - SLACK_BYTES;
    this.reset();
  }

  /** Gives back all that was taken. */
  reset(): void {
    this.#top = this.entries + STEP_BYTES;
  }

  /** The address of so many bytes; 0 where there is no room for them. */
  take(bytes: number): number {
    const start = this.#top;
    if (start + bytes > this.#end) return 0;
    this.#top = start + ((bytes + 15) & ~15);
    return start;
  }

  /** All that is left, to be taken once it is known how much is used. */
  rest(): Uint8Array {
    return kernelViews().u8.subarray(this.#top, Math.max(this.#top, this.#end));
  }

  /** A copy of bytes, as `take`. */
  put(bytes: Uint8Array): number {
    const start = this.take(bytes.length);
    if (start !== 0) kernelViews().u8.set(bytes, start);
    return start;
  }
}

let area: EncodeArea | undefined;

/** The area, emptied; undefined while the kernels' memory has no place for it. */
export function encodeArea(): EncodeArea | undefined {
  if (area === undefined) {
    const block = tryAllocate(OUT_BYTES + SLACK_BYTES + STEP_BYTES + INPUT_BYTES);
    if (block === undefined) return undefined;
    area = new EncodeArea(block);
  }
  area.reset();
  return area;
}
