/** DROP of tables, views, indexes, sequences and schemas, with RESTRICT and CASCADE. */
import type {
  CatalogChange,
  CatalogSnapshot,
  ObjectDescriptor,
  RelationDescriptor,
} from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import { nameList, nodeAs, type Node, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import type { Oid } from '../../types/type.ts';
import { requireOwner } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { dependentsOf, describeObject } from './dependencies.ts';
import { displayName, findRelation } from './names.ts';

interface DropKind {
  readonly tag: string;
  readonly label: string;
  readonly kinds: readonly RelationDescriptor['kind'][];
}

const KINDS = new Map<string, DropKind>([
  ['OBJECT_TABLE', { tag: 'DROP TABLE', label: 'table', kinds: ['table'] }],
  ['OBJECT_VIEW', { tag: 'DROP VIEW', label: 'view', kinds: ['view', 'virtual'] }],
  ['OBJECT_INDEX', { tag: 'DROP INDEX', label: 'index', kinds: ['index'] }],
  ['OBJECT_SEQUENCE', { tag: 'DROP SEQUENCE', label: 'sequence', kinds: ['sequence'] }],
]);

export async function dropObjects(session: SessionContext, node: NodeBody<'DropStmt'>): Promise<string> {
  if (node.removeType === 'OBJECT_SCHEMA') return await dropSchemas(session, node);
  const kind = KINDS.get(node.removeType ?? '');
  if (kind === undefined) {
    throw notSupported(`DROP ${(node.removeType ?? '').replace('OBJECT_', '').replaceAll('_', ' ')}`);
  }
  await session.transaction.current().changeCatalog([]);
  const targets: RelationDescriptor[] = [];
  for (const object of node.objects ?? []) {
    const name = rangeVar(object);
    const relation = findRelation(session, name);
    if (relation !== undefined) {
      requireKind(relation, kind);
      requireOwner(session, relation);
      targets.push(relation);
    } else if (node.missing_ok === true) {
      session.notice('NOTICE', `${kind.label} "${displayName(name)}" does not exist, skipping`);
    } else {
      requireSchema(session, name);
      throw dbError('undefined_table', `${kind.label} "${displayName(name)}" does not exist`);
    }
  }
  await dropAll(session, targets, node.behavior === 'DROP_CASCADE');
  return kind.tag;
}

function requireSchema(session: SessionContext, name: RangeVar): void {
  if (name.schemaname === undefined || session.catalog().schemaByName(name.schemaname) !== undefined) return;
  throw dbError('invalid_schema_name', `schema "${name.schemaname}" does not exist`);
}

function rangeVar(node: Node): RangeVar {
  const names = nameList(nodeAs(node, 'List')?.items);
  const result: RangeVar = { relname: names.at(-1) ?? '' };
  if (names.length > 1) result.schemaname = names.at(-2) as string;
  if (names.length > 2) result.catalogname = names.at(-3) as string;
  return result;
}

function requireKind(relation: RelationDescriptor, kind: DropKind): void {
  if (kind.kinds.includes(relation.kind)) return;
  const actual = relation.kind === 'virtual' ? 'view' : relation.kind;
  const article = actual === 'index' ? 'an' : 'a';
  throw dbError('wrong_object_type', {
    message: `"${relation.name}" is not ${kind.label === 'index' ? 'an' : 'a'} ${kind.label}`,
    hint: `Use DROP ${actual.toUpperCase()} to remove ${article} ${actual}.`,
  });
}

/** Drops objects and, with CASCADE, all that depends on them; otherwise refuses where anything does. */
export async function dropAll(
  session: SessionContext,
  targets: readonly ObjectDescriptor[],
  cascade: boolean,
): Promise<void> {
  const catalog = session.catalog();
  const wanted = new Set(targets.map((object) => object.oid));
  const doomed = new Map<Oid, ObjectDescriptor>();
  const reported: string[] = [];
  for (const target of targets) collect(session, catalog, target, { wanted, doomed, reported, cascade });
  if (reported.length === 1) session.notice('NOTICE', `drop cascades to ${reported[0]}`);
  if (reported.length > 1) {
    const detail = reported.map((line) => `drop cascades to ${line}`).join('\n');
    session.notice('NOTICE', `drop cascades to ${reported.length} other objects`, detail);
  }
  const transaction = session.transaction.current();
  for (const object of doomed.values()) {
    if (object.kind === 'table') await transaction.lockTable(object.oid, 'exclusive', 'block');
  }
  const changes: CatalogChange[] = detachments(catalog, doomed);
  for (const oid of doomed.keys()) changes.push({ change: 'drop', oid });
  await transaction.changeCatalog(changes);
}

interface Collection {
  readonly wanted: ReadonlySet<Oid>;
  readonly doomed: Map<Oid, ObjectDescriptor>;
  readonly reported: string[];
  readonly cascade: boolean;
}

function collect(
  session: SessionContext,
  catalog: CatalogSnapshot,
  object: ObjectDescriptor,
  into: Collection,
): void {
  if (into.doomed.has(object.oid)) return;
  requireNoConstraint(catalog, object, into.wanted);
  into.doomed.set(object.oid, object);
  for (const { dependent, automatic } of dependentsOf(session, catalog, object)) {
    if (into.doomed.has(dependent.oid)) continue;
    if (!automatic && !into.wanted.has(dependent.oid)) {
      if (!into.cascade) throw stillNeeded(catalog, object, dependent);
      into.reported.push(describeObject(catalog, dependent));
    }
    collect(session, catalog, dependent, into);
  }
}

function stillNeeded(catalog: CatalogSnapshot, object: ObjectDescriptor, dependent: ObjectDescriptor): Error {
  const name = describeObject(catalog, object);
  return dbError('dependent_objects_still_exist', {
    message: `cannot drop ${name} because other objects depend on it`,
    detail: `${describeObject(catalog, dependent)} depends on ${name}`,
    hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
  });
}

/** An index behind a constraint goes only with the constraint or the table. */
function requireNoConstraint(
  catalog: CatalogSnapshot,
  object: ObjectDescriptor,
  wanted: ReadonlySet<Oid>,
): void {
  if (object.kind !== 'index' || !wanted.has(object.oid)) return;
  const table = catalog.relation(object.table);
  if (table?.kind !== 'table' || wanted.has(table.oid)) return;
  const constraint = table.constraints.find((candidate) => candidate.kind !== 'check' && candidate.index === object.oid);
  if (constraint === undefined) return;
  throw dbError('dependent_objects_still_exist', {
    message: `cannot drop index ${object.name} because constraint ${constraint.name} on table ${table.name} requires it`,
    hint: `You can drop constraint ${constraint.name} on table ${table.name} instead.`,
  });
}

/** Columns whose default uses a dropped sequence lose that default. */
function detachments(catalog: CatalogSnapshot, doomed: ReadonlyMap<Oid, ObjectDescriptor>): CatalogChange[] {
  const changes: CatalogChange[] = [];
  for (const object of doomed.values()) {
    if (object.kind !== 'sequence' || object.ownedBy === undefined) continue;
    const table = catalog.relation(object.ownedBy.table);
    if (table?.kind !== 'table' || doomed.has(table.oid)) continue;
    const column = object.ownedBy.column;
    changes.push({
      change: 'put',
      object: {
        ...table,
        columns: table.columns.map((candidate) =>
          candidate.attnum === column ? { ...candidate, defaultSql: null } : candidate,
        ),
      },
    });
  }
  return changes;
}

async function dropSchemas(session: SessionContext, node: NodeBody<'DropStmt'>): Promise<string> {
  await session.transaction.current().changeCatalog([]);
  const targets: ObjectDescriptor[] = [];
  for (const object of node.objects ?? []) {
    const name = nodeAs(object, 'String')?.sval ?? '';
    const schema = session.catalog().schemaByName(name);
    if (schema !== undefined) {
      requireOwner(session, schema);
      targets.push(schema);
    } else if (node.missing_ok === true) {
      session.notice('NOTICE', `schema "${name}" does not exist, skipping`);
    } else throw dbError('invalid_schema_name', `schema "${name}" does not exist`);
  }
  await dropAll(session, targets, node.behavior === 'DROP_CASCADE');
  return 'DROP SCHEMA';
}
