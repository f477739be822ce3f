/** CREATE [OR REPLACE] VIEW. */
import { quoteIdentifier } from '../../base/identifier.ts';
import type { ColumnDescriptor, ViewDescriptor } from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import { nameList, nodeAs, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import type { ParsedStatement } from '../../parse/parser.ts';
import { readStored } from '../../parse/stored-texts.ts';
import type { BoundStatement } from '../../plan/binder.ts';
import { OID, sqlType } from '../../types/type.ts';
import { formatType } from '../../types/format-type.ts';
import { parseTurns } from '../checkpoint.ts';
import { requireOwner } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { bindInTurns } from './bind-in-turns.ts';
import { requireFreeName } from './names.ts';
import {
  creationSchemaFor,
  ensureTemporarySchema,
  isTemporary,
  temporarySchema,
} from './temporary.ts';
import { checkOptionOf, requireCheckable, setViewOptions } from './view-options.ts';
import { settledViewSql } from './view-text.ts';

export async function createView(
  session: SessionContext,
  node: NodeBody<'ViewStmt'>,
  statement: ParsedStatement,
): Promise<string> {
  const name = node.view as RangeVar;
  const given = setViewOptions([], node.options ?? []);
  const options = [...given, ...checkOptionOf(node.withCheckOption)];
  const sql = viewQuery(node, viewBody(statement.text));
  const [query] = await readStored(sql, parseTurns(session));
  const bound = await bindView(session, query, sql);
  const columns = viewColumns(bound, nameList(node.aliases));
  const temporary = isTemporary(name) || readsTemporary(session, bound);
  if (temporary && !isTemporary(name))
    session.notice('NOTICE', `view "${name.relname}" will be a temporary view`);
  const schema = temporary
    ? await ensureTemporarySchema(session)
    : await creationSchemaFor(session, name);
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  const existing = session.catalog().relationByName(schema, name.relname ?? '');
  if (existing !== undefined && node.replace !== true) {
    requireFreeName(session.catalog(), schema, name.relname ?? '');
  }
  if (existing !== undefined && existing.kind !== 'view') {
    throw dbError('wrong_object_type', `"${existing.name}" is not a view`);
  }
  if (existing !== undefined) {
    requireOwner(session, existing);
    requireCompatible(existing, columns);
  }
  const view: ViewDescriptor = {
    kind: 'view',
    oid: existing?.oid ?? (await transaction.allocateOid()),
    name: name.relname ?? '',
    schema,
    owner: existing?.owner ?? session.currentUser(),
    rowType: existing?.rowType ?? (await transaction.allocateOid()),
    rowArrayType: existing?.rowArrayType ?? (await transaction.allocateOid()),
    columns: keptDefaults(columns, existing),
    sql: await settledViewSql(session, sql),
    searchPath: session
      .lookupPath()
      .filter((oid) => temporary || oid !== temporarySchema(session.catalog(), session.processId))
      .map((oid) => session.catalog().schema(oid)?.name ?? ''),
    options,
    acl: existing?.acl,
    comment: existing?.comment,
  };
  requireCheckable(session, view);
  await transaction.changeCatalog([{ change: 'put', object: view }]);
  return 'CREATE VIEW';
}

/** A view over a temporary relation is temporary itself. */
function readsTemporary(session: SessionContext, { reads }: BoundStatement): boolean {
  const schema = temporarySchema(session.catalog(), session.processId);
  if (schema === undefined) return false;
  return reads.some((oid) => session.catalog().relation(oid)?.schema === schema);
}

/** Columns that were there before keep their defaults and comments. */
function keptDefaults(
  columns: readonly ColumnDescriptor[],
  before: ViewDescriptor | undefined,
): ColumnDescriptor[] {
  return columns.map((column, i) => {
    const old = before?.columns[i];
    return old === undefined
      ? column
      : { ...column, defaultSql: old.defaultSql, comment: old.comment };
  });
}

/**
 * CREATE RECURSIVE VIEW v (c) AS q stands for the view over WITH RECURSIVE v (c) AS (q) SELECT c FROM v:
 * the parser gives that query, whose WITH stands nowhere in the text.
 */
function viewQuery(node: NodeBody<'ViewStmt'>, body: string): string {
  const { withClause } = nodeAs(node.query, 'SelectStmt') ?? {};
  const cte = nodeAs(withClause?.ctes?.[0], 'CommonTableExpr');
  const isWritten = (withClause?.location ?? -1) >= 0;
  if (withClause?.recursive !== true || isWritten || cte?.ctename === undefined) return body;
  const name = quoteIdentifier(cte.ctename);
  const columns = nameList(node.aliases).map(quoteIdentifier).join(', ');
  return `WITH RECURSIVE ${name}(${columns}) AS (${body}\n) SELECT ${columns} FROM ${name}`;
}

/** The query between AS, the first one outside quotes, comments and parentheses, and WITH CHECK OPTION. */
function viewBody(text: string): string {
  const words: { readonly word: string; readonly start: number; readonly end: number }[] = [];
  let depth = 0;
  let start: number | undefined;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '(') depth++;
    else if (token === ')') depth--;
    const word = token.toLowerCase();
    if (start === undefined && depth === 0 && word === 'as') start = index + token.length;
    const isSpace = token.startsWith('--') || token.startsWith('/*') || token.trim() === '';
    if (!isSpace) words.push({ word, start: index, end: index + token.length });
  }
  if (start === undefined) throw dbError('syntax_error', 'CREATE VIEW needs a query after AS');
  const tail = words.filter(({ word }) => word !== ';').slice(-4);
  const lastWords = tail.map(({ word }) => word).join(' ');
  const option = /\bwith (?:cascaded |local )?check option$/.exec(lastWords);
  if (option === null) return text.slice(start).trim();
  const first = tail.at(-option[0].split(' ').length);
  return text.slice(start, first?.start).trim();
}

