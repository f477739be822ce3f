/** Functions that clients' catalog queries use beside the definitions: ACLs, descriptions, array positions. */
import { quoteAclName } from '../../base/identifier.ts';
import { quoteIdentifier } from '../../base/identifier.ts';
import type { RelationDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import { formatType } from '../../types/format-type.ts';
import { PgArray } from '../../types/pg-array.ts';
import { elementTypeOf, typeInfo } from '../../types/type-table.ts';
import { OID, sqlType, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { scalar, table } from '../define.ts';
import type { CallInfo, EvalContext, ScalarFunction, TableFunction } from '../function.ts';
import { shortestName } from './names.ts';

const STABLE = { volatility: 'stable' } as const;

/** Privilege letters by kind of object: what the owner has, and what everybody has. */
const DEFAULT_RIGHTS: ReadonlyMap<string, readonly [owner: string, everybody: string]> = new Map([
  ['c', ['', '']],
  ['r', ['arwdDxt', '']],
  ['s', ['rwU', '']],
  ['d', ['CTc', 'Tc']],
  ['f', ['X', 'X']],
  ['l', ['U', 'U']],
  ['L', ['rw', '']],
  ['n', ['UC', '']],
  ['p', ['sA', '']],
  ['t', ['C', '']],
  ['F', ['U', '']],
  ['S', ['U', '']],
  ['T', ['U', 'U']],
]);

function defaultAcl(kind: string, owner: Oid, context: EvalContext): PgArray {
  const rights = DEFAULT_RIGHTS.get(kind);
  if (rights === undefined) {
    throw dbError('invalid_parameter_value', `unrecognized object type abbreviation: ${kind}`);
  }
  const name = quoteAclName(context.catalog.role(owner)?.name ?? String(owner));
  const items: string[] = [];
  if (rights[1] !== '') items.push(`=${rights[1]}/${name}`);
  if (rights[0] !== '') items.push(`${name}=${rights[0]}/${name}`);
  return new PgArray(OID.aclitem, items);
}

const PRIVILEGE_NAMES: ReadonlyMap<string, string> = new Map([
  ['a', 'INSERT'],
  ['r', 'SELECT'],
  ['w', 'UPDATE'],
  ['d', 'DELETE'],
  ['D', 'TRUNCATE'],
  ['x', 'REFERENCES'],
  ['t', 'TRIGGER'],
  ['X', 'EXECUTE'],
  ['U', 'USAGE'],
  ['C', 'CREATE'],
  ['T', 'TEMPORARY'],
  ['c', 'CONNECT'],
  ['s', 'SET'],
  ['A', 'ALTER SYSTEM'],
]);

const ACL_ITEM = /^(?:"((?:[^"]|"")*)"|([^"=]*))=([A-Za-z*]*)\/(?:"((?:[^"]|"")*)"|(.*))$/s;

function* explodeAcl(acl: PgArray, context: EvalContext): Iterable<Value[]> {
  const roleOid = (quoted: string | undefined, plain: string | undefined): Oid => {
    const name = quoted?.replaceAll('""', '"') ?? plain ?? '';
    return name === '' ? 0 : (context.catalog.roleByName(name)?.oid ?? 0);
  };
  for (const item of acl.values) {
    const match = ACL_ITEM.exec(item as string);
    if (match === null) continue;
    const grantee = roleOid(match[1], match[2]);
    const grantor = roleOid(match[4], match[5]);
    const letters = match[3] as string;
    for (let i = 0; i < letters.length; i++) {
      const privilege = PRIVILEGE_NAMES.get(letters[i] as string);
      if (privilege !== undefined) yield [grantor, grantee, privilege, letters[i + 1] === '*'];
    }
  }
}

/** OIDs of the catalogs whose objects can be described. */
const PG_CLASS = 1259;
const PG_TYPE = 1247;
const PG_AUTHID = 1260;
const PG_NAMESPACE = 2615;
const PG_CONSTRAINT = 2606;

function describeRelation(
  relation: RelationDescriptor,
  column: number,
  context: EvalContext,
): string | null {
  const kind = relation.kind === 'virtual' ? 'view' : relation.kind;
  const whole = `${kind} ${shortestName(relation, context)}`;
  if (column === 0) return whole;
  if (!('columns' in relation)) return null;
  const found = relation.columns.find((candidate) => candidate.attnum === column);
  return found === undefined ? null : `column ${quoteIdentifier(found.name)} of ${whole}`;
}

