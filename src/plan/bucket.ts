/** Time buckets: calls that map a column of times to ascending steps. */
import type { CallExpr, Expr } from './expr.ts';

/** Functions that never decrease as their time argument grows. */
const BUCKET_FUNCTIONS: ReadonlySet<string> = new Set(['time_bucket', 'date_bin', 'date_trunc']);

/** A bucket expression over one column. */
export interface Bucket {
  readonly expr: CallExpr;
  /** Which argument is the column. */
  readonly position: number;
}

/** The expression as buckets of one column; undefined where it is none. */
export function bucketOf(expr: Expr): Bucket | undefined {
  if (expr.kind !== 'call' || !BUCKET_FUNCTIONS.has(expr.fn.name)) return undefined;
  const columns = expr.args.flatMap((arg, i) => (arg.kind === 'column' ? [i] : []));
  if (columns.length !== 1) return undefined;
  const fixed = expr.args.every((arg) => ['column', 'constant', 'parameter'].includes(arg.kind));
  return fixed ? { expr, position: columns[0] } : undefined;
}
