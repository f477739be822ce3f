/** GRANT and REVOKE on tables, views, sequences, schemas and the database. */
import type { CatalogSnapshot, ObjectDescriptor, SchemaDescriptor } from '../../catalog/catalog.ts';
import { FIRST_USER_OID } from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import { nodeAs, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import { aclOf, allRights, withAcl, type AclItem, type AclKind } from '../acl.ts';
import { effectiveRoles, isOwner, ownerOf, permissionDenied } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { changePrivileges } from './acl-change.ts';
import { databaseDescriptor } from './database-descriptor.ts';
import { mustFindRelation, mustFindSchema } from './names.ts';
import { mustFindRole } from './role-names.ts';

type GrantNode = NodeBody<'GrantStmt'>;

const WORDS = new Map([
  ['select', 'r'],
  ['insert', 'a'],
  ['update', 'w'],
  ['delete', 'd'],
  ['truncate', 'D'],
  ['references', 'x'],
  ['trigger', 't'],
  ['usage', 'U'],
  ['create', 'C'],
  ['temporary', 'T'],
  ['temp', 'T'],
  ['connect', 'c'],
  ['execute', 'X'],
]);

const KIND_LABEL: Readonly<Record<AclKind, string>> = {
  table: 'relation',
  sequence: 'sequence',
  schema: 'schema',
  database: 'database',
};

export async function grantPrivileges(session: SessionContext, node: GrantNode): Promise<string> {
  const isGrant = node.is_grant === true;
  await session.transaction.current().changeCatalog([]);
  const kind = kindOf(node);
  if (
    node.grantor !== undefined &&
    mustFindRole(session, node.grantor).oid !== session.currentUser()
  ) {
    throw dbError('feature_not_supported', 'grantor must be current user');
  }
  const grantees = (node.grantees ?? []).map((grantee) =>
    granteeName(session, nodeAs(grantee, 'RoleSpec')),
  );
  if (isGrant && node.grant_option === true && grantees.includes('')) {
    throw dbError('invalid_grant_operation', 'grant options can only be granted to roles');
  }
  for (const object of objectsOf(session, node, kind)) {
    const letters = lettersFor(session, node, kind, object);
    if (letters !== '') await changeObject(session, node, object, letters, grantees);
  }
  return isGrant ? 'GRANT' : 'REVOKE';
}

function kindOf(node: GrantNode): AclKind {
  switch (node.objtype) {
    case 'OBJECT_TABLE':
      return 'table';
    case 'OBJECT_SEQUENCE':
      return 'sequence';
    case 'OBJECT_SCHEMA':
      return 'schema';
    case 'OBJECT_DATABASE':
      return 'database';
    default:
      throw notSupported(
        `GRANT and REVOKE on a ${(node.objtype ?? '').replace('OBJECT_', '').toLowerCase().replaceAll('_', ' ')}`,
      );
  }
}

function granteeName(session: SessionContext, spec: NodeBody<'RoleSpec'> | undefined): string {
  return spec?.roletype === 'ROLESPEC_PUBLIC' ? '' : mustFindRole(session, spec).name;
}

function objectsOf(session: SessionContext, node: GrantNode, kind: AclKind): ObjectDescriptor[] {
  const catalog = session.catalog();
  const objects = node.objects ?? [];
  if (node.targtype === 'ACL_TARGET_ALL_IN_SCHEMA') {
    const schemas = objects.map((object) =>
      mustFindSchema(catalog, nodeAs(object, 'String')?.sval ?? ''),
    );
    return schemas.flatMap((schema) => relationsIn(catalog, schema, kind));
  }
  return objects.map((object): ObjectDescriptor => {
    const name = nodeAs(object, 'String')?.sval ?? '';
    if (kind === 'schema') return mustFindSchema(catalog, name);
    if (kind === 'database') return databaseDescriptor(session, name);
    return grantedRelation(session, nodeAs(object, 'RangeVar') as RangeVar, kind);
  });
}

function relationsIn(
  catalog: CatalogSnapshot,
  schema: SchemaDescriptor,
  kind: AclKind,
): ObjectDescriptor[] {
  return [...catalog.relations()].filter((relation) => {
    if (relation.schema !== schema.oid) return false;
    return kind === 'sequence'
      ? relation.kind === 'sequence'
      : relation.kind === 'table' || relation.kind === 'view';
  });
}

function grantedRelation(session: SessionContext, name: RangeVar, kind: AclKind): ObjectDescriptor {
  const relation = mustFindRelation(session, name);
  if (relation.kind === 'index')
    throw dbError('wrong_object_type', `"${relation.name}" is an index`);
  if (kind === 'sequence' && relation.kind !== 'sequence') {
    throw dbError('wrong_object_type', `"${relation.name}" is not a sequence`);
  }
  if (relation.oid < FIRST_USER_OID) throw notSupported('GRANT and REVOKE on a system relation');
  return relation;
}

/** Letters of the statement's privileges; all of the object's where none are named. */
function lettersFor(
  session: SessionContext,
  node: GrantNode,
  kind: AclKind,
  object: ObjectDescriptor,
): string {
  // GRANT ... ON TABLE may name a sequence: an old habit that PostgreSQL allows.
  const actual: AclKind = object.kind === 'sequence' ? 'sequence' : kind;
  const privileges = (node.privileges ?? []).map((privilege) => nodeAs(privilege, 'AccessPriv'));
  if (privileges.length === 0) return allRights(actual);
  let letters = '';
  for (const privilege of privileges) {
    if (privilege?.cols !== undefined) throw notSupported('privileges on columns');
    const word = privilege?.priv_name ?? '';
    const letter = WORDS.get(word);
    if (letter === undefined)
      throw dbError('syntax_error', `unrecognized privilege type "${word}"`);
    if (!allRights(kind).includes(letter) && !(actual === 'sequence' && letter === 'U')) {
      throw dbError(
        'invalid_grant_operation',
        `invalid privilege type ${word.toUpperCase()} for ${KIND_LABEL[kind]}`,
      );
    }
    if (!allRights(actual).includes(letter)) {
      session.notice(
        'WARNING',
        `sequence "${object.name}" only supports USAGE, SELECT, and UPDATE privileges`,
      );
    } else letters += letter;
  }
  return letters;
}

/** The role in whose name to grant, and the letters that it may pass on. */
function grantorOf(
  session: SessionContext,
  object: ObjectDescriptor,
  acl: readonly AclItem[],
  letters: string,
): { readonly name: string; readonly letters: string } {
  const catalog = session.catalog();
  const owner = catalog.role(ownerOf(catalog, object))?.name ?? '';
  if (isOwner(session, object)) return { name: owner, letters };
  let best = { name: catalog.role(session.currentUser())?.name ?? '', letters: '' };
  for (const oid of effectiveRoles(catalog, session.currentUser())) {
    const name = catalog.role(oid)?.name ?? '';
    const held = [...letters].filter((letter) =>
      acl.some((item) => item.grantee === name && item.grantable.has(letter)),
    );
    if (held.length > best.letters.length) best = { name, letters: held.join('') };
  }
  return best;
}

async function changeObject(
  session: SessionContext,
  node: GrantNode,
  given: ObjectDescriptor,
  letters: string,
  grantees: readonly string[],
): Promise<void> {
  const catalog = session.catalog();
  // An object may be named twice: the second time it has a new ACL.
  const object = catalog.object(given.oid) ?? given;
  let acl = aclOf(catalog, object);
  const grantor = grantorOf(session, object, acl, letters);
  if (grantor.letters === '') {
    requireAnyPrivilege(session, object, acl);
    session.notice(
      'WARNING',
      `no privileges ${node.is_grant === true ? 'were granted' : 'could be revoked'} for "${object.name}"`,
      undefined,
      undefined,
      node.is_grant === true ? 'privilege_not_granted' : 'privilege_not_revoked',
    );
    return;
  }
  const isAll = (node.privileges ?? []).length === 0;
  if (grantor.letters.length < letters.length && !isAll) {
    session.notice(
      'WARNING',
      `not all privileges ${node.is_grant === true ? 'were granted' : 'could be revoked'} for "${object.name}"`,
      undefined,
      undefined,
      node.is_grant === true ? 'privilege_not_granted' : 'privilege_not_revoked',
    );
  }
  const owner = catalog.role(ownerOf(catalog, object))?.name ?? '';
  for (const grantee of grantees) {
    acl = changePrivileges(acl, {
      grantee,
      grantor: grantor.name,
      letters: grantor.letters,
      isGrant: node.is_grant === true,
      grantOption: node.grant_option === true,
      cascade: node.behavior === 'DROP_CASCADE',
      owner,
    });
  }
  const changed = withAcl(object, acl);
  if (changed !== undefined) {
    await session.transaction.current().changeCatalog([{ change: 'put', object: changed }]);
  }
}

/** Someone without any right on the object may not even learn that nothing was granted. */
function requireAnyPrivilege(
  session: SessionContext,
  object: ObjectDescriptor,
  acl: readonly AclItem[],
): void {
  const catalog = session.catalog();
  const names = new Set(
    [...effectiveRoles(catalog, session.currentUser())].map((oid) => catalog.role(oid)?.name ?? ''),
  );
  if (
    acl.some(
      ({ grantee, privileges }) => (grantee === '' || names.has(grantee)) && privileges.size > 0,
    )
  )
    return;
  throw permissionDenied(object);
}
