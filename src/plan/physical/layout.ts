/** A physical node with the ids of its output columns, and expressions moved onto them. */
import { InternalError } from '../../errors/db-error.ts';
import type { Expr } from '../expr.ts';
import { mapChildren } from '../expr-walk.ts';
import type { LogicalColumn } from '../logical.ts';
import type { OutputColumn, PhysicalNode, SortKey } from '../physical.ts';

export interface Built {
  readonly node: PhysicalNode;
  readonly columns: readonly LogicalColumn[];
}

export type Positions = ReadonlyMap<number, number>;

export function positionsOf(...parts: (readonly LogicalColumn[])[]): Map<number, number> {
  const positions = new Map<number, number>();
  let position = 0;
  for (const part of parts) {
    for (const column of part) {
      if (!positions.has(column.id)) positions.set(column.id, position);
      position++;
    }
  }
  return positions;
}

export const outputs = (columns: readonly LogicalColumn[]): OutputColumn[] =>
  columns.map(({ name, type }) => ({ name, type }));

/** Plans the subqueries of an expression. */
export type SubqueryPlanner = (
  expr: Extract<Expr, { kind: 'subquery' }>,
  place: (expr: Expr) => Expr,
) => Expr;

/** Turns column ids into positions and subqueries into subplans. */
export function placeExpr(expr: Expr, positions: Positions, planSubquery: SubqueryPlanner): Expr {
  const place = (node: Expr): Expr => {
    if (node.kind === 'column') {
      const position = positions.get(node.index);
      if (position === undefined)
        throw new InternalError(`column ${node.index} is not in the input`);
      return position === node.index ? node : { ...node, index: position };
    }
    if (node.kind === 'subquery') return planSubquery(node, place);
    return mapChildren(node, place);
  };
  return place(expr);
}

export function placeKeys(keys: readonly SortKey[], place: (expr: Expr) => Expr): SortKey[] {
  return keys.map((key) => ({ ...key, expr: place(key.expr) }));
}
