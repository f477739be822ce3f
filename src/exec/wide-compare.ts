/** `column op constant` over integers of 64 bits as words: the comparison writes the selection itself. */
import type { NullMask } from '../vector/vector.ts';
import type { WideVector, WideWords } from '../vector/wide-vector.ts';
import type { Comparison } from './predicate-compare.ts';
import type { Selection } from './predicate.ts';

/** Rows among `rows` (undefined: all) where the comparison with a whole number holds. */
export function selectWide(
  { words, nulls, length }: WideVector,
  comparison: Comparison,
  value: bigint,
  rows: Selection,
): Selection {
  const total = rows === undefined ? length : rows.length;
  const kept = new Int32Array(total);
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(value >> 32n);
  const isEquality = comparison === '=' || comparison === '<>';
  const count = isEquality
    ? selectEqual(words, nulls, low, high, comparison === '=', rows, kept)
    : selectOrdered(words, nulls, low, high, comparison, rows, kept);
  return count === total ? rows : kept.subarray(0, count);
}

function selectEqual(
  words: WideWords,
  nulls: NullMask,
  low: number,
  high: number,
  isEqual: boolean,
  rows: Selection,
  kept: Int32Array,
): number {
  let count = 0;
  for (let i = 0; i < kept.length; i++) {
    const row = rows === undefined ? i : rows[i];
    if ((words[2 * row] === low && words[2 * row + 1] === high) !== isEqual) continue;
    if (nulls === undefined || nulls[row] === 0) kept[count++] = row;
  }
  return count;
}

function selectOrdered(
  words: WideWords,
  nulls: NullMask,
  low: number,
  high: number,
  comparison: Comparison,
  rows: Selection,
  kept: Int32Array,
): number {
  const takesEqual = comparison === '<=' || comparison === '>=';
  const sign = comparison === '<' || comparison === '<=' ? -1 : 1;
  let count = 0;
  for (let i = 0; i < kept.length; i++) {
    const row = rows === undefined ? i : rows[i];
    if (nulls !== undefined && nulls[row] === 1) continue;
    // The upper word decides with its sign, the lower one has none.
    const order = words[2 * row + 1] - high || (words[2 * row] >>> 0) - (low >>> 0);
    if (order === 0 ? takesEqual : order * sign > 0) kept[count++] = row;
  }
  return count;
}
