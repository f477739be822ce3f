/** Where a column of a batch that is being read keeps its texts. */
import { characterCount } from '../../types/text.ts';
import type { Dictionary } from '../../vector/dictionary.ts';

/** Codes of a block's rows in neighbouring columns, of which this one is at `position`. */
export interface KnownTuples {
  readonly table: number;
  readonly position: number;
}

export interface BatchTexts {
  /** Bytes of the longest entry. */
  readonly longest: number;
  /** Equal texts have one code, and keep it in later batches. */
  readonly keepsCodes: boolean;
  /**
   * Reads a column of a block; `job` tells the kernels which, and where codes go. Where codes are kept, those of
   * tuples that are known need not be looked up.
   */
  read(block: number, job: number, tuples?: KnownTuples): void;
  codeOf(text: string): number;
  /** Whether an entry has more characters than that; false for what is no code. */
  isLonger(code: number, limit: number): boolean;
  /** The entries, at least one, the same object as long as no further codes appear. */
  entries(): Dictionary;
}

/** Whether UTF-8 has more characters than that. */
export function isLongerText(
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number,
): boolean {
  return end - start > limit && characterCount(bytes, start, end) > limit;
}
