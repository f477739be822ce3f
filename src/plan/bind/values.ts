/** VALUES lists as queries. */
import type { Steps } from '../../base/steps.ts';
import { DbError } from '../../errors/db-error.ts';
import { nodeAs, type Node, type SelectStmt } from '../../parse/ast.ts';
import { longRowsOf } from '../../parse/cut-source.ts';
import type { LongRows } from '../../parse/long-rows.ts';
import { OID, type SqlType } from '../../types/type.ts';
import type { Expr } from '../expr.ts';
import type { LogicalNode } from '../logical.ts';
import { commonType, toCommon } from './coerce.ts';
import { bindExprsSteps } from './expr.ts';
import { finishQuery } from './finish.ts';
import { longValueNodes, longValuesScan, sampleLiterals } from './long-values.ts';
import type { BindContext } from './context.ts';
import { outputField, type BoundQuery, type QueryField, type QueryInput } from './query.ts';
import { Scope } from './scope.ts';

export function* valuesSteps(stmt: SelectStmt, input: QueryInput): Steps<BoundQuery> {
  const { context } = input;
  const scope = new Scope(context, input.outer, input.ctes);
  scope.clause = 'VALUES';
  const lists = stmt.valuesLists ?? [];
  const long = longRowsOf(lists);
  const query =
    (long && (yield* longValues(lists, long, scope))) ??
    (yield* valuesQuery(wholeLists(context, lists), scope, input));
  return finishQuery(stmt, query, input);
}

/** All rows, those that the parser kept beside the tree in their place behind the first one. */
export function wholeLists(context: BindContext, lists: readonly Node[]): readonly Node[] {
  const long = longRowsOf(lists);
  if (long === undefined) return lists;
  return [lists[0], ...longValueNodes(context, long), ...lists.slice(1)];
}

function* valuesQuery(lists: readonly Node[], scope: Scope, input: QueryInput): Steps<BoundQuery> {
  const { context } = input;
  const rows = yield* rowSteps(lists, scope);
  const types = rows[0].map((_, column) => {
    const exprs = rows.map((row) => row[column]);
    // A column of nothing but literals stays open where the caller can still type it.
    const open = input.keepUnknown === true && exprs.every((expr) => expr.type.oid === OID.unknown);
    return open ? undefined : commonType(context, exprs, 'VALUES');
  });
  const typed = typedRows(context, rows, types);
  const fields = valuesFields(
    context,
    types.map((type, column) => type ?? typed[0][column].type),
  );
  const columns = fields.map((field) => field.column);
  return { node: { kind: 'values', rows: typed, columns }, fields };
}

function typedRows(
  context: BindContext,
  rows: readonly (readonly Expr[])[],
  types: readonly (SqlType | undefined)[],
): Expr[][] {
  return rows.map((row) =>
    row.map((expr, column) => {
      const type = types[column];
      return type === undefined ? expr : toCommon(context, expr, type, 'VALUES');
    }),
  );
}

function valuesFields(context: BindContext, types: readonly SqlType[]): QueryField[] {
  return types.map((type, i) =>
    outputField(context, `column${i + 1}`, { kind: 'constant', type, value: null }),
  );
}

/** The rows beside the tree as a scan between the others; undefined where that is not simply so. */
function* longValues(
  lists: readonly Node[],
  long: LongRows,
  scope: Scope,
): Steps<BoundQuery | undefined> {
  const { context } = scope;
  const rows = yield* rowSteps(lists, scope);
  if (rows[0].length !== long.columns.length) return undefined;
  let types: SqlType[];
  try {
    types = long.columns.map((column, i) => {
      const [first, ...rest] = rows.map((row) => row[i]);
      return commonType(context, [first, ...sampleLiterals(column), ...rest], 'VALUES');
    });
  } catch (error) {
    // With all rows, the error has its place in the text.
    if (error instanceof DbError) return undefined;
    throw error;
  }
  const scan = longValuesScan(context, long, types);
  if (scan === undefined) return undefined;
  const [first, ...rest] = typedRows(context, rows, types);
  const fields = valuesFields(context, types);
  const columns = fields.map((field) => field.column);
  const values = (exprs: Expr[][]): LogicalNode => ({
    kind: 'values',
    rows: exprs,
    columns: valuesFields(context, types).map((field) => field.column),
  });
  const inputs = [values([first]), scan, ...(rest.length === 0 ? [] : [values(rest)])];
  return { node: { kind: 'append', inputs, columns }, fields };
}

/** Rows of expressions, all of one width. */
function* rowSteps(lists: readonly Node[], scope: Scope): Steps<Expr[][]> {
  const rows: Expr[][] = [];
  for (const list of lists) rows.push(yield* bindExprsSteps(nodeAs(list, 'List')?.items, scope));
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
