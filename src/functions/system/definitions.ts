/** pg_get_*def: objects back as the SQL that makes them. */
import { quoteIdentifier } from '../../base/identifier.ts';
import type {
  ConstraintDescriptor,
  IndexDescriptor,
  IndexKey,
  TableDescriptor,
} from '../../catalog/catalog.ts';
import type { Oid } from '../../types/type.ts';
import { scalar } from '../define.ts';
import type { EvalContext, ScalarFunction } from '../function.ts';
import { qualifiedName, relationNamed } from './names.ts';

function columnName(table: TableDescriptor, attnum: number): string {
  const column = table.columns.find((candidate) => candidate.attnum === attnum);
  return quoteIdentifier(column?.name ?? `?column?${attnum}`);
}

const FUNCTION_CALL = /^[a-z_][\w$.]*\([^()]*\)$/i;

/** Whether the text is one parenthesised expression. */
function isWrapped(sql: string): boolean {
  if (!sql.startsWith('(') || !sql.endsWith(')')) return false;
  let depth = 0;
  for (let i = 0; i < sql.length; i++) {
    if (sql[i] === '(') depth++;
    else if (sql[i] === ')' && --depth === 0) return i === sql.length - 1;
  }
  return false;
}

/** An expression in parentheses, unless it has them already or is a plain call. */
function wrapped(sql: string): string {
  return isWrapped(sql) || FUNCTION_CALL.test(sql) ? sql : `(${sql})`;
}

function constraintDefinition(table: TableDescriptor, constraint: ConstraintDescriptor): string {
  if (constraint.kind === 'check') return `CHECK (${wrapped(constraint.sql)})`;
  const columns = constraint.columns.map((attnum) => columnName(table, attnum)).join(', ');
  return `${constraint.kind === 'primary' ? 'PRIMARY KEY' : 'UNIQUE'} (${columns})`;
}

function keyExpression(table: TableDescriptor, key: IndexKey): string {
  if (key.column !== 0) return columnName(table, key.column);
  return wrapped(key.expressionSql ?? '');
}

function keyDefinition(table: TableDescriptor, key: IndexKey): string {
  let text = keyExpression(table, key);
  if (key.descending) text += ' DESC';
  if (key.nullsFirst !== key.descending) text += key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST';
  return text;
}

function indexDefinition(index: IndexDescriptor, context: EvalContext): string | null {
  const table = context.catalog.relation(index.table);
  if (table?.kind !== 'table') return null;
  const keys = index.keys.map((key) => keyDefinition(table, key)).join(', ');
  const unique = index.unique ? 'UNIQUE ' : '';
  let sql = `CREATE ${unique}INDEX ${quoteIdentifier(index.name)} ON ${qualifiedName(table, context)}`;
  sql += ` USING ${index.method} (${keys})`;
  if (index.include.length > 0) {
    sql += ` INCLUDE (${index.include.map((attnum) => columnName(table, attnum)).join(', ')})`;
  }
  if (index.nullsNotDistinct) sql += ' NULLS NOT DISTINCT';
  if (index.predicateSql !== undefined) sql += ` WHERE ${wrapped(index.predicateSql)}`;
  return sql;
}

function getIndexDefinition(oid: Oid, context: EvalContext): string | null {
  const index = context.catalog.relation(oid);
  return index?.kind === 'index' ? indexDefinition(index, context) : null;
}

function getIndexColumn(
  oid: Oid,
  column: number,
  _pretty: boolean,
  context: EvalContext,
): string | null {
  const index = context.catalog.relation(oid);
  if (index?.kind !== 'index') return null;
  if (column === 0) return indexDefinition(index, context);
  const table = context.catalog.relation(index.table);
  if (table?.kind !== 'table') return null;
  const key = index.keys[column - 1];
  if (key !== undefined) return keyExpression(table, key);
  const included = index.include[column - 1 - index.keys.length];
  return included === undefined ? '' : columnName(table, included);
}

function getConstraintDefinition(oid: Oid, context: EvalContext): string | null {
  const found = context.catalog.constraint(oid);
  return found === undefined ? null : constraintDefinition(found.table, found.constraint);
}

function getViewDefinition(oid: Oid, context: EvalContext): string | null {
  const view = context.catalog.relation(oid);
  if (view?.kind !== 'view') return null;
  return ` ${view.sql.trim().replace(/;$/, '')};`;
}

const STABLE = { volatility: 'stable' } as const;

/** Drops the arguments that only choose a layout. */
function ignoring(
  implementation: (oid: Oid, context: EvalContext) => string | null,
): (oid: Oid, layout: unknown, context: EvalContext) => string | null {
  return (oid, _layout, context) => implementation(oid, context);
}

/** Kinds of objects that there are none of: any OID is unknown, and the answer NULL. */
const NEVER_FOUND = [
  'pg_get_ruledef(oid) text',
  'pg_get_ruledef(oid, bool) text',
  'pg_get_triggerdef(oid) text',
  'pg_get_triggerdef(oid, bool) text',
  'pg_get_partkeydef(oid) text',
  'pg_get_partition_constraintdef(oid) text',
  'pg_get_statisticsobjdef(oid) text',
  'pg_get_statisticsobjdef_columns(oid) text',
  'pg_get_function_sqlbody(oid) text',
];

export const definitionFunctions: readonly ScalarFunction[] = [
  ...['pg_node_tree', 'text'].flatMap((type) => [
    scalar(`pg_get_expr(${type}, oid) text`, (sql: string) => sql, STABLE),
    scalar(`pg_get_expr(${type}, oid, bool) text`, (sql: string) => sql, STABLE),
  ]),
  scalar('pg_get_constraintdef(oid) text', getConstraintDefinition, STABLE),
  scalar('pg_get_constraintdef(oid, bool) text', ignoring(getConstraintDefinition), STABLE),
  scalar('pg_get_indexdef(oid) text', getIndexDefinition, STABLE),
  scalar('pg_get_indexdef(oid, int4, bool) text', getIndexColumn, STABLE),
  scalar('pg_get_viewdef(oid) text', getViewDefinition, STABLE),
  scalar('pg_get_viewdef(oid, bool) text', ignoring(getViewDefinition), STABLE),
  scalar('pg_get_viewdef(oid, int4) text', ignoring(getViewDefinition), STABLE),
  scalar(
    'pg_get_viewdef(text) text',
    (name: string, context: EvalContext) =>
      getViewDefinition(relationNamed(name, context).oid, context),
    STABLE,
  ),
  ...NEVER_FOUND.map((signature) => scalar(signature, () => null, STABLE)),
];
