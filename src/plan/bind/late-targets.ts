/**
 * Entries of a select list that are computed after ORDER BY and LIMIT: calls with effects, such as nextval(),
 * happen in the order of the rows, and only for rows that are wanted.
 */
import type { SelectStmt } from '../../parse/ast.ts';
import type { ColumnExpr, Expr } from '../expr.ts';
import { columnsOf, hasVolatileCall, substituteColumns, walkExpr } from '../expr-walk.ts';
import type { LogicalColumn } from '../logical.ts';
import type { BindContext } from './context.ts';
import type { PendingSet } from './query-calls.ts';
import type { Target } from './target.ts';

/** Sorting or telling rows apart needs values before: `isNeeded` says which. Late sets `made` columns that come after. */
export function lateTargets(
  stmt: SelectStmt,
  targets: readonly Target[],
  isNeeded: (target: Target) => boolean,
  made: ReadonlySet<number>,
): readonly Target[] {
  const waits = stmt.sortClause !== undefined || stmt.limitCount !== undefined;
  const isDistinct = stmt.distinctClause?.some((node) => Object.keys(node).length === 0) === true;
  if (!waits || isDistinct) return [];
  return targets.filter(
    (target) =>
      !target.hidden &&
      (readsAny(target.expr, made) || (hasVolatileCall(target.expr) && !isNeeded(target))),
  );
}

/**
 * Sets that rows are multiplied by after DISTINCT ON has picked them: where there is an order, unless it, or
 * what is distinct, needs one of them.
 */
export function lateSets(
  sets: readonly PendingSet[],
  distinctOn: readonly Target[],
  sorted: readonly Target[],
): readonly PendingSet[] {
  if (distinctOn.length === 0 || sorted.length === 0) return [];
  const made = new Set(sets.map(({ column }) => column.id));
  return [...distinctOn, ...sorted].some(({ expr }) => readsAny(expr, made)) ? [] : sets;
}

export function readsAny(expr: Expr, ids: ReadonlySet<number>): boolean {
  return ids.size > 0 && [...columnsOf(expr)].some((id) => ids.has(id));
}

/** The columns that late entries read, under new names that the nodes between carry along. */
export class CarriedColumns {
  readonly columns: LogicalColumn[] = [];
  readonly exprs: ColumnExpr[] = [];
  readonly #byId = new Map<number, ColumnExpr>();

  /** `made`: columns that come to be above the nodes between, of late sets. */
  constructor(context: BindContext, late: readonly Expr[], made: ReadonlySet<number>) {
    const wanted = new Set<number>();
    for (const expr of late) columnsOf(expr, wanted);
    for (const id of made) wanted.delete(id);
    for (const expr of late) {
      walkExpr(expr, (node) => {
        if (node.kind !== 'column' || !wanted.delete(node.index)) return;
        const column = context.newColumn('?column?', node.type, context.columnInfo(node.index));
        this.columns.push(column);
        this.exprs.push(node);
        this.#byId.set(node.index, context.reference(column));
      });
    }
  }

  /** A late entry over the carried columns. */
  place(expr: Expr): Expr {
    return substituteColumns(expr, (id) => this.#byId.get(id));
  }
}
