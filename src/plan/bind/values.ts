/** VALUES lists as queries. */
import { nodeAs, type Node, type SelectStmt } from '../../parse/ast.ts';
import { OID } from '../../types/type.ts';
import type { Expr } from '../expr.ts';
import type { LogicalValues } from '../logical.ts';
import { commonType, toCommon } from './coerce.ts';
import { bindExpr } from './expr.ts';
import { finishQuery } from './finish.ts';
import { outputField, type BoundQuery, type QueryInput } from './query.ts';
import { Scope } from './scope.ts';

export function bindValuesQuery(stmt: SelectStmt, input: QueryInput): BoundQuery {
  const { context } = input;
  const scope = new Scope(context, input.outer, input.ctes);
  scope.clause = 'VALUES';
  const rows = bindValuesRows(stmt.valuesLists ?? [], scope);
  const width = rows[0].length;
  const typed: Expr[][] = rows.map(() => []);
  for (let column = 0; column < width; column++) {
    const exprs = rows.map((row) => row[column]);
    // A column of nothing but literals stays open where the caller can still type it.
    const open = input.keepUnknown === true && exprs.every((expr) => expr.type.oid === OID.unknown);
    const type = open ? undefined : commonType(context, exprs, 'VALUES');
    exprs.forEach((expr, i) =>
      typed[i].push(type === undefined ? expr : toCommon(context, expr, type, 'VALUES')),
    );
  }
  const fields = typed[0].map((expr, i) =>
    outputField(context, `column${i + 1}`, { ...expr, kind: 'constant', value: null } as Expr),
  );
  const node: LogicalValues = {
    kind: 'values',
    rows: typed,
    columns: fields.map((field) => field.column),
  };
  return finishQuery(stmt, { node, fields }, input);
}

/** Rows of expressions, all of one width. */
export function bindValuesRows(lists: readonly Node[], scope: Scope): Expr[][] {
  const rows = lists.map((list) =>
    (nodeAs(list, 'List')?.items ?? []).map((item) => bindExpr(item, scope)),
  );
  const width = rows[0]?.length ?? 0;
  for (const row of rows) {
    if (row.length === width) continue;
    throw scope.context.error(
      'syntax_error',
      'VALUES lists must all be the same length',
      row[0] === undefined ? undefined : scope.context.locationOf(row[0]),
    );
  }
  return rows;
}
