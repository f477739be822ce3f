/** `text column = value` and `<>` as comparisons of dictionary codes: no string is looked at. */
import { kernels } from '../kernels/kernels.ts';
import { kernelViews, scratch } from '../kernels/memory.ts';
import type { Expr } from '../plan/expr.ts';
import { OID, type Oid } from '../types/type.ts';
import { codeIn } from '../vector/distinct-dictionary.ts';
import type { TextVector } from '../vector/vector.ts';
import { comparedValue, isCompared } from './predicate-compare.ts';
import type { FastConjunct, Selection } from './predicate.ts';

/** Types whose values are equal exactly where their strings are. */
const TEXTS: ReadonlySet<Oid> = new Set([OID.text, OID.varchar]);

export function codeConjunct(expr: Expr): FastConjunct | undefined {
  if (expr.kind !== 'call' || expr.args.length !== 2) return undefined;
  const { operator, args } = expr;
  if (operator !== '=' && operator !== '<>') return undefined;
  if (!args.every((arg) => TEXTS.has(arg.type.oid))) return undefined;
  const [left, right] = args;
  const index = columnOf(left) ?? columnOf(right);
  const fixed = columnOf(left) === undefined ? left : right;
  if (index === undefined || !isCompared(fixed)) return undefined;
  return (batch, rows, context) => {
    const vector = batch.columns[index];
    if (vector.rep !== 'text') return false;
    const value = comparedValue(fixed, context);
    if (value === null) return new Int32Array(0);
    const code = codeIn(vector.dictionary, value as string);
    return code === undefined ? false : selectCode(vector, code, operator === '=', rows);
  };
}

/** The column behind an expression, seen through a cast that changes nothing. */
function columnOf(expr: Expr): number | undefined {
  if (expr.kind === 'cast' && expr.convert === false) return columnOf(expr.arg);
  return expr.kind === 'column' ? expr.index : undefined;
}

/** Rows below which it costs more to copy their codes to where kernels see them than they save. */
const COPIED_MIN = 64;

function selectCode(
  { codes, nulls, length }: TextVector,
  code: number,
  isEqual: boolean,
  rows: Selection,
): Selection {
  if (rows === undefined && nulls === undefined && length >= COPIED_MIN) {
    return selectOfAll(codes, length, code, isEqual);
  }
  const total = rows === undefined ? length : rows.length;
  const kept = new Int32Array(total);
  let count = 0;
  for (let i = 0; i < total; i++) {
    const row = rows === undefined ? i : rows[i];
    kept[count] = row;
    const isKnown = nulls === undefined || nulls[row] === 0;
    if (isKnown && (codes[row] === code) === isEqual) count++;
  }
  return count === total ? rows : kept.subarray(0, count);
}

/** By a kernel: even with a copy of the codes a quarter of what a loop takes, and no array for all rows. */
function selectOfAll(codes: Int32Array, length: number, code: number, isEqual: boolean): Selection {
  // The kernel writes rows four at a time.
  const source = scratch(length * 8 + 16);
  const target = source + length * 4;
  const { i32 } = kernelViews();
  i32.set(codes.length === length ? codes : codes.subarray(0, length), source / 4);
  const select = isEqual ? kernels.equalCodes : kernels.otherCodes;
  const count = select(source, length, code, target);
  return count === length ? undefined : i32.slice(target / 4, target / 4 + count);
}
