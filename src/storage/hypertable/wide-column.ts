/** A stored column of integers of 64 bits, as words; who wants values gets them made, once. */
import { kernelViews, tryAllocate, type KernelBlock } from '../../kernels/memory.ts';
import type { Value } from '../../types/value.ts';
import type { NullMask } from '../../vector/vector.ts';
import { wideValue, type WideWords } from '../../vector/wide-vector.ts';

export class WideColumn {
  readonly rep = 'any';
  readonly nulls: NullMask;
  /** The low and the high word of each integer; both 0 where it is NULL. */
  readonly words: WideWords;
  /** Holds words that lie in the kernels' memory. */
  readonly block: KernelBlock | undefined;
  #data: readonly Value[] | undefined;

  constructor(words: WideWords, nulls: NullMask, block?: KernelBlock) {
    this.words = words;
    this.block = block;
    this.nulls = nulls;
  }

  /** Zeros for `write` to fill, in the kernels' memory where it has room. */
  static filled(rows: number, nulls: NullMask, write: (words: WideWords) => void): WideColumn {
    const block = tryAllocate(rows * 8);
    const words =
      block === undefined
        ? new Int32Array(2 * rows)
        : new Int32Array(kernelViews().i32.buffer, block.pointer, 2 * rows).fill(0);
    write(words);
    return new WideColumn(words, nulls, block);
  }

  /** Rows [start, end), which share the memory. */
  slice(start: number, end: number, nulls: NullMask): WideColumn {
    return new WideColumn(this.words.subarray(2 * start, 2 * end), nulls, this.block);
  }

  get data(): readonly Value[] {
    const { words, nulls } = this;
    return (this.#data ??= Array.from({ length: words.length / 2 }, (_, row) =>
      nulls?.[row] === 1 ? null : wideValue(words[2 * row], words[2 * row + 1]),
    ));
  }
}
