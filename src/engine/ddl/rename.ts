/** ALTER ... RENAME and ALTER ... SET SCHEMA. What refers by OID goes on working; stored texts are rewritten. */
import type {
  CatalogChange,
  CatalogSnapshot,
  ObjectDescriptor,
  RelationDescriptor,
} from '../../catalog/catalog.ts';
import { FIRST_USER_OID, liveColumns } from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import type { NodeBody, RangeVar } from '../../parse/ast.ts';
import type { Oid } from '../../types/type.ts';
import {
  isSuperuser,
  permissionDenied,
  hasPrivilege,
  requireCreate,
  requireOwner,
} from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { lockForAlter, requireObjectKind } from './alter-table/alter-table.ts';
import { renameConstraint } from './alter-table/constraints.ts';
import { carryChecks, carryIndexes, renameColumns } from './alter-table/stored-sql.ts';
import { withColumn } from './alter-table/target.ts';
import { requireColumnName } from './column-definition.ts';
import { databaseDescriptor } from './database-descriptor.ts';
import { kindName, mustFindSchema, requireFreeName } from './names.ts';
import { renameRole } from './roles.ts';
import { requireSchemaName } from './schema.ts';
import { renamedDefaults } from './sequence-defaults.ts';
import { guardViews } from './view-guard.ts';
import type { Renaming } from './view-rename.ts';

const TAGS = new Map([
  ['OBJECT_TABLE', 'ALTER TABLE'],
  ['OBJECT_VIEW', 'ALTER VIEW'],
  ['OBJECT_INDEX', 'ALTER INDEX'],
  ['OBJECT_SEQUENCE', 'ALTER SEQUENCE'],
  ['OBJECT_TABCONSTRAINT', 'ALTER TABLE'],
  ['OBJECT_SCHEMA', 'ALTER SCHEMA'],
  ['OBJECT_ROLE', 'ALTER ROLE'],
  ['OBJECT_DATABASE', 'ALTER DATABASE'],
]);

export async function renameObject(
  session: SessionContext,
  node: NodeBody<'RenameStmt'>,
  sql: string,
): Promise<string> {
  const type = node.renameType ?? '';
  const to = node.newname ?? '';
  switch (type) {
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_INDEX':
    case 'OBJECT_SEQUENCE':
      await renameRelation(session, node, to);
      return TAGS.get(type) as string;
    case 'OBJECT_COLUMN':
      await renameColumn(session, node, to);
      return TAGS.get(node.relationType ?? '') ?? 'ALTER TABLE';
    case 'OBJECT_TABCONSTRAINT': {
      const relation = await lockForAlter(
        session,
        node.relation as RangeVar,
        node.missing_ok === true,
      );
      if (relation === undefined) return 'ALTER TABLE';
      if (relation.kind !== 'table')
        throw dbError('wrong_object_type', `"${relation.name}" is not a table`);
      await renameConstraint({ session, oid: relation.oid, sql }, node.subname ?? '', to);
      return 'ALTER TABLE';
    }
    case 'OBJECT_SCHEMA':
      return await renameSchema(session, node.subname ?? '', to);
    case 'OBJECT_ROLE':
      return await renameRole(session, node.subname ?? '', to);
    case 'OBJECT_DATABASE':
      databaseDescriptor(session, node.subname ?? '');
      throw notSupported('ALTER DATABASE RENAME');
    default:
      throw notSupported(`ALTER ${type.replace('OBJECT_', '').replaceAll('_', ' ')} RENAME`);
  }
}

async function renameRelation(
  session: SessionContext,
  node: NodeBody<'RenameStmt'>,
  to: string,
): Promise<void> {
  const before = session.catalog();
  const relation = await lockForAlter(session, node.relation as RangeVar, node.missing_ok === true);
  if (relation === undefined) return;
  // ALTER INDEX may rename any relation, an old habit that PostgreSQL allows.
  if (node.renameType !== 'OBJECT_INDEX') requireObjectKind(relation, node.renameType ?? '');
  if (relation.kind === 'virtual') throw notSupported('renaming a system relation');
  const schema = session.catalog().schema(relation.schema);
  if (schema !== undefined && !hasPrivilege(session, schema, 'C')) throw permissionDenied(schema);
  requireFreeName(session.catalog(), relation.schema, to);
  const changes: CatalogChange[] = [{ change: 'put', object: { ...relation, name: to } }];
  if (relation.kind === 'index') {
    // The constraint of an index goes by the index's name.
    const table = session.catalog().relation(relation.table);
    if (table?.kind === 'table') {
      const constraints = table.constraints.map((constraint) =>
        constraint.kind !== 'check' && constraint.index === relation.oid
          ? { ...constraint, name: to }
          : constraint,
      );
      changes.push({ change: 'put', object: { ...table, constraints } });
    }
  }
  await session.transaction.current().changeCatalog(changes);
  await afterMove(session, before, {
    kind: 'relation',
    oid: relation.oid,
    name: to,
    schema: schema?.name ?? '',
  });
}

/** Texts that named what has another name now: defaults by their sequences, views by their relations. */
async function afterMove(
  session: SessionContext,
  before: CatalogSnapshot,
  renaming: Renaming,
): Promise<void> {
  const transaction = session.transaction.current();
  await transaction.changeCatalog(renamedDefaults(session, before, session.catalog()));
  await guardViews(session, before, renaming);
}

