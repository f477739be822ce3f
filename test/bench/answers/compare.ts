/** Tells whether two systems gave the same rows: order does not count, floats may differ in the last digits. */
import type { Answer, Value } from './answer.ts';

export interface CompareOptions {
  /** Columns that must agree; the others may be any of several right answers. */
  readonly columns?: readonly number[];
  /** Leave out the rows with the first and the last time of `a`. */
  readonly innerOnly?: boolean;
}

const TOLERANCE = 1e-8;

/** What differs, in words; undefined where nothing does. */
export function difference(a: Answer, b: Answer, options: CompareOptions = {}): string | undefined {
  if (options.innerOnly === true) return difference(...innerRows(a, b));
  if (a.rows !== b.rows) return `${a.rows} rows against ${b.rows}`;
  if (a.kept === undefined || b.kept === undefined) {
    return a.digest === b.digest || options.columns !== undefined ? undefined : 'other values';
  }
  const pick = (rows: readonly (readonly Value[])[]): (readonly Value[])[] => {
    const { columns } = options;
    return columns === undefined ? [...rows] : rows.map((row) => columns.map((i) => row[i]));
  };
  const left = pick(a.kept).sort(compareRows);
  const right = pick(b.kept).sort(compareRows);
  for (let i = 0; i < left.length; i++) {
    if (!left[i].every((value, column) => isSame(value, right[i][column]))) {
      return `${JSON.stringify(left[i])} against ${JSON.stringify(right[i])}`;
    }
  }
  return undefined;
}

function innerRows(a: Answer, b: Answer): [Answer, Answer] {
  const times = new Set((a.kept ?? []).map((row) => row[0]));
  const order = [...times].sort((left, right) => Number(left) - Number(right));
  const [first, last] = [order[0], order.at(-1)];
  const inner = ({ kept = [], digest }: Answer): Answer => {
    const rows = kept.filter(
      ([time]) => Number(time) > Number(first) && Number(time) < Number(last),
    );
    return { rows: rows.length, digest, kept: rows };
  };
  return [inner(a), inner(b)];
}

function isSame(a: Value, b: Value): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  // Times and counts are exact.
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) return a === b;
  return Math.abs(a - b) <= TOLERANCE * (1 + Math.max(Math.abs(a), Math.abs(b)));
}

/** Texts and NULLs first, because floats that differ in the last digit must not decide the order. */
function compareRows(a: readonly Value[], b: readonly Value[]): number {
  for (let i = 0; i < a.length; i++) {
    if (typeof a[i] === 'number' && typeof b[i] === 'number') continue;
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  for (let i = 0; i < a.length; i++) {
    if (isSame(a[i], b[i])) continue;
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(a: Value, b: Value): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
