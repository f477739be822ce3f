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
import { qualifiedName, relationNamed, shortestName } from './names.ts';

function columnName(table: TableDescriptor, attnum: number): string {
  const column = table.columns.find((candidate) => candidate.attnum === attnum);
  return quoteIdentifier(column?.name ?? `?column?${attnum}`);
}

/** Whether the text is one call: what PostgreSQL leaves without parentheses as an index key. */
function isCall(sql: string): boolean {
  const open = /^(?:"(?:[^"]|"")*"|[a-z_][\w$]*)\(/i.exec(sql);
  return open !== null && closesAtEnd(sql, open[0].length - 1);
}

/** Whether the parenthesis at `start` closes at the very end of the text. */
function closesAtEnd(sql: string, start: number): boolean {
  let depth = 0;
  for (let i = start; i < sql.length; i++) {
    const c = sql[i];
    if (c === "'" || c === '"') {
      i = sql.indexOf(c, i + 1);
      if (i < 0) return false;
    } else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return i === sql.length - 1;
  }
  return false;
}

function expression(sql: string, table: Oid, pretty: boolean, context: EvalContext): string {
  return context.sqlTexts?.expression(sql, table, pretty) ?? sql;
}

function constraintDefinition(
  table: TableDescriptor,
  constraint: ConstraintDescriptor,
  pretty: boolean,
  context: EvalContext,
): string {
  if (constraint.kind === 'check') {
    return `CHECK (${expression(constraint.sql, table.oid, pretty, context)})`;
  }
  const columns = constraint.columns.map((attnum) => columnName(table, attnum)).join(', ');
  return `${constraint.kind === 'primary' ? 'PRIMARY KEY' : 'UNIQUE'} (${columns})`;
}

/** Index keys in the form that the caller asked for. */
class IndexText {
  readonly #table: TableDescriptor;
  readonly #pretty: boolean;
  readonly #context: EvalContext;

  constructor(table: TableDescriptor, pretty: boolean, context: EvalContext) {
    this.#table = table;
    this.#pretty = pretty;
    this.#context = context;
  }

  key(key: IndexKey): string {
    if (key.column !== 0) return columnName(this.#table, key.column);
    const sql = this.#expression(key.expressionSql ?? '');
    return isCall(sql) ? sql : `(${sql})`;
  }

  #expression(sql: string): string {
    return expression(sql, this.#table.oid, this.#pretty, this.#context);
  }

  #keyWithOrder(key: IndexKey): string {
    let text = this.key(key);
    if (key.descending) text += ' DESC';
    if (key.nullsFirst !== key.descending) text += key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST';
    return text;
  }

  whole(index: IndexDescriptor): string {
    const table = this.#table;
    const keys = index.keys.map((key) => this.#keyWithOrder(key)).join(', ');
    const name = this.#pretty
      ? shortestName(table, this.#context)
      : qualifiedName(table, this.#context);
    let sql = `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${quoteIdentifier(index.name)} ON ${name}`;
    sql += ` USING ${index.method} (${keys})`;
    if (index.include.length > 0) {
      sql += ` INCLUDE (${index.include.map((attnum) => columnName(table, attnum)).join(', ')})`;
    }
    if (index.nullsNotDistinct) sql += ' NULLS NOT DISTINCT';
    if (index.predicateSql !== undefined) sql += ` WHERE ${this.#expression(index.predicateSql)}`;
    return sql;
  }
}

function getIndexDefinition(
  oid: Oid,
  column: number,
  pretty: boolean,
  context: EvalContext,
): string | null {
  const index = context.catalog.relation(oid);
  if (index?.kind !== 'index') return null;
  const table = context.catalog.relation(index.table);
  if (table?.kind !== 'table') return null;
  const text = new IndexText(table, pretty, context);
  if (column === 0) return text.whole(index);
  const key = index.keys[column - 1];
  if (key !== undefined) return text.key(key);
  const included = index.include[column - 1 - index.keys.length];
  return included === undefined ? '' : columnName(table, included);
}

function getConstraintDefinition(oid: Oid, pretty: boolean, context: EvalContext): string | null {
  const found = context.catalog.constraint(oid);
  return found === undefined
    ? null
    : constraintDefinition(found.table, found.constraint, pretty, context);
}

function getViewDefinition(oid: Oid, pretty: boolean, context: EvalContext): string | null {
  const view = context.catalog.relation(oid);
  if (view?.kind !== 'view') return null;
  return context.sqlTexts?.view(oid, pretty) ?? ` ${view.sql.trim().replace(/;$/, '')};`;
}

const STABLE = { volatility: 'stable' } as const;

/** The bits of both in pg_relation_is_updatable. */
const UPDATE_AND_DELETE = 20;

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
    scalar(
      `pg_get_expr(${type}, oid) text`,
      (sql: string, table: Oid, context: EvalContext) => expression(sql, table, false, context),
      STABLE,
    ),
    scalar(`pg_get_expr(${type}, oid, bool) text`, expression, STABLE),
  ]),
  scalar(
    'pg_get_constraintdef(oid) text',
    (oid: Oid, context: EvalContext) => getConstraintDefinition(oid, false, context),
    STABLE,
  ),
  scalar('pg_get_constraintdef(oid, bool) text', getConstraintDefinition, STABLE),
  scalar(
    'pg_relation_is_updatable(regclass, bool) int4',
    (oid: Oid, _triggers: boolean, context: EvalContext) =>
      context.sqlTexts?.updatability(oid) ?? 0,
    STABLE,
  ),
  scalar(
    'pg_column_is_updatable(regclass, int2, bool) bool',
    (oid: Oid, attnum: number, _triggers: boolean, context: EvalContext) => {
      const events = attnum > 0 ? (context.sqlTexts?.updatability(oid, attnum) ?? 0) : 0;
      return (events & UPDATE_AND_DELETE) === UPDATE_AND_DELETE;
    },
    STABLE,
  ),
  scalar(
    'pg_get_indexdef(oid) text',
    (oid: Oid, context: EvalContext) => getIndexDefinition(oid, 0, false, context),
    STABLE,
  ),
  scalar('pg_get_indexdef(oid, int4, bool) text', getIndexDefinition, STABLE),
  scalar(
    'pg_get_viewdef(oid) text',
    (oid: Oid, context: EvalContext) => getViewDefinition(oid, false, context),
    STABLE,
  ),
  scalar('pg_get_viewdef(oid, bool) text', getViewDefinition, STABLE),
  scalar(
    'pg_get_viewdef(oid, int4) text',
    (oid: Oid, _width: number, context: EvalContext) => getViewDefinition(oid, true, context),
    STABLE,
  ),
  ...[false, true].map((given) =>
    scalar(
      `pg_get_viewdef(text${given ? ', bool' : ''}) text`,
      given
        ? (name: string, pretty: boolean, context: EvalContext) =>
            getViewDefinition(relationNamed(name, context).oid, pretty, context)
        : (name: string, context: EvalContext) =>
            getViewDefinition(relationNamed(name, context).oid, false, context),
      STABLE,
    ),
  ),
  ...NEVER_FOUND.map((signature) => scalar(signature, () => null, STABLE)),
];
