/** CREATE TABLE: columns, constraints with their indexes, sequences, hypertable options. */
import type {
  CatalogChange,
  CheckConstraint,
  ColumnDescriptor,
  HypertableDescriptor,
  TableDescriptor,
} from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import { turn } from '../../exec/operator.ts';
import {
  nodeAs,
  type ColumnDef,
  type Node,
  type NodeBody,
  type RangeVar,
} from '../../parse/ast.ts';
import { checkpointOf } from '../checkpoint.ts';
import { canonicalCheck } from '../expressions.ts';
import type { SessionContext } from '../session-context.ts';
import { planColumn, type ConstraintNode } from './column-definition.ts';
import { hypertableFromOptions, requireUniqueHasTime } from './hypertable-options.ts';
import { addLike } from './like.ts';
import { atName, chooseName, joinName, noteExisting, requireFreeName } from './names.ts';
import { addSequence, checkedColumns, type TableDraft } from './table-draft.ts';
import { creationSchemaFor, isTemporary, refuseOnCommit } from './temporary.ts';

export async function createTable(
  session: SessionContext,
  node: NodeBody<'CreateStmt'>,
  sql: string,
): Promise<string> {
  const relation = node.relation as RangeVar;
  refuseUnsupported(node);
  const schema = await atName(sql, relation, () => creationSchemaFor(session, relation));
  const name = relation.relname ?? '';
  if (node.if_not_exists === true && session.catalog().relationByName(schema, name) !== undefined) {
    noteExisting(session, 'duplicate_table', `relation "${name}"`);
    return 'CREATE TABLE';
  }
  requireFreeName(session.catalog(), schema, name);
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  requireFreeName(session.catalog(), schema, name);
  const draft: TableDraft = {
    session,
    sql,
    oid: await transaction.allocateOid(),
    name,
    schema,
    columns: [],
    constraints: [],
    indexes: [],
    sequences: [],
    takenNames: new Set([name]),
  };
  const { constraints, finishing } = await addElements(draft, node.tableElts ?? []);
  const hypertable = hypertableFromOptions(draft, node.options ?? []);
  const turns = { checkpoint: checkpointOf(session) };
  for (const constraint of constraints) {
    await addConstraint(draft, constraint);
    await turn(turns);
  }
  for (const finish of finishing) await finish();
  requireTimeInKeys(draft, hypertable.descriptor);
  const table = await finishTable(draft, hypertable.descriptor, hypertable.options, relation);
  await transaction.changeCatalog(changesFor(draft, table));
  for (const index of draft.indexes) {
    await transaction.buildIndex(table, index);
    await turn(turns);
  }
  await hypertable.createDefaultIndex?.(table);
  return 'CREATE TABLE';
}

function refuseUnsupported(node: NodeBody<'CreateStmt'>): void {
  if ((node.inhRelations?.length ?? 0) > 0) throw notSupported('table inheritance');
  if (node.partspec !== undefined)
    throw notSupported('declarative partitioning; use create_hypertable()');
  if (node.ofTypename !== undefined) throw notSupported('CREATE TABLE OF');
  refuseOnCommit(node.oncommit);
}

function requireTimeInKeys(draft: TableDraft, hypertable: HypertableDescriptor | null): void {
  const time = draft.columns.find((column) => column.attnum === hypertable?.timeColumn);
  if (time !== undefined) requireUniqueHasTime(draft.name, time, draft.indexes);
}

/** What is left to add once all columns are known. */
interface LaterElements {
  readonly constraints: readonly ConstraintNode[];
  readonly finishing: readonly (() => Promise<void>)[];
}

/** Columns first; returns the constraints, which may name any column. */
async function addElements(draft: TableDraft, elements: readonly Node[]): Promise<LaterElements> {
  const constraints: ConstraintNode[] = [];
  const finishing: (() => Promise<void>)[] = [];
  const turns = { checkpoint: checkpointOf(draft.session) };
  for (const element of elements) {
    const definition = nodeAs(element, 'ColumnDef');
    const constraint = nodeAs(element, 'Constraint');
    const like = nodeAs(element, 'TableLikeClause');
    if (definition !== undefined) constraints.push(...(await addColumn(draft, definition)));
    else if (constraint !== undefined) constraints.push(constraint);
    else if (like !== undefined) finishing.push(await addLike(draft, like));
    await turn(turns);
  }
  return { constraints, finishing };
}

async function addColumn(draft: TableDraft, definition: ColumnDef): Promise<ConstraintNode[]> {
  const plan = planColumn(draft.session, definition, draft.columns.length + 1, draft.sql);
  if (draft.columns.some((column) => column.name === plan.column.name)) {
    throw dbError('duplicate_column', `column "${plan.column.name}" specified more than once`);
  }
  draft.columns.push(plan.sequence === null ? plan.column : await addSequence(draft, plan));
  return plan.constraints.map((constraint) =>
    constraint.contype === 'CONSTR_CHECK'
      ? constraint
      : { ...constraint, keys: [{ String: { sval: plan.column.name } }] },
  );
}

/** PRIMARY KEY, UNIQUE and CHECK of a table being created or altered. */
export async function addConstraint(draft: TableDraft, constraint: ConstraintNode): Promise<void> {
  switch (constraint.contype) {
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      return await addUnique(draft, constraint);
    case 'CONSTR_CHECK':
      return await addCheck(draft, constraint);
    case 'CONSTR_FOREIGN':
      throw notSupported('a foreign key constraint');
    case 'CONSTR_EXCLUSION':
      throw notSupported('an exclusion constraint');
    default:
      throw notSupported(`constraint ${constraint.contype}`);
  }
}