const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|[();]|\bas\b|[^'"()\s;-]+|[\s\S]/gi;

async function bindView(
  session: SessionContext,
  statement: ParsedStatement | undefined,
  sql: string,
): Promise<BoundStatement> {
  if (statement === undefined || !('SelectStmt' in statement.node)) {
    throw notSupported('a view over this kind of statement');
  }
  if (statement.node.SelectStmt.intoClause !== undefined) {
    throw dbError('feature_not_supported', 'views must not contain SELECT INTO');
  }
  const environment = session.bindEnvironment(sql, []);
  return bindInTurns(session, statement, { ...environment, allowNewParameters: false });
}

function viewColumns(bound: BoundStatement, aliases: readonly string[]): ColumnDescriptor[] {
  const fields = bound.fields ?? [];
  if (aliases.length > fields.length) {
    throw dbError('syntax_error', 'CREATE VIEW specifies more column names than columns');
  }
  const names = new Set<string>();
  return fields.map((field, i) => {
    const name = aliases[i] ?? field.name;
    if (names.has(name))
      throw dbError('duplicate_column', `column "${name}" specified more than once`);
    names.add(name);
    const type = field.type.oid === OID.unknown ? sqlType(OID.text) : field.type;
    return { attnum: i + 1, name, type, notNull: false, defaultSql: null, identity: '' };
  });
}

/** OR REPLACE may only add columns at the end. */
function requireCompatible(existing: ViewDescriptor, columns: readonly ColumnDescriptor[]): void {
  if (columns.length < existing.columns.length) {
    throw dbError('invalid_table_definition', 'cannot drop columns from view');
  }
  for (const [i, before] of existing.columns.entries()) {
    const after = columns[i] as ColumnDescriptor;
    if (after.name !== before.name) {
      throw dbError('invalid_table_definition', {
        message: `cannot change name of view column "${before.name}" to "${after.name}"`,
        hint: 'Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.',
      });
    }
    if (after.type.oid !== before.type.oid || after.type.typmod !== before.type.typmod) {
      throw dbError(
        'invalid_table_definition',
        `cannot change data type of view column "${before.name}" from ${formatType(before.type.oid, before.type.typmod)} to ${formatType(after.type.oid, after.type.typmod)}`,
      );
    }
  }
}
