/** ALTER TABLE and its kin for views, indexes and sequences: the actions, in PostgreSQL's passes. */
import {
  FIRST_USER_OID,
  type RelationDescriptor,
  type TableDescriptor,
} from '../../../catalog/catalog.ts';
import { dbError, notSupported } from '../../../errors/db-error.ts';
import { turn } from '../../../exec/operator.ts';
import { nodeAs, type ColumnDef, type NodeBody, type RangeVar } from '../../../parse/ast.ts';
import { checkpointOf } from '../../checkpoint.ts';
import { requireOwner } from '../../privileges.ts';
import type { SessionContext } from '../../session-context.ts';
import { displayName, findRelation, kindName, mustFindRelation } from '../names.ts';
import { changeRelationOwner } from '../owner.ts';
import { mustFindRole } from '../role-names.ts';
import { resetOptions, setOptions } from '../storage-options.ts';
import { guardViews } from '../view-guard.ts';
import { addColumn } from './add-column.ts';
import {
  addIdentity,
  dropIdentity,
  dropNotNull,
  setDefault,
  setIdentity,
  setNotNull,
} from './column-attributes.ts';
import { alterView } from './alter-view.ts';
import { alterColumnType } from './column-type.ts';
import { addConstraint, dropConstraint, validateConstraint } from './constraints.ts';
import { dropColumn } from './drop-column.ts';
import {
  currentTable,
  mustColumn,
  putTable,
  type AlterCommand,
  type AlterTarget,
} from './target.ts';

const TAGS = new Map([
  ['OBJECT_TABLE', 'ALTER TABLE'],
  ['OBJECT_VIEW', 'ALTER VIEW'],
  ['OBJECT_INDEX', 'ALTER INDEX'],
  ['OBJECT_SEQUENCE', 'ALTER SEQUENCE'],
  ['OBJECT_MATVIEW', 'ALTER MATERIALIZED VIEW'],
  ['OBJECT_FOREIGN_TABLE', 'ALTER FOREIGN TABLE'],
  ['OBJECT_TYPE', 'ALTER TYPE'],
]);

const KIND_OF_OBJECT = new Map<string, RelationDescriptor['kind']>([
  ['OBJECT_VIEW', 'view'],
  ['OBJECT_INDEX', 'index'],
  ['OBJECT_SEQUENCE', 'sequence'],
]);

export async function alterTable(
  session: SessionContext,
  node: NodeBody<'AlterTableStmt'>,
  sql: string,
): Promise<string> {
  const objectType = node.objtype ?? 'OBJECT_TABLE';
  const tag = TAGS.get(objectType) ?? 'ALTER TABLE';
  if (
    objectType === 'OBJECT_TYPE' ||
    objectType === 'OBJECT_MATVIEW' ||
    objectType === 'OBJECT_FOREIGN_TABLE'
  ) {
    throw notSupported(tag);
  }
  const name = node.relation as RangeVar;
  const commands = (node.cmds ?? []).map(
    (command) => nodeAs(command, 'AlterTableCmd') as AlterCommand,
  );
  const relation = await lockForAlter(session, name, node.missing_ok === true);
  if (relation === undefined) return tag;
  requireObjectKind(relation, objectType);
  if (relation.kind !== 'table') {
    for (const command of commands) await alterOther(session, relation, command, sql);
    return tag;
  }
  const before = session.catalog();
  const target: AlterTarget = { session, oid: relation.oid, sql };
  commands.sort((a, b) => passOf(a) - passOf(b));
  const turns = { checkpoint: checkpointOf(session) };
  for (const command of commands) {
    await runCommand(target, command);
    await turn(turns);
  }
  await guardViews(session, before);
  return tag;
}

/** Takes the locks of DDL on a relation, then finds it again: it may have changed while we waited. */
export async function lockForAlter(
  session: SessionContext,
  name: RangeVar,
  missingOk: boolean,
): Promise<RelationDescriptor | undefined> {
  const transaction = session.transaction.current();
  const found = findRelation(session, name);
  if (found !== undefined && found.oid >= FIRST_USER_OID) requireOwner(session, found);
  if (found?.kind === 'table') await transaction.lockTable(found.oid, 'exclusive', 'block');
  if (found?.kind === 'index') await transaction.lockTable(found.table, 'exclusive', 'block');
  await transaction.changeCatalog([]);
  if (missingOk && findRelation(session, name) === undefined) {
    session.notice('NOTICE', `relation "${displayName(name)}" does not exist, skipping`);
    return undefined;
  }
  const relation = mustFindRelation(session, name);
  if (relation.oid < FIRST_USER_OID) {
    throw dbError(
      'insufficient_privilege',
      `permission denied: "${relation.name}" is a system catalog`,
    );
  }
  requireOwner(session, relation);
  return relation;
}

