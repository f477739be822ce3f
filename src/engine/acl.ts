/**
 * Access control lists in PostgreSQL's text form, `grantee=privileges/grantor`: an empty grantee is
 * PUBLIC, a `*` after a letter is the grant option.
 */
import { quoteAclName } from '../base/identifier.ts';
import type { Oid } from '../types/type.ts';
import type { CatalogSnapshot, ObjectDescriptor } from '../catalog/catalog.ts';

export interface AclItem {
  /** Role name, '' for PUBLIC. */
  readonly grantee: string;
  readonly grantor: string;
  /** Letters that the grantee has. */
  readonly privileges: ReadonlySet<string>;
  /** Letters that the grantee may grant on. */
  readonly grantable: ReadonlySet<string>;
}

/** The order in which PostgreSQL prints privileges. */
const LETTER_ORDER = 'arwdDxtXUCTc';

/** What an ACL is attached to, as far as privileges differ by it. */
export type AclKind = 'table' | 'sequence' | 'schema' | 'database';

const ALL_RIGHTS: Readonly<Record<AclKind, string>> = {
  table: 'arwdDxt',
  sequence: 'rwU',
  schema: 'UC',
  database: 'CTc',
};

/** Every privilege that exists for a kind of object. */
export function allRights(kind: AclKind): string {
  return ALL_RIGHTS[kind];
}

/** The kind of ACL that an object has, undefined for those without one. */
export function aclKindOf(object: ObjectDescriptor): AclKind | undefined {
  switch (object.kind) {
    case 'table':
    case 'view':
    case 'virtual':
      return 'table';
    case 'sequence':
    case 'schema':
    case 'database':
      return object.kind;
    default:
      return undefined;
  }
}

const ITEM = /^(?:"((?:[^"]|"")*)"|([^"=]*))=([A-Za-z*]*)\/(?:"((?:[^"]|"")*)"|(.*))$/s;

export function parseAclItem(text: string): AclItem {
  const match = ITEM.exec(text);
  const privileges = new Set<string>();
  const grantable = new Set<string>();
  if (match === null) return { grantee: '', grantor: '', privileges, grantable };
  let last = '';
  for (const letter of match[3] as string) {
    if (letter === '*') grantable.add(last);
    else privileges.add((last = letter));
  }
  return {
    grantee: match[1]?.replaceAll('""', '"') ?? match[2] ?? '',
    grantor: match[4]?.replaceAll('""', '"') ?? match[5] ?? '',
    privileges,
    grantable,
  };
}

export function formatAclItem(item: AclItem): string {
  let letters = '';
  for (const letter of LETTER_ORDER) {
    if (item.privileges.has(letter)) letters += letter;
    if (item.grantable.has(letter)) letters += '*';
  }
  return `${quoteAclName(item.grantee)}=${letters}/${quoteAclName(item.grantor)}`;
}

/** The rights that an object has before anything was granted on it. */
export function defaultAcl(kind: AclKind, owner: string, isPublicSchema: boolean): AclItem[] {
  const items: AclItem[] = [];
  const forAll = kind === 'database' ? 'Tc' : isPublicSchema ? 'U' : '';
  if (forAll !== '') items.push(aclItem('', owner, forAll));
  items.push(aclItem(owner, owner, ALL_RIGHTS[kind]));
  return items;
}

function aclItem(grantee: string, grantor: string, letters: string): AclItem {
  return { grantee, grantor, privileges: new Set(letters), grantable: new Set() };
}

/** An object's ACL: what is stored, else the default one. */
export function aclOf(catalog: CatalogSnapshot, object: ObjectDescriptor): AclItem[] {
  const kind = aclKindOf(object);
  if (kind === undefined || object.kind === 'role' || object.kind === 'index') return [];
  const stored = object.kind === 'virtual' ? undefined : object.acl;
  if (stored !== undefined) return stored.map(parseAclItem);
  const owner = catalog.role(object.owner)?.name ?? '';
  return defaultAcl(kind, owner, object.kind === 'schema' && object.oid < FIRST_USER_SCHEMA);
}

/** Schemas below are the system's own and public: PUBLIC has USAGE. */
const FIRST_USER_SCHEMA: Oid = 16384;

/** The same object with another ACL; undefined for objects that have none. */
export function withAcl(
  object: ObjectDescriptor,
  acl: readonly AclItem[],
): ObjectDescriptor | undefined {
  if (object.kind === 'role' || object.kind === 'index' || object.kind === 'virtual')
    return undefined;
  return { ...object, acl: acl.map(formatAclItem) };
}

/** Renames a role in an ACL's text, merging entries that become one. */
export function renameInAcl(acl: readonly string[], from: string, to: string): string[] {
  const merged = new Map<string, AclItem>();
  for (const text of acl) {
    const item = parseAclItem(text);
    const grantee = item.grantee === from ? to : item.grantee;
    const grantor = item.grantor === from ? to : item.grantor;
    const key = JSON.stringify([grantee, grantor]);
    const other = merged.get(key);
    merged.set(key, {
      grantee,
      grantor,
      privileges: new Set([...(other?.privileges ?? []), ...item.privileges]),
      grantable: new Set([...(other?.grantable ?? []), ...item.grantable]),
    });
  }
  return [...merged.values()].map(formatAclItem);
}
