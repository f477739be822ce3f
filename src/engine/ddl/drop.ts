/** DROP of tables, views, indexes, sequences and schemas, with RESTRICT and CASCADE. */
import type {
  CatalogChange,
  CatalogSnapshot,
  ObjectDescriptor,
  RelationDescriptor,
  SequenceDescriptor,
  TableDescriptor,
  ViewDescriptor,
} from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { ConditionName } from '../../errors/sqlstate.ts';
import { turn } from '../../exec/operator.ts';
import { nameList, nodeAs, type Node, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import type { Oid } from '../../types/type.ts';
import { checkpointOf } from '../checkpoint.ts';
import { isOwner, requireOwner } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { Dependencies, describeObject } from './dependencies.ts';
import { dropMissing } from './drop-missing.ts';
import { findRelation } from './names.ts';
import { defaultsUsing } from './sequence-defaults.ts';

interface DropKind {
  readonly tag: string;
  readonly label: string;
  /** What there is none of where the name is unknown. */
  readonly missing: ConditionName;
  readonly kinds: readonly RelationDescriptor['kind'][];
}

const KINDS = new Map<string, DropKind>([
  [
    'OBJECT_TABLE',
    { tag: 'DROP TABLE', label: 'table', missing: 'undefined_table', kinds: ['table'] },
  ],
  [
    'OBJECT_VIEW',
    { tag: 'DROP VIEW', label: 'view', missing: 'undefined_table', kinds: ['view', 'virtual'] },
  ],
  [
    'OBJECT_INDEX',
    { tag: 'DROP INDEX', label: 'index', missing: 'undefined_object', kinds: ['index'] },
  ],
  [
    'OBJECT_SEQUENCE',
    { tag: 'DROP SEQUENCE', label: 'sequence', missing: 'undefined_table', kinds: ['sequence'] },
  ],
]);

export async function dropObjects(
  session: SessionContext,
  node: NodeBody<'DropStmt'>,
): Promise<string> {
  if (node.removeType === 'OBJECT_SCHEMA') return await dropSchemas(session, node);
  const kind = KINDS.get(node.removeType ?? '');
  if (kind === undefined) return dropMissing(session, node);
  await lockTargets(session, node.objects ?? []);
  await session.transaction.current().changeCatalog([]);
  const targets: RelationDescriptor[] = [];
  for (const object of node.objects ?? []) {
    const name = rangeVar(object);
    const relation = findRelation(session, name);
    if (relation !== undefined) {
      requireKind(relation, kind);
      requireDropRights(session, relation);
      targets.push(relation);
    } else if (node.missing_ok === true) {
      session.notice('NOTICE', `${missingLabel(session, kind, name)} does not exist, skipping`);
    } else {
      requireSchema(session, name);
      throw dbError(kind.missing, `${kind.label} "${name.relname}" does not exist`);
    }
  }
  await dropAll(session, targets, node.behavior === 'DROP_CASCADE');
  return kind.tag;
}

/** The owner of an object or of its schema may drop it. */
function hasDropRights(session: SessionContext, relation: RelationDescriptor): boolean {
  const schema = session.catalog().schema(relation.schema);
  return isOwner(session, relation) || (schema !== undefined && isOwner(session, schema));
}

function requireDropRights(session: SessionContext, relation: RelationDescriptor): void {
  if (!hasDropRights(session, relation)) requireOwner(session, relation);
}

/**
 * Waits for writers before it takes the catalog's lock: one that holds a table and wants to do DDL must
 * not wait for us while we wait for it.
 */
async function lockTargets(session: SessionContext, objects: readonly Node[]): Promise<void> {
  for (const object of objects) {
    const relation = findRelation(session, rangeVar(object));
    // Only those who may drop it may keep others waiting.
    if (relation === undefined || !hasDropRights(session, relation)) continue;
    const table = relation.kind === 'index' ? relation.table : relation.oid;
    if (relation.kind === 'table' || relation.kind === 'index') {
      await session.transaction.current().lockTable(table, 'exclusive', 'block');
    }
  }
}

/** The schema that a name gives and that is not there. */
function missingSchema(session: SessionContext, name: RangeVar): string | undefined {
  const { schemaname } = name;
  const isThere = schemaname === undefined || session.catalog().schemaByName(schemaname);
  return isThere ? undefined : schemaname;
}

function missingLabel(session: SessionContext, kind: DropKind, name: RangeVar): string {
  const schema = missingSchema(session, name);
  return schema === undefined ? `${kind.label} "${name.relname}"` : `schema "${schema}"`;
}

function requireSchema(session: SessionContext, name: RangeVar): void {
  const schema = missingSchema(session, name);
  if (schema !== undefined)
    throw dbError('invalid_schema_name', `schema "${schema}" does not exist`);
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
  const collection: Collection = { wanted, doomed, reported, needed: [], cascade, defaults: [] };
  const dependencies = await Dependencies.of(session, catalog);
  const turns = { checkpoint: checkpointOf(session) };
  for (const target of targets) {
    collect(session, dependencies, target, collection);
    await turn(turns);
  }
  if (collection.needed.length > 0) throw stillNeeded(session, targets, collection.needed);
  if (reported.length === 1) session.notice('NOTICE', `drop cascades to ${reported[0]}`);
  if (reported.length > 1) {
    const detail = reported.map((line) => `drop cascades to ${line}`).join('\n');
    session.notice('NOTICE', `drop cascades to ${reported.length} other objects`, detail);
  }
  const transaction = session.transaction.current();
  for (const object of doomed.values()) {
    if (object.kind === 'table') await transaction.lockTable(object.oid, 'exclusive', 'block');
    if (object.kind === 'index') await transaction.lockTable(object.table, 'exclusive', 'block');
  }
  const changes: CatalogChange[] = detachments(catalog, collection);
  for (const oid of doomed.keys()) changes.push({ change: 'drop', oid });
  await transaction.changeCatalog(changes);
}

interface Collection {
  readonly wanted: ReadonlySet<Oid>;
  readonly doomed: Map<Oid, ObjectDescriptor>;
  readonly reported: string[];
  /** `view v depends on table t`: what stands against dropping without CASCADE. */
  readonly needed: string[];
  readonly cascade: boolean;
  /** Columns that lose their default with a sequence. */
  readonly defaults: { readonly table: Oid; readonly column: number }[];
}

function collect(
  session: SessionContext,
  dependencies: Dependencies,
  object: ObjectDescriptor,
  into: Collection,
): void {
  const { catalog } = dependencies;
  if (into.doomed.has(object.oid)) return;
  requireNoConstraint(catalog, object, into.wanted);
  if (object.kind === 'sequence') noteDefaults(session, catalog, object, into);
  into.doomed.set(object.oid, object);
  for (const { dependent, automatic } of dependencies.on(object)) {
    if (into.doomed.has(dependent.oid)) continue;
    if (!automatic && !into.wanted.has(dependent.oid)) {
      const label = describeObject(session, dependent);
      into.reported.push(label);
      into.needed.push(
        ...(into.cascade ? [] : [`${label} depends on ${describeObject(session, object)}`]),
      );
    }
    collect(session, dependencies, dependent, into);
  }
}

/** Defaults that use a sequence keep it, unless their table goes too. */
function noteDefaults(
  session: SessionContext,
  catalog: CatalogSnapshot,
  sequence: SequenceDescriptor,
  into: Collection,
): void {
  const owner = catalog.relation(sequence.ownedBy?.table ?? 0);
  if (owner?.kind === 'table' && !into.doomed.has(owner.oid) && !into.wanted.has(owner.oid)) {
    const column = owner.columns.find((candidate) => candidate.identitySequence === sequence.oid);
    if (column !== undefined) {
      throw dbError('dependent_objects_still_exist', {
        message: `cannot drop ${describeObject(session, sequence)} because column ${column.name} of ${describeObject(session, owner)} requires it`,
        hint: `You can drop column ${column.name} of ${describeObject(session, owner)} instead.`,
      });
    }
  }
  for (const { table, column } of defaultsUsing(session, catalog, sequence.oid)) {
    if (into.doomed.has(table.oid) || into.wanted.has(table.oid)) continue;
    const label = `default value for column ${column.name} of ${describeObject(session, table)}`;
    into.reported.push(label);
    if (!into.cascade) into.needed.push(`${label} depends on ${describeObject(session, sequence)}`);
    into.defaults.push({ table: table.oid, column: column.attnum });
  }
}

function stillNeeded(
  session: SessionContext,
  targets: readonly ObjectDescriptor[],
  needed: readonly string[],
): Error {
  const [target] = targets;
  const one = targets.length === 1 && target !== undefined;
  return dbError('dependent_objects_still_exist', {
    message: one
      ? `cannot drop ${describeObject(session, target)} because other objects depend on it`
      : 'cannot drop desired object(s) because other objects depend on them',
    detail: needed.join('\n'),
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
  const constraint = table.constraints.find(
    (candidate) => candidate.kind !== 'check' && candidate.index === object.oid,
  );
  if (constraint === undefined) return;
  throw dbError('dependent_objects_still_exist', {
    message: `cannot drop index ${object.name} because constraint ${constraint.name} on table ${table.name} requires it`,
    hint: `You can drop constraint ${constraint.name} on table ${table.name} instead.`,
  });
}

/** Columns whose default used a dropped sequence lose that default. */
function detachments(catalog: CatalogSnapshot, { defaults, doomed }: Collection): CatalogChange[] {
  const tables = new Map<Oid, TableDescriptor | ViewDescriptor>();
  for (const { table: oid, column } of defaults) {
    const table = tables.get(oid) ?? catalog.relation(oid);
    if ((table?.kind !== 'table' && table?.kind !== 'view') || doomed.has(oid)) continue;
    const columns = table.columns.map((candidate) =>
      candidate.attnum === column ? { ...candidate, defaultSql: null } : candidate,
    );
    tables.set(oid, { ...table, columns });
  }
  return [...tables.values()].map((object) => ({ change: 'put', object }));
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