/** ALTER VIEW wants a view, and so on; ALTER TABLE takes any relation. */
export function requireObjectKind(relation: RelationDescriptor, objectType: string): void {
  const wanted = KIND_OF_OBJECT.get(objectType);
  if (wanted === undefined || wanted === relation.kind) return;
  throw dbError(
    'wrong_object_type',
    `"${relation.name}" is not ${wanted === 'index' ? 'an' : 'a'} ${wanted}`,
  );
}

/** PostgreSQL's order of work: drops, types, new columns, attributes, keys, other constraints, the rest. */
const PASSES = new Map<string, number>([
  ['AT_DropColumn', 0],
  ['AT_DropConstraint', 0],
  ['AT_DropNotNull', 0],
  ['AT_DropIdentity', 0],
  ['AT_AlterColumnType', 1],
  ['AT_AddColumn', 2],
  ['AT_SetNotNull', 4],
  ['AT_SetIdentity', 4],
  ['AT_AddIdentity', 7],
  ['AT_ColumnDefault', 7],
]);

function passOf(command: AlterCommand): number {
  const { subtype = '' } = command;
  if (subtype === 'AT_AddConstraint') {
    return nodeAs(command.def, 'Constraint')?.contype === 'CONSTR_CHECK' ? 6 : 5;
  }
  if (subtype === 'AT_ColumnDefault' && command.def === undefined) return 0;
  return PASSES.get(subtype) ?? 8;
}

async function runCommand(target: AlterTarget, command: AlterCommand): Promise<void> {
  const name = command.name ?? '';
  const missingOk = command.missing_ok === true;
  switch (command.subtype) {
    case 'AT_AddColumn':
      return await addColumn(target, nodeAs(command.def, 'ColumnDef') as ColumnDef, missingOk);
    case 'AT_DropColumn':
      return await dropColumn(target, name, {
        missingOk,
        cascade: command.behavior === 'DROP_CASCADE',
      });
    case 'AT_AlterColumnType':
      return await alterColumnType(target, name, nodeAs(command.def, 'ColumnDef') as ColumnDef);
    case 'AT_ColumnDefault':
      return await setDefault(target, name, command.def);
    case 'AT_SetNotNull':
      return await setNotNull(target, name);
    case 'AT_DropNotNull':
      return await dropNotNull(target, name);
    case 'AT_AddIdentity':
      return await addIdentity(
        target,
        name,
        nodeAs(command.def, 'Constraint') as NodeBody<'Constraint'>,
      );
    case 'AT_SetIdentity':
      return await setIdentity(target, name, nodeAs(command.def, 'List')?.items ?? []);
    case 'AT_DropIdentity':
      return await dropIdentity(target, name, missingOk);
    case 'AT_AddConstraint':
      return await addConstraint(
        target,
        nodeAs(command.def, 'Constraint') as NodeBody<'Constraint'>,
      );
    case 'AT_DropConstraint':
      return await dropConstraint(target, name, missingOk);
    case 'AT_ValidateConstraint':
      return await validateConstraint(target, name);
    default:
      return await runTableCommand(target, command);
  }
}

/** Actions on the table as a whole, and those that only tune PostgreSQL's own storage. */
async function runTableCommand(target: AlterTarget, command: AlterCommand): Promise<void> {
  const { session } = target;
  const table = currentTable(target);
  const options = nodeAs(command.def, 'List')?.items ?? [];
  switch (command.subtype) {
    case 'AT_ChangeOwner':
      return await changeRelationOwner(session, table, mustFindRole(session, command.newowner));
    case 'AT_SetRelOptions':
      return await putTable(target, setOptions(table, options));
    case 'AT_ResetRelOptions':
      return await putTable(target, resetOptions(table, options));
    case 'AT_SetLogged':
      return await putTable(target, { ...table, persistence: 'permanent' });
    case 'AT_SetUnLogged':
      return await putTable(target, { ...table, persistence: 'unlogged' });
    case 'AT_SetStatistics':
    case 'AT_SetStorage':
    case 'AT_SetCompression':
    case 'AT_SetOptions':
    case 'AT_ResetOptions':
      mustColumn(table, command.name ?? '');
      return;
    case 'AT_ClusterOn':
      return requireIndex(session, table, command.name ?? '');
    case 'AT_DropCluster':
    case 'AT_EnableTrigAll':
    case 'AT_DisableTrigAll':
    case 'AT_EnableTrigUser':
    case 'AT_DisableTrigUser':
    case 'AT_DisableRowSecurity':
    case 'AT_NoForceRowSecurity':
      return;
    default:
      return refuseCommand(table, command);
  }
}

