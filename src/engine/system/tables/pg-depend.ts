/** pg_depend: which objects need which, and pg_rewrite, through which views need theirs. */
import {
  FIRST_USER_OID,
  liveColumns,
  TIMESCALEDB_INFORMATION_SCHEMA_OID,
  VARVE_SCHEMA_OID,
  type CatalogSnapshot,
  type IndexDescriptor,
  type RelationDescriptor,
  type TableDescriptor,
} from '../../../catalog/catalog.ts';
import type { Oid } from '../../../types/type.ts';
import { columnsOf } from '../../../plan/expr-walk.ts';
import { bindTableSql } from '../../system-context.ts';
import { relationsOfView } from '../../ddl/dependencies.ts';
import type { SessionContext } from '../../session-context.ts';
import { TIMESCALEDB_EXTENSION_OID } from './database.ts';
import { columnDefaultOid, viewRuleOid } from '../object-oids.ts';
import { SYSTEM_OIDS } from '../system-oids.ts';
import { versionedTable, type Row } from '../virtual-table.ts';

const classOid = (name: string): Oid => SYSTEM_OIDS.get(name) as Oid;
const PG_ATTRDEF = classOid('pg_attrdef');
const PG_CLASS = classOid('pg_class');
const PG_CONSTRAINT = classOid('pg_constraint');
const PG_EXTENSION = classOid('pg_extension');
const PG_NAMESPACE = classOid('pg_namespace');
const PG_REWRITE = classOid('pg_rewrite');
const PG_TYPE = classOid('pg_type');

/** n normal, a goes with it, i part of it, e member of an extension. */
type Kind = 'n' | 'a' | 'i' | 'e';

type ObjectName = readonly [classOid: Oid, oid: Oid, column?: number];

function dependency(dependent: ObjectName, on: ObjectName, kind: Kind): Row {
  return [dependent[0], dependent[1], dependent[2] ?? 0, on[0], on[1], on[2] ?? 0, kind];
}

function* tableRows(table: TableDescriptor, owned: ReadonlyMap<string, Oid>): Iterable<Row> {
  for (const { attnum, defaultSql, generatedSql, dropped } of table.columns) {
    if (dropped === true || (defaultSql === null && generatedSql === undefined)) continue;
    const self: ObjectName = [PG_ATTRDEF, columnDefaultOid(table.oid, attnum)];
    yield dependency(self, [PG_CLASS, table.oid, attnum], 'a');
    const sequence = owned.get(`${table.oid} ${attnum}`);
    if (sequence !== undefined && defaultSql?.startsWith('nextval(') === true) {
      yield dependency(self, [PG_CLASS, sequence], 'n');
    }
  }
  for (const { oid, columns } of table.constraints) {
    for (const column of columns)
      yield dependency([PG_CONSTRAINT, oid], [PG_CLASS, table.oid, column], 'a');
  }
}

function* indexRows(
  index: IndexDescriptor,
  catalog: CatalogSnapshot,
  session: SessionContext,
): Iterable<Row> {
  const self: ObjectName = [PG_CLASS, index.oid];
  const table = catalog.relation(index.table);
  const constraint =
    table?.kind === 'table'
      ? table.constraints.find((item) => item.kind !== 'check' && item.index === index.oid)
      : undefined;
  if (constraint !== undefined) {
    yield dependency(self, [PG_CONSTRAINT, constraint.oid], 'i');
    return;
  }
  if (table?.kind !== 'table') return;
  const columns = indexedColumns(index, table, session);
  if (columns.size === 0) yield dependency(self, [PG_CLASS, index.table], 'a');
  for (const column of columns) yield dependency(self, [PG_CLASS, index.table, column], 'a');
}

/** Columns that an index has, or that its expressions and its predicate read. */
function indexedColumns(
  index: IndexDescriptor,
  table: TableDescriptor,
  session: SessionContext,
): ReadonlySet<number> {
  const columns = new Set([...index.keys.map((key) => key.column), ...index.include]);
  columns.delete(0);
  const live = liveColumns(table);
  const expressions = [...index.keys.map((key) => key.expressionSql), index.predicateSql];
  for (const sql of expressions) {
    if (sql === undefined) continue;
    for (const position of columnsOf(bindTableSql(session.database, table, sql))) {
      const column = live[position];
      if (column !== undefined) columns.add(column.attnum);
    }
  }
  return columns;
}

function* relationRows(
  relation: RelationDescriptor,
  session: SessionContext,
  owned: ReadonlyMap<string, Oid>,
): Iterable<Row> {
  const catalog = session.catalog();
  const self: ObjectName = [PG_CLASS, relation.oid];
  if (relation.kind === 'index') {
    yield* indexRows(relation, catalog, session);
    return;
  }
  yield dependency(self, [PG_NAMESPACE, relation.schema], 'n');
  if (relation.kind === 'sequence') {
    const { ownedBy } = relation;
    if (ownedBy === undefined) return;
    const column = tableColumn(catalog, ownedBy.table, ownedBy.column);
    yield dependency(self, [PG_CLASS, ownedBy.table, ownedBy.column], column === '' ? 'a' : 'i');
    return;
  }
  yield dependency([PG_TYPE, relation.rowType], self, 'i');
  if (relation.kind === 'table') yield* tableRows(relation, owned);
  if (relation.kind !== 'view') return;
  const rule: ObjectName = [PG_REWRITE, viewRuleOid(relation.oid)];
  yield dependency(rule, self, 'i');
  yield dependency(rule, self, 'n');
  for (const used of relationsOfView(session, catalog, relation)) {
    if (used >= FIRST_USER_OID) yield dependency(rule, [PG_CLASS, used], 'n');
  }
}

/** How the column is an identity column, '' where it is not. */
function tableColumn(catalog: CatalogSnapshot, table: Oid, attnum: number): string {
  const relation = catalog.relation(table);
  if (relation?.kind !== 'table') return '';
  return relation.columns.find((column) => column.attnum === attnum)?.identity ?? '';
}

/** What belongs to the extension timescaledb, so that pg_dump leaves it out. */
function* extensionRows(catalog: CatalogSnapshot): Iterable<Row> {
  const extension: ObjectName = [PG_EXTENSION, TIMESCALEDB_EXTENSION_OID];
  const schemas: readonly Oid[] = [TIMESCALEDB_INFORMATION_SCHEMA_OID, VARVE_SCHEMA_OID];
  for (const schema of schemas) yield dependency([PG_NAMESPACE, schema], extension, 'e');
  for (const { schema, oid } of catalog.relations()) {
    if (schemas.includes(schema)) yield dependency([PG_CLASS, oid], extension, 'e');
  }
}

export const pgDepend = versionedTable('pg_depend', function* (catalog, session) {
  const owned = new Map<string, Oid>();
  for (const relation of catalog.relations()) {
    if (relation.kind === 'sequence' && relation.ownedBy !== undefined) {
      owned.set(`${relation.ownedBy.table} ${relation.ownedBy.column}`, relation.oid);
    }
  }
  yield* extensionRows(catalog);
  for (const relation of catalog.relations()) {
    if (relation.oid >= FIRST_USER_OID) yield* relationRows(relation, session, owned);
  }
});

/** A view's SELECT, as the rule that PostgreSQL keeps it in. */
export const pgRewrite = versionedTable('pg_rewrite', function* (catalog) {
  for (const relation of catalog.relations()) {
    if (relation.kind !== 'view') continue;
    yield [viewRuleOid(relation.oid), '_RETURN', relation.oid, '1', 'O', true, '<>', relation.sql];
  }
});
