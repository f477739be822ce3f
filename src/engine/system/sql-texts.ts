/** SQL texts of the catalog (views, defaults, checks) as the session would have to write them now. */
import { liveColumns, type CatalogSnapshot, type ViewDescriptor } from '../../catalog/catalog.ts';
import { quoteIdentifier } from '../../base/identifier.ts';
import { DbError } from '../../errors/db-error.ts';
import type { SqlTexts } from '../../functions/function.ts';
import { nodeAs } from '../../parse/ast.ts';
import { parseExpression } from '../../parse/parser.ts';
import { storedStatements } from '../../parse/stored-texts.ts';
import { bindStatement } from '../../plan/binder.ts';
import { bindExpr } from '../../plan/bind/expr.ts';
import { deparseExpr } from '../../plan/deparse.ts';
import { QueryFacts } from '../../plan/deparse/facts.ts';
import { QueryWriter } from '../../plan/deparse/query.ts';
import type { Oid } from '../../types/type.ts';
import { tableScope } from '../expressions.ts';
import type { SessionContext } from '../session-context.ts';
import { routineFact } from './routine-facts.ts';
import { updatability } from './updatability.ts';

export function sqlTexts(session: SessionContext): SqlTexts {
  return {
    updatability: (oid, attnum) => updatability(session, oid, attnum),
    view: (oid, pretty) => viewText(session, oid, pretty),
    routine: (oid) => {
      const fact = routineFact(oid);
      return fact && { source: fact.source ?? '', parallel: fact.parallel };
    },
    expression: (sql, relation, pretty) => expressionText(session, sql, relation, pretty),
  };
}

function expressionText(session: SessionContext, sql: string, oid: Oid, pretty: boolean): string {
  const relation = session.catalog().relation(oid);
  const columns = relation !== undefined && 'columns' in relation ? relation.columns : [];
  return orElse(sql, () => {
    const facts = new QueryFacts();
    const environment = { ...session.bindEnvironment(sql, []), trace: facts };
    const scope = tableScope(environment, relation?.name ?? '', columns, 'check constraints');
    return deparseExpr(bindExpr(parseExpression(sql), scope), {
      column: (index) => quoteIdentifier(columns[index]?.name ?? ''),
      format: session.evalContext().format,
      pretty,
      showsLiteralTypes: true,
      syntax: (expr) => facts.nodeOf(expr),
    });
  });
}

function viewText(session: SessionContext, oid: Oid, pretty: boolean): string | undefined {
  const catalog = session.catalog();
  const view = catalog.relation(oid);
  if (view?.kind !== 'view') return undefined;
  const stored = ` ${view.sql.trim().replace(/;$/, '')}`;
  return `${orElse(stored, () => deparsedView(session, catalog, view, pretty))};`;
}

function deparsedView(
  session: SessionContext,
  catalog: CatalogSnapshot,
  view: ViewDescriptor,
  pretty: boolean,
): string {
  const [statement] = storedStatements(view.sql);
  const select = nodeAs(statement?.node, 'SelectStmt');
  if (statement === undefined || select === undefined) return view.sql;
  const facts = new QueryFacts();
  const { format } = session.evalContext();
  const { names } = format;
  const searchPath = view.searchPath.flatMap((name) => catalog.schemaByName(name)?.oid ?? []);
  const bound = bindStatement(statement, {
    ...session.bindEnvironment(view.sql, []),
    searchPath,
    format: {
      ...format,
      names: names && { ...names, toOid: (kind, name) => names.toOid(kind, name, searchPath) },
    },
    trace: facts,
  });
  facts.readPlan(bound.root);
  const writer = new QueryWriter(facts, {
    format,
    pretty,
    rowType: (type) => {
      const owner = catalog.relationByRowType(type);
      return owner && relationName(session, catalog, owner.oid, false);
    },
    relation: (oid, full) => relationName(session, catalog, oid, full),
  });
  return writer.query(select, {
    level: 0,
    taken: new Set(['old', 'new']),
    namesVisible: true,
    fieldTypes: bound.fields?.map((field) => field.type),
    fieldNames: liveColumns(view).map((column) => column.name),
  });
}

function relationName(
  session: SessionContext,
  catalog: CatalogSnapshot,
  oid: Oid,
  full: boolean,
): string {
  const relation = catalog.relation(oid);
  if (relation === undefined) return String(oid);
  const name = quoteIdentifier(relation.name);
  const visible = session
    .lookupPath()
    .map((schema) => catalog.relationByName(schema, relation.name)?.oid)
    .find((found) => found !== undefined);
  if (visible === oid && !full) return name;
  return `${quoteIdentifier(catalog.schema(relation.schema)?.name ?? 'pg_catalog')}.${name}`;
}

/** The stored text where the other cannot be made: it still means the same. */
function orElse(stored: string, make: () => string): string {
  try {
    return make();
  } catch (error) {
    if (error instanceof DbError) return stored;
    throw error;
  }
}
