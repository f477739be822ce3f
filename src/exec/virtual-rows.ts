/**
 * Rows of catalogs for scans that run again and again in a statement, as in correlated subqueries and joins of
 * views: they are computed once, and found by a column of theirs.
 */
import type { Expr } from '../plan/expr.ts';
import { conjuncts } from '../plan/expr-walk.ts';
import { TABLE_OID_ATTNUM, type VirtualScanNode } from '../plan/physical.ts';
import { hashKey, type HashKey } from '../types/hash.ts';
import type { Value } from '../types/value.ts';
import type { Batch } from '../vector/vector.ts';
import { compileExpr } from './expression.ts';
import { hashableEquality } from './expr/membership.ts';
import { isAsync, isVolatile, mayRaise, usedColumns } from './expr/walk.ts';
import type { ExecContext } from './operator.ts';
import { freeExecParams } from './plan-walk.ts';

type Row = readonly Value[];

/** `column = value`, by which rows are looked up. */
export interface RowKey {
  /** Its place in the table's rows. */
  readonly position: number;
  readonly oid: number;
  readonly value: Expr;
}

/** What can be known of a scan's filter without its rows. */
export interface RowAccess {
  /** Conditions that are the same for all rows. */
  readonly once: readonly Expr[];
  readonly key: RowKey | undefined;
  /** Every run in a statement gives the same rows. */
  readonly isSteady: boolean;
}

const ACCESS = new WeakMap<VirtualScanNode, RowAccess>();

export function accessOf(node: VirtualScanNode): RowAccess {
  let access = ACCESS.get(node);
  if (access === undefined) ACCESS.set(node, (access = findAccess(node)));
  return access;
}

function findAccess(node: VirtualScanNode): RowAccess {
  const { filter, table } = node;
  const isLive = table.kind === 'sequence' || table.isLive === true;
  const terms = conjuncts(filter);
  return {
    once: terms.filter((term) => isKnown(term)),
    key: isLive ? undefined : terms.map((term) => keyOf(term, node)).find((key) => key),
    isSteady: !isLive && (filter === null || isSteady(filter)),
  };
}

/** Evaluating it without a row shows nothing that would not show anyway. */
function isKnown(expr: Expr): boolean {
  return usedColumns([expr]).length === 0 && !mayRaise(expr) && !isVolatile(expr) && !isAsync(expr);
}

function isSteady(filter: Expr): boolean {
  return freeExecParams(filter).size === 0 && !isVolatile(filter) && !isAsync(filter);
}

function keyOf(term: Expr, { attnums }: VirtualScanNode): RowKey | undefined {
  if (term.kind !== 'call' || term.operator !== '=') return undefined;
  const oid = hashableEquality(term.call);
  if (oid === undefined) return undefined;
  const [left, right] = term.args.map(withoutRelabelling);
  const column = left.kind === 'column' ? left : right;
  const value = column === left ? right : left;
  if (column.kind !== 'column' || !isKnown(value)) return undefined;
  const attnum = attnums[column.index];
  return attnum === TABLE_OID_ATTNUM ? undefined : { position: attnum - 1, oid, value };
}

/** A cast that leaves the value as it is does not change which values are equal. */
function withoutRelabelling(expr: Expr): Expr {
  return expr.kind === 'cast' && expr.convert === false ? expr.arg : expr;
}

/** False where a condition rules all rows out. */
export async function allHold(conditions: readonly Expr[], context: ExecContext): Promise<boolean> {
  for (const condition of conditions) {
    if ((await compileExpr(condition).value(context)) !== true) return false;
  }
  return true;
}

/** What one statement keeps of a scan. */
export interface KeptRows {
  runs: number;
  rows: readonly Row[] | undefined;
  /** Those that pass the filter, where they are always the same. */
  batches: readonly Batch[] | undefined;
}

/** By what all contexts of a statement share. */
const KEPT = new WeakMap<ExecContext['shared'], Map<VirtualScanNode, KeptRows>>();

export function keptRows(node: VirtualScanNode, { shared }: ExecContext): KeptRows {
  let scans = KEPT.get(shared);
  if (scans === undefined) KEPT.set(shared, (scans = new Map()));
  let kept = scans.get(node);
  if (kept === undefined) {
    kept = { runs: 0, rows: undefined, batches: undefined };
    scans.set(node, kept);
  }
  return kept;
}

type Positions = ReadonlyMap<HashKey, readonly Row[]>;

/** By rows, which stay as they are, and a position in them. */
const INDEXES = new WeakMap<readonly Row[], Map<number, Positions>>();

/** The rows whose value at the key's position is this one. */
export function rowsWith(
  rows: readonly Row[],
  { position, oid }: RowKey,
  value: Value,
): readonly Row[] {
  if (value === null) return [];
  let indexes = INDEXES.get(rows);
  if (indexes === undefined) INDEXES.set(rows, (indexes = new Map()));
  let positions = indexes.get(position);
  if (positions === undefined) indexes.set(position, (positions = indexed(rows, position, oid)));
  return positions.get(hashKey(oid, value)) ?? [];
}

function indexed(rows: readonly Row[], position: number, oid: number): Positions {
  const positions = new Map<HashKey, Row[]>();
  for (const row of rows) {
    const value = row[position];
    if (value === null) continue;
    const key = hashKey(oid, value);
    const same = positions.get(key);
    if (same === undefined) positions.set(key, [row]);
    else same.push(row);
  }
  return positions;
}
