/** A stored column of integers of 64 bits, as words; who wants values gets them made, once. */
import type { Value } from '../../types/value.ts';
import type { NullMask } from '../../vector/vector.ts';
import { wideValue, type WideWords } from '../../vector/wide-vector.ts';

export class WideColumn {
  readonly rep = 'any';
  readonly nulls: NullMask;
  /** The low and the high word of each integer; both 0 where it is NULL. */
  readonly words: WideWords;
  #data: readonly Value[] | undefined;

  constructor(words: WideWords, nulls: NullMask) {
    this.words = words;
    this.nulls = nulls;
  }

  get data(): readonly Value[] {
    const { words, nulls } = this;
    return (this.#data ??= Array.from({ length: words.length / 2 }, (_, row) =>
      nulls?.[row] === 1 ? null : wideValue(words[2 * row], words[2 * row + 1]),
    ));
  }
}
