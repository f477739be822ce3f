/** `column op constant` over integers of 64 bits as words: the comparison writes the selection itself. */
import { kernels } from '../kernels/kernels.ts';
import { kernelViews, scratch } from '../kernels/memory.ts';
import type { NullMask } from '../vector/vector.ts';
import type { WideVector, WideWords } from '../vector/wide-vector.ts';
import type { Comparison } from './predicate-compare.ts';
import type { Selection } from './predicate.ts';

/** Rows among `rows` (undefined: all) where the comparison with a whole number holds. */
export function selectWide(
  vector: WideVector,
  comparison: Comparison,
  value: bigint,
  rows: Selection,
): Selection {
  const { words, nulls, length, address } = vector;
  const total = rows === undefined ? length : rows.length;
  if (kept.length < total) kept = new Int32Array(total);
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(value >> 32n);
  if (comparison === '=' && address !== undefined && rows === undefined && nulls === undefined) {
    return equalRows(address, length, low, high);
  }
  const isEquality = comparison === '=' || comparison === '<>';
  const count = isEquality
    ? selectEqual(words, nulls, low, high, comparison === '=', rows, total)
    : selectOrdered(words, nulls, low, high, comparison, rows, total);
  return count === total ? rows : kept.slice(0, count);
}

/** What most ask for. */
function equalRows(address: number, length: number, low: number, high: number): Selection {
  const target = scratch(length * 4);
  const count = kernels.equalWides(address, length, low, high, target);
  if (count === length) return undefined;
  return kernelViews().i32.slice(target / 4, target / 4 + count);
}

/** Rows found last, mostly few of those looked at: used again for the next. */
let kept = new Int32Array(0);

function selectEqual(
  words: WideWords,
  nulls: NullMask,
  low: number,
  high: number,
  isEqual: boolean,
  rows: Selection,
  total: number,
): number {
  if (isEqual && rows === undefined && nulls === undefined)
    return allEqual(words, low, high, total);
  let count = 0;
  for (let i = 0; i < total; i++) {
    const row = rows === undefined ? i : rows[i];
    if ((words[2 * row] === low && words[2 * row + 1] === high) !== isEqual) continue;
    if (nulls === undefined || nulls[row] === 0) kept[count++] = row;
  }
  return count;
}

/** The same where no kernel can look. */
function allEqual(words: WideWords, low: number, high: number, total: number): number {
  const found = kept;
  let count = 0;
  for (let row = 0; row < total; row++) {
    if (words[2 * row] === low && words[2 * row + 1] === high) found[count++] = row;
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
  total: number,
): number {
  const takesEqual = comparison === '<=' || comparison === '>=';
  const sign = comparison === '<' || comparison === '<=' ? -1 : 1;
  let count = 0;
  for (let i = 0; i < total; i++) {
    const row = rows === undefined ? i : rows[i];
    if (nulls !== undefined && nulls[row] === 1) continue;
    // The upper word decides with its sign, the lower one has none.
    const order = words[2 * row + 1] - high || (words[2 * row] >>> 0) - (low >>> 0);
    if (order === 0 ? takesEqual : order * sign > 0) kept[count++] = row;
  }
  return count;
}
