/** has_*_privilege and pg_has_role. */
import { BOOTSTRAP_ROLE_OID, liveColumns, type ObjectDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { RegKind } from '../../types/codec.ts';
import type { Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { scalar } from '../define.ts';
import type { EvalContext, ScalarFunction } from '../function.ts';
import { lookUpName, relationNamed, roleNamed } from './names.ts';

interface PrivilegeKind {
  readonly name: string;
  /** Privilege words and their letters in an ACL. */
  readonly words: Readonly<Record<string, string>>;
  /** Letters that everybody has where the object has no ACL. */
  readonly forAll: string;
  resolve(name: string, context: EvalContext): Oid;
  /** The ACL and the owner, undefined for an unknown OID. */
  find(oid: Oid, context: EvalContext): ObjectDescriptor | 'builtin' | undefined;
}

const TABLE_WORDS = {
  SELECT: 'r',
  INSERT: 'a',
  UPDATE: 'w',
  DELETE: 'd',
  TRUNCATE: 'D',
  REFERENCES: 'x',
  TRIGGER: 't',
  RULE: '',
} as const;

const byKind =
  (kind: RegKind, label: string) =>
  (name: string, context: EvalContext): Oid => {
    const oid = lookUpName(kind, name, context);
    if (oid === undefined) throw dbError('undefined_object', `${label} "${name}" does not exist`);
    return oid;
  };

const relationOid = (name: string, context: EvalContext): Oid => relationNamed(name, context).oid;
const findObject = (oid: Oid, context: EvalContext) => context.catalog.object(oid);
const builtin = () => 'builtin' as const;

const KINDS: readonly PrivilegeKind[] = [
  { name: 'table', words: TABLE_WORDS, forAll: '', resolve: relationOid, find: findObject },
  {
    name: 'any_column',
    words: { SELECT: 'r', INSERT: 'a', UPDATE: 'w', REFERENCES: 'x' },
    forAll: '',
    resolve: relationOid,
    find: findObject,
  },
  {
    name: 'sequence',
    words: { USAGE: 'U', SELECT: 'r', UPDATE: 'w' },
    forAll: '',
    resolve: relationOid,
    find: findObject,
  },
  {
    name: 'schema',
    words: { CREATE: 'C', USAGE: 'U' },
    forAll: '',
    resolve(name, context) {
      const schema = context.catalog.schemaByName(name);
      if (schema === undefined)
        throw dbError('invalid_schema_name', `schema "${name}" does not exist`);
      return schema.oid;
    },
    find: findObject,
  },
  {
    name: 'database',
    words: { CREATE: 'C', TEMPORARY: 'T', TEMP: 'T', CONNECT: 'c' },
    forAll: 'Tc',
    resolve(name, context) {
      if (name !== context.catalog.databaseName) {
        throw dbError('invalid_catalog_name', `database "${name}" does not exist`);
      }
      return context.catalog.databaseOid;
    },
    find: (oid, context) => (oid === context.catalog.databaseOid ? 'builtin' : undefined),
  },
  {
    name: 'function',
    words: { EXECUTE: 'X' },
    forAll: 'X',
    resolve: byKind('procedure', 'function'),
    find: builtin,
  },
  {
    name: 'type',
    words: { USAGE: 'U' },
    forAll: 'U',
    resolve: byKind('type', 'type'),
    find: builtin,
  },
];

/** Role and all that it is a member of. */
function rolesOf(role: Oid, context: EvalContext): Set<Oid> {
  const roles = new Set<Oid>([role]);
  for (const oid of roles) {
    for (const membership of context.catalog.role(oid)?.memberOf ?? []) roles.add(membership.role);
  }
  return roles;
}

function isSuperuser(role: Oid, context: EvalContext): boolean {
  return role === BOOTSTRAP_ROLE_OID || context.catalog.role(role)?.superuser === true;
}

/** Whether the ACL gives one of the roles (or everybody) the letter. */
function aclGives(acl: readonly string[], names: ReadonlySet<string>, letter: string): boolean {
  return acl.some((entry) => {
    const match = /^(?:"((?:[^"]|"")*)"|([^=]*))=([A-Za-z*]*)/.exec(entry);
    if (match === null) return false;
    const grantee = match[1] ?? match[2] ?? '';
    return (grantee === '' || names.has(grantee)) && (match[3] as string).includes(letter);
  });
}

