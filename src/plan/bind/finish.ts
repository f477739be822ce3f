/** ORDER BY and LIMIT over a query whose select list cannot be extended (VALUES, set operations). */
import { nodeAs, type Node, type SelectStmt } from '../../parse/ast.ts';
import { nodeLocation } from '../../parse/location.ts';
import { OID } from '../../types/type.ts';
import type { Expr } from '../expr.ts';
import type { LogicalNode } from '../logical.ts';
import type { SortKey } from '../physical.ts';
import { columnsOf } from '../expr-walk.ts';
import { bindAs } from './expr.ts';
import { sortKey, sortNode } from './order.ts';
import type { BoundQuery, QueryInput } from './query.ts';
import { Scope } from './scope.ts';

export function finishQuery(stmt: SelectStmt, query: BoundQuery, input: QueryInput): BoundQuery {
  const { context } = input;
  const scope = new Scope(context, input.outer, input.ctes);
  if ((stmt.lockingClause?.length ?? 0) > 0) {
    const what =
      stmt.op !== undefined && stmt.op !== 'SETOP_NONE' ? 'UNION/INTERSECT/EXCEPT' : 'VALUES';
    const clause = nodeAs(stmt.lockingClause?.[0], 'LockingClause');
    const strength = clause?.strength === 'LCS_FORSHARE' ? 'FOR SHARE' : 'FOR UPDATE';
    throw context.error(
      'feature_not_supported',
      what === 'VALUES'
        ? `${strength} cannot be applied to VALUES`
        : `${strength} is not allowed with ${what}`,
    );
  }
  const keys = (stmt.sortClause ?? []).map((node): SortKey => {
    const sort = sortNode(node);
    return sortKey(scope, sort, outputFor(sort.node as Node, query, scope));
  });
  let { node } = query;
  if (keys.length > 0) node = { kind: 'sort', input: node, keys, columns: node.columns };
  return { node: applyLimit(stmt, node, keys, scope), fields: query.fields };
}

function outputFor(node: Node, query: BoundQuery, scope: Scope): Expr {
  const { context } = scope;
  const location = nodeLocation(node);
  const constant = nodeAs(node, 'A_Const');
  if (constant?.ival !== undefined) {
    const position = constant.ival.ival ?? 0;
    const field = query.fields[position - 1];
    if (field !== undefined) return context.reference(field.column, location);
    throw context.error(
      'invalid_column_reference',
      `ORDER BY position ${position} is not in select list`,
      location,
    );
  }
  const reference = nodeAs(node, 'ColumnRef');
  const name =
    reference?.fields?.length === 1 ? nodeAs(reference.fields[0], 'String')?.sval : undefined;
  const matches = query.fields.filter((field) => field.name === name);
  if (matches.length > 1)
    throw context.error('ambiguous_column', `ORDER BY "${name}" is ambiguous`, location);
  if (matches.length === 1) return context.reference(matches[0].column, location);
  if (name !== undefined)
    throw context.error('undefined_column', `column "${name}" does not exist`, location);
  throw context.error(
    'feature_not_supported',
    'invalid UNION/INTERSECT/EXCEPT ORDER BY clause',
    location,
    {
      detail: 'Only result column names can be used, not expressions or functions.',
      hint: 'Add the expression/function to every SELECT, or move the UNION into a FROM clause.',
    },
  );
}

/** LIMIT, OFFSET and FETCH FIRST. */
export function applyLimit(
  stmt: SelectStmt,
  node: LogicalNode,
  keys: readonly SortKey[],
  scope: Scope,
): LogicalNode {
  const count = limitValue(stmt.limitCount, 'LIMIT', scope);
  const offset = limitValue(stmt.limitOffset, 'OFFSET', scope);
  if (count === null && offset === null) return node;
  const ties = stmt.limitOption === 'LIMIT_OPTION_WITH_TIES';
  if (ties && keys.length === 0) {
    throw scope.context.error(
      'syntax_error',
      'WITH TIES cannot be specified without ORDER BY clause',
    );
  }
  return {
    kind: 'limit',
    input: node,
    limit: count,
    offset,
    tiesKeys: ties ? keys : null,
    columns: node.columns,
  };
}

function limitValue(node: Node | undefined, clause: 'LIMIT' | 'OFFSET', scope: Scope): Expr | null {
  if (node === undefined || nodeAs(node, 'A_Const')?.isnull === true) return null;
  const { context } = scope;
  // Columns of this level are not visible; those of outer levels would vary from row to row.
  const bare = new Scope(context, scope.outer, scope.ctes, scope.namespace);
  bare.clause = clause;
  const expr = bindAs(node, bare, OID.int8, clause);
  if (expr.kind === 'column' || hasColumn(expr)) {
    throw context.error(
      'invalid_column_reference',
      `argument of ${clause} must not contain variables`,
      nodeLocation(node),
    );
  }
  return expr;
}

function hasColumn(expr: Expr): boolean {
  return columnsOf(expr).size > 0;
}