function describeType(oid: Oid, context: EvalContext): string | null {
  if (typeInfo(oid) !== undefined) return `type ${formatType(oid, null)}`;
  const relation = context.catalog.relationByRowType(oid);
  if (relation === undefined || relation.kind === 'sequence') return null;
  const suffix = relation.rowArrayType === oid ? '[]' : '';
  return `type ${shortestName(relation, context)}${suffix}`;
}

/** pg_describe_object for the classes of objects that exist here; NULL for what is not found. */
function describeObject(
  classOid: Oid,
  oid: Oid,
  column: number,
  context: EvalContext,
): string | null {
  const { catalog } = context;
  switch (classOid) {
    case PG_CLASS: {
      const relation = catalog.relation(oid);
      return relation === undefined ? null : describeRelation(relation, column, context);
    }
    case PG_TYPE:
      return describeType(oid, context);
    case PG_NAMESPACE: {
      const schema = catalog.schema(oid);
      return schema === undefined ? null : `schema ${quoteIdentifier(schema.name)}`;
    }
    case PG_AUTHID: {
      const role = catalog.role(oid);
      return role === undefined ? null : `role ${quoteIdentifier(role.name)}`;
    }
    case PG_CONSTRAINT: {
      const found = catalog.constraint(oid);
      if (found === undefined) return null;
      const name = quoteIdentifier(found.constraint.name);
      return `constraint ${name} on table ${shortestName(found.table, context)}`;
    }
    default:
      return null;
  }
}

const DEFAULT_TABLESPACE = 1663;

/** Everything is in the default tablespace. */
function tablespaceBytes(oid: Oid, context: EvalContext): number | null {
  if (oid === 1664) return 0;
  if (oid !== DEFAULT_TABLESPACE) return null;
  let bytes = 0;
  for (const relation of context.catalog.relations()) {
    bytes += context.admin.relationBytes(relation.oid);
  }
  return bytes;
}

function tablespaceNamed(name: string): Oid {
  if (name === 'pg_default') return DEFAULT_TABLESPACE;
  if (name === 'pg_global') return 1664;
  throw dbError('undefined_object', `tablespace "${name}" does not exist`);
}

/** Transactions are not numbered, so the only xid there is, 0, is infinitely old. */
const INFINITE_AGE = 2147483647;

export const catalogFunctions: readonly ScalarFunction[] = [
  scalar('acldefault(char, oid) aclitem[]', defaultAcl, { volatility: 'immutable' }),
  scalar('pg_describe_object(oid, oid, int4) text', describeObject, STABLE),
  scalar('pg_tablespace_size(oid) int8', tablespaceBytes, { volatility: 'volatile' }),
  scalar(
    'pg_tablespace_size(name) int8',
    (name: string, context: EvalContext) => tablespaceBytes(tablespaceNamed(name), context),
    { volatility: 'volatile' },
  ),
  scalar('age(xid) int4', () => INFINITE_AGE, STABLE),
  // Scans are not counted per index.
  scalar('pg_stat_get_numscans(oid) int8', () => 0, STABLE),
];

function elementColumn(call: CallInfo): SqlType {
  return sqlType(elementTypeOf((call.argTypes[0] as SqlType).oid) ?? OID.text);
}

export const catalogTableFunctions: readonly TableFunction[] = [
  table('aclexplode(aclitem[]) record', ([acl], context) => explodeAcl(acl as PgArray, context), {
    volatility: 'stable',
    columns: () => [
      { name: 'grantor', type: sqlType(OID.oid) },
      { name: 'grantee', type: sqlType(OID.oid) },
      { name: 'privilege_type', type: sqlType(OID.text) },
      { name: 'is_grantable', type: sqlType(OID.bool) },
    ],
  }),
  // Elements with their positions counted from 1, whatever the array's own bounds.
  table(
    '_pg_expandarray(anyarray) record',
    ([array]) => (array as PgArray).values.map((value, i) => [value, i + 1]),
    {
      columns: (call) => [
        { name: 'x', type: elementColumn(call) },
        { name: 'n', type: sqlType(OID.int4) },
      ],
    },
  ),
];