function requireIndex(session: SessionContext, table: TableDescriptor, name: string): void {
  if (
    session
      .catalog()
      .indexesOf(table.oid)
      .some((index) => index.name === name)
  )
    return;
  throw dbError('undefined_object', `index "${name}" for table "${table.name}" does not exist`);
}

function refuseCommand(table: TableDescriptor, command: AlterCommand): void {
  const { subtype = '', name } = command;
  if (/^AT_(?:Enable|Disable)(?:Always|Replica)?Trig$/.test(subtype)) {
    throw dbError(
      'undefined_object',
      `trigger "${name ?? ''}" for table "${table.name}" does not exist`,
    );
  }
  if (/^AT_(?:Enable|Disable)(?:Always|Replica)?Rule$/.test(subtype)) {
    throw dbError(
      'undefined_object',
      `rule "${name ?? ''}" for relation "${table.name}" does not exist`,
    );
  }
  if (subtype === 'AT_ReplicaIdentity') {
    if (nodeAs(command.def, 'ReplicaIdentityStmt')?.identity_type === 'd') return;
    throw notSupported('REPLICA IDENTITY');
  }
  throw notSupported(`ALTER TABLE ${actionName(subtype)}`);
}

/** AT_AddInherit becomes ADD INHERIT. */
function actionName(subtype: string): string {
  return (
    ACTION_NAMES.get(subtype) ??
    subtype
      .replace(/^AT_/, '')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toUpperCase()
  );
}

const ACTION_NAMES = new Map([
  ['AT_AlterColumnType', 'ALTER COLUMN ... SET DATA TYPE'],
  ['AT_SetNotNull', 'ALTER COLUMN ... SET NOT NULL'],
  ['AT_DropNotNull', 'ALTER COLUMN ... DROP NOT NULL'],
  ['AT_AddIdentity', 'ALTER COLUMN ... ADD IDENTITY'],
  ['AT_SetIdentity', 'ALTER COLUMN ... SET'],
  ['AT_DropIdentity', 'ALTER COLUMN ... DROP IDENTITY'],
  ['AT_ColumnDefault', 'ALTER COLUMN ... SET DEFAULT'],
  ['AT_AddInherit', 'INHERIT'],
  ['AT_DropInherit', 'NO INHERIT'],
  ['AT_EnableRowSecurity', 'ENABLE ROW LEVEL SECURITY'],
  ['AT_ForceRowSecurity', 'FORCE ROW LEVEL SECURITY'],
  ['AT_SetTableSpace', 'SET TABLESPACE'],
  ['AT_SetAccessMethod', 'SET ACCESS METHOD'],
]);

/** What views, indexes and sequences can have altered. */
async function alterOther(
  session: SessionContext,
  relation: Exclude<RelationDescriptor, TableDescriptor>,
  command: AlterCommand,
  sql: string,
): Promise<void> {
  if (command.subtype === 'AT_ChangeOwner') {
    return await changeRelationOwner(session, relation, mustFindRole(session, command.newowner));
  }
  if (relation.kind === 'view' && (await alterView(session, relation, command, sql))) return;
  if (command.subtype === 'AT_SetRelOptions' || command.subtype === 'AT_ResetRelOptions') {
    throw notSupported(
      `options of ${kindName(relation) === 'index' ? 'an index' : `a ${kindName(relation)}`}`,
    );
  }
  const plural = relation.kind === 'index' ? 'indexes' : `${kindName(relation)}s`;
  throw dbError('wrong_object_type', {
    message: `ALTER action ${actionName(command.subtype ?? '')} cannot be performed on relation "${relation.name}"`,
    detail: `This operation is not supported for ${plural}.`,
  });
}