async function addUnique(draft: TableDraft, constraint: ConstraintNode): Promise<void> {
  const primary = constraint.contype === 'CONSTR_PRIMARY';
  if (constraint.deferrable === true) throw notSupported('a deferrable constraint');
  if (constraint.indexname !== undefined) throw notSupported('ADD CONSTRAINT ... USING INDEX');
  if (primary && draft.constraints.some((other) => other.kind === 'primary')) {
    throw dbError(
      'invalid_table_definition',
      `multiple primary keys for table "${draft.name}" are not allowed`,
    );
  }
  const columns = (constraint.keys ?? []).map((key) => keyColumn(draft, key));
  if (new Set(columns.map((column) => column.attnum)).size < columns.length) {
    const kind = primary ? 'primary key' : 'unique';
    throw dbError(
      'duplicate_column',
      `column "${columns[0]?.name}" appears twice in ${kind} constraint`,
    );
  }
  const name = uniqueName(draft, constraint, primary, columns);
  const transaction = draft.session.transaction.current();
  const indexOid = await transaction.allocateOid();
  if (primary) requireNotNull(draft, columns);
  const attnums = columns.map((column) => column.attnum);
  draft.indexes.push({
    kind: 'index',
    oid: indexOid,
    name,
    schema: draft.schema,
    table: draft.oid,
    keys: attnums.map((column) => ({ column, descending: false, nullsFirst: false })),
    include: (constraint.including ?? []).map((key) => keyColumn(draft, key).attnum),
    unique: true,
    primary,
    nullsNotDistinct: constraint.nulls_not_distinct === true,
    method: 'btree',
    storageId: await transaction.allocateStorageId(),
  });
  draft.constraints.push({
    kind: primary ? 'primary' : 'unique',
    oid: await transaction.allocateOid(),
    name,
    index: indexOid,
    columns: attnums,
  });
}

function uniqueName(
  draft: TableDraft,
  constraint: ConstraintNode,
  primary: boolean,
  columns: readonly ColumnDescriptor[],
): string {
  const catalog = draft.session.catalog();
  if (constraint.conname !== undefined) {
    if (draft.takenNames.has(constraint.conname)) {
      throw dbError('duplicate_table', `relation "${constraint.conname}" already exists`);
    }
    requireFreeName(catalog, draft.schema, constraint.conname);
    draft.takenNames.add(constraint.conname);
    return constraint.conname;
  }
  const columnPart = primary ? '' : columns.map((column) => column.name).join('_');
  const name = chooseName(
    catalog,
    draft.schema,
    [draft.name, columnPart],
    primary ? 'pkey' : 'key',
    draft.takenNames,
  );
  draft.takenNames.add(name);
  return name;
}

function keyColumn(draft: TableDraft, key: Node): ColumnDescriptor {
  const name = nodeAs(key, 'String')?.sval ?? '';
  const column = draft.columns.find(
    (candidate) => candidate.name === name && candidate.dropped !== true,
  );
  if (column !== undefined) return column;
  throw dbError('undefined_column', `column "${name}" named in key does not exist`);
}

function requireNotNull(draft: TableDraft, keys: readonly ColumnDescriptor[]): void {
  for (const key of keys) {
    const position = draft.columns.findIndex((column) => column.attnum === key.attnum);
    draft.columns[position] = { ...(draft.columns[position] as ColumnDescriptor), notNull: true };
  }
}

async function addCheck(draft: TableDraft, constraint: ConstraintNode): Promise<void> {
  const check = canonicalCheck(
    draft.session,
    constraint.raw_expr,
    checkedColumns(draft),
    draft.sql,
  );
  const oid = await draft.session.transaction.current().allocateOid();
  const single = check.columns.length === 1;
  const column = single
    ? draft.columns.find((candidate) => candidate.attnum === check.columns[0])?.name
    : undefined;
  draft.constraints.push({
    kind: 'check',
    oid,
    name: checkName(draft, constraint.conname, column ?? ''),
    sql: check.sql,
    columns: check.columns,
  } satisfies CheckConstraint);
}

function checkName(draft: TableDraft, given: string | undefined, column: string): string {
  const isTaken = (name: string): boolean => draft.constraints.some((other) => other.name === name);
  if (given !== undefined) {
    if (isTaken(given)) {
      throw dbError(
        'duplicate_object',
        `constraint "${given}" for relation "${draft.name}" already exists`,
      );
    }
    return given;
  }
  for (let n = 0; ; n++) {
    const name = joinName(draft.name, column, n === 0 ? 'check' : `check${n}`);
    if (!isTaken(name)) return name;
  }
}

async function finishTable(
  draft: TableDraft,
  hypertable: HypertableDescriptor | null,
  options: readonly string[],
  relation: RangeVar,
): Promise<TableDescriptor> {
  const transaction = draft.session.transaction.current();
  return {
    kind: 'table',
    oid: draft.oid,
    name: draft.name,
    schema: draft.schema,
    owner: draft.session.currentUser(),
    rowType: await transaction.allocateOid(),
    rowArrayType: await transaction.allocateOid(),
    columns: draft.columns,
    constraints: draft.constraints,
    hypertable,
    persistence: isTemporary(relation)
      ? 'temporary'
      : relation.relpersistence === 'u'
        ? 'unlogged'
        : 'permanent',
    options,
    schemaVersion: 1,
    storageId: await transaction.allocateStorageId(),
  };
}

function changesFor(draft: TableDraft, table: TableDescriptor): CatalogChange[] {
  return [table, ...draft.indexes, ...draft.sequences].map((object) => ({ change: 'put', object }));
}