async function renameColumn(
  session: SessionContext,
  node: NodeBody<'RenameStmt'>,
  to: string,
): Promise<void> {
  const from = node.subname ?? '';
  const before = session.catalog();
  const relation = await lockForAlter(session, node.relation as RangeVar, node.missing_ok === true);
  if (relation === undefined) return;
  requireObjectKind(relation, node.relationType ?? '');
  if (relation.kind !== 'table' && relation.kind !== 'view') {
    throw dbError('wrong_object_type', {
      message: `cannot rename columns of relation "${relation.name}"`,
      detail: `This operation is not supported for ${kindName(relation) === 'index' ? 'indexes' : `${kindName(relation)}s`}.`,
    });
  }
  const column = liveColumns(relation).find((candidate) => candidate.name === from);
  if (column === undefined) throw dbError('undefined_column', `column "${from}" does not exist`);
  requireColumnName(to);
  if (liveColumns(relation).some((candidate) => candidate.name === to)) {
    throw dbError(
      'duplicate_column',
      `column "${to}" of relation "${relation.name}" already exists`,
    );
  }
  const columns = withColumn(relation.columns, { ...column, name: to });
  const changes: CatalogChange[] = [];
  if (relation.kind === 'view') changes.push({ change: 'put', object: { ...relation, columns } });
  else {
    const carry = renameColumns(session, relation, columns);
    const constraints = carryChecks(relation, column.attnum, carry);
    changes.push({
      change: 'put',
      object: { ...relation, columns, constraints, schemaVersion: relation.schemaVersion + 1 },
    });
    changes.push(...carryIndexes(session, relation, column.attnum, carry));
  }
  await session.transaction.current().changeCatalog(changes);
  await guardViews(session, before, { kind: 'column', oid: relation.oid, from, to });
}

async function renameSchema(session: SessionContext, from: string, to: string): Promise<string> {
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  const before = session.catalog();
  const schema = mustFindSchema(before, from);
  requireOwner(session, schema);
  requireSchemaName(to);
  if (before.schemaByName(to) !== undefined)
    throw dbError('duplicate_schema', `schema "${to}" already exists`);
  if (
    !isSuperuser(session) &&
    !hasPrivilege(session, databaseDescriptor(session, before.databaseName), 'C')
  ) {
    throw dbError(
      'insufficient_privilege',
      `permission denied for database ${before.databaseName}`,
    );
  }
  const changes: CatalogChange[] = [{ change: 'put', object: { ...schema, name: to } }];
  // Views look names up along a path of schema names.
  for (const view of before.relations()) {
    if (view.kind !== 'view' || view.oid < FIRST_USER_OID || !view.searchPath.includes(from))
      continue;
    const searchPath = view.searchPath.map((name) => (name === from ? to : name));
    changes.push({ change: 'put', object: { ...view, searchPath } });
  }
  await transaction.changeCatalog(changes);
  await afterMove(session, before, { kind: 'schema', from, to });
  return 'ALTER SCHEMA';
}

/** ALTER TABLE, VIEW or SEQUENCE ... SET SCHEMA; indexes and owned sequences move along. */
export async function setSchema(
  session: SessionContext,
  node: NodeBody<'AlterObjectSchemaStmt'>,
): Promise<string> {
  const type = node.objectType ?? '';
  const tag = TAGS.get(type);
  if (tag === undefined || type === 'OBJECT_INDEX') {
    throw notSupported(`ALTER ${type.replace('OBJECT_', '').replaceAll('_', ' ')} SET SCHEMA`);
  }
  const before = session.catalog();
  const relation = await lockForAlter(session, node.relation as RangeVar, node.missing_ok === true);
  if (relation === undefined) return tag;
  requireObjectKind(relation, type);
  const schema = mustFindSchema(session.catalog(), node.newschema ?? '');
  if (relation.kind === 'index' || relation.kind === 'virtual') {
    throw dbError('wrong_object_type', `"${relation.name}" is not a table, view, or sequence`);
  }
  if (relation.kind === 'sequence' && relation.ownedBy !== undefined) {
    throw dbError('feature_not_supported', {
      message: 'cannot move an owned sequence into another schema',
      detail: `Sequence "${relation.name}" is linked to table "${before.relation(relation.ownedBy.table)?.name ?? ''}".`,
    });
  }
  if (schema.oid < FIRST_USER_OID && schema.name !== 'public') {
    throw dbError('insufficient_privilege', `permission denied for schema ${schema.name}`);
  }
  requireCreate(session, schema.oid);
  if (schema.oid === relation.schema) return tag;
  const moved = [relation, ...companions(session.catalog(), relation.oid)];
  for (const { name } of moved) requireFreeIn(session.catalog(), schema, name);
  await session.transaction
    .current()
    .changeCatalog(
      moved.map((object) => ({ change: 'put', object: { ...object, schema: schema.oid } })),
    );
  await afterMove(session, before, {
    kind: 'relation',
    oid: relation.oid,
    name: relation.name,
    schema: schema.name,
  });
  return tag;
}

function companions(catalog: CatalogSnapshot, table: Oid): RelationDescriptor[] {
  const owned = [...catalog.relations()].filter(
    (relation) => relation.kind === 'sequence' && relation.ownedBy?.table === table,
  );
  return [...catalog.indexesOf(table), ...owned];
}

function requireFreeIn(
  catalog: CatalogSnapshot,
  schema: Pick<ObjectDescriptor, 'oid' | 'name'>,
  name: string,
): void {
  if (catalog.relationByName(schema.oid, name) === undefined) return;
  throw dbError('duplicate_table', `relation "${name}" already exists in schema "${schema.name}"`);
}