function hasPrivilege(
  kind: PrivilegeKind,
  role: Oid,
  oid: Oid,
  text: string,
  context: EvalContext,
): boolean | null {
  const wanted = text.split(',').map((word) => {
    const plain = word
      .trim()
      .toUpperCase()
      .replace(/ WITH GRANT OPTION$/, '');
    const letter = kind.words[plain];
    if (letter === undefined) {
      throw dbError('invalid_parameter_value', `unrecognized privilege type: "${word.trim()}"`);
    }
    return letter;
  });
  const object = kind.find(oid, context);
  if (object === undefined) return null;
  if (isSuperuser(role, context)) return true;
  if (object === 'builtin') return wanted.some((letter) => kind.forAll.includes(letter));
  const roles = rolesOf(role, context);
  if ('owner' in object && roles.has(object.owner)) return true;
  const names = new Set([...roles].map((member) => context.catalog.role(member)?.name ?? ''));
  const acl = 'acl' in object ? object.acl : undefined;
  if (acl === undefined)
    return wanted.some((letter) => letter !== '' && kind.forAll.includes(letter));
  return wanted.some((letter) => letter !== '' && aclGives(acl, names, letter));
}

function roleOid(value: Value, context: EvalContext): Oid {
  return typeof value === 'string' ? roleNamed(value, context).oid : (value as Oid);
}

/** Forms over (role, object, privilege) by name or OID, and without the role. */
function forms(kind: PrivilegeKind): ScalarFunction[] {
  const name = `has_${kind.name}_privilege`;
  const check = (role: Oid, object: Value, text: string, context: EvalContext): boolean | null => {
    const oid = typeof object === 'string' ? kind.resolve(object, context) : (object as Oid);
    return hasPrivilege(kind, role, oid, text, context);
  };
  const withRole = (role: Value, object: Value, text: string, context: EvalContext) =>
    check(roleOid(role, context), object, text, context);
  const own = (object: Value, text: string, context: EvalContext) =>
    check(context.session.currentUser(), object, text, context);
  const stable = { volatility: 'stable' } as const;
  return [
    ...['text', 'oid'].map((object) => scalar(`${name}(${object}, text) bool`, own, stable)),
    ...['name', 'oid'].flatMap((role) =>
      ['text', 'oid'].map((object) =>
        scalar(`${name}(${role}, ${object}, text) bool`, withRole, stable),
      ),
    ),
  ];
}

const COLUMN_KIND = KINDS[1] as PrivilegeKind;

function columnPrivilege(
  role: Oid,
  object: Value,
  column: Value,
  text: string,
  context: EvalContext,
): boolean | null {
  const oid = typeof object === 'string' ? relationOid(object, context) : (object as Oid);
  const relation = context.catalog.relation(oid);
  if (relation === undefined || !('columns' in relation)) return null;
  const found = liveColumns(relation).some(
    ({ name, attnum }) => name === column || attnum === column,
  );
  if (!found) {
    if (typeof column === 'number') return null;
    throw dbError(
      'undefined_column',
      `column "${String(column)}" of relation "${relation.name}" does not exist`,
    );
  }
  return hasPrivilege(COLUMN_KIND, role, oid, text, context);
}

function columnForms(): ScalarFunction[] {
  const stable = { volatility: 'stable' } as const;
  const own = (object: Value, column: Value, text: string, context: EvalContext) =>
    columnPrivilege(context.session.currentUser(), object, column, text, context);
  const withRole = (
    role: Value,
    object: Value,
    column: Value,
    text: string,
    context: EvalContext,
  ) => columnPrivilege(roleOid(role, context), object, column, text, context);
  return ['text', 'oid'].flatMap((object) =>
    ['text', 'int2'].flatMap((column) => [
      scalar(`has_column_privilege(${object}, ${column}, text) bool`, own, stable),
      ...['name', 'oid'].map((role) =>
        scalar(`has_column_privilege(${role}, ${object}, ${column}, text) bool`, withRole, stable),
      ),
    ]),
  );
}

function hasRole(member: Oid, role: Value, text: string, context: EvalContext): boolean {
  const wanted = roleOid(role, context);
  const plain = text
    .trim()
    .toUpperCase()
    .replace(/ WITH (GRANT|ADMIN) OPTION$/, '');
  if (plain !== 'MEMBER' && plain !== 'USAGE') {
    throw dbError('invalid_parameter_value', `unrecognized privilege type: "${text}"`);
  }
  return isSuperuser(member, context) || rolesOf(member, context).has(wanted);
}

function roleForms(): ScalarFunction[] {
  const stable = { volatility: 'stable' } as const;
  const own = (role: Value, text: string, context: EvalContext) =>
    hasRole(context.session.currentUser(), role, text, context);
  const withRole = (member: Value, role: Value, text: string, context: EvalContext) =>
    hasRole(roleOid(member, context), role, text, context);
  return ['name', 'oid'].flatMap((role) => [
    scalar(`pg_has_role(${role}, text) bool`, own, stable),
    ...['name', 'oid'].map((member) =>
      scalar(`pg_has_role(${member}, ${role}, text) bool`, withRole, stable),
    ),
  ]);
}

export const privilegeFunctions: readonly ScalarFunction[] = [
  ...KINDS.flatMap(forms),
  ...columnForms(),
  ...roleForms(),
];
