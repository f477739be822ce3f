/** The reg* types: OIDs that print and read as the names of catalog objects. */
import type { ConditionName } from '../errors/sqlstate.ts';
import { dbError } from '../errors/db-error.ts';
import type { Codec, FormatSettings, RegKind } from './codec.ts';
import { formatType } from './format-type.ts';
import { oidCodec, parseOid } from './int.ts';
import { typeByName, typeInfo } from './type-table.ts';
import { OID, type Oid } from './type.ts';

/** The kind of object that a reg* type names. */
export const REG_KINDS: ReadonlyMap<Oid, RegKind> = new Map<Oid, RegKind>([
  [OID.regclass, 'class'],
  [OID.regtype, 'type'],
  [OID.regproc, 'proc'],
  [OID.regprocedure, 'procedure'],
  [OID.regoper, 'oper'],
  [OID.regoperator, 'operator'],
  [OID.regnamespace, 'namespace'],
  [OID.regrole, 'role'],
  [OID.regcollation, 'collation'],
]);

const MISSING: Readonly<Record<RegKind, readonly [ConditionName, (name: string) => string]>> = {
  class: ['undefined_table', (name) => `relation "${name}" does not exist`],
  type: ['undefined_object', (name) => `type "${name}" does not exist`],
  proc: ['undefined_function', (name) => `function "${name}" does not exist`],
  procedure: ['undefined_function', (name) => `function "${name}" does not exist`],
  oper: ['undefined_function', (name) => `operator does not exist: ${name}`],
  operator: ['undefined_function', (name) => `operator does not exist: ${name}`],
  namespace: ['invalid_schema_name', (name) => `schema "${name}" does not exist`],
  role: ['undefined_object', (name) => `role "${name}" does not exist`],
  collation: [
    'undefined_object',
    (name) => `collation "${name}" for encoding "UTF8" does not exist`,
  ],
};

/** The codec of one reg* type. */
export function regCodec(kind: RegKind): Codec {
  return {
    ...oidCodec,
    parseText: (text, _typmod, settings) => parseReg(kind, text, settings),
    formatText: (value, settings) => formatReg(kind, value as Oid, settings),
  };
}

/** The OID that a name, a number or `-` (none) stands for. */
export function parseReg(kind: RegKind, text: string, settings: FormatSettings): Oid {
  if (text === '-' || (text === '0' && isOperatorKind(kind))) return 0;
  if (/^[0-9]+$/.test(text)) return parseOid(text);
  const oid = settings.names === undefined ? builtin(kind, text) : settings.names.toOid(kind, text);
  if (oid !== undefined) return oid;
  const [condition, message] = MISSING[kind];
  throw dbError(condition, { message: message(text) });
}

/** The name of the object with an OID; the number where there is no such object. */
export function formatReg(kind: RegKind, oid: Oid, settings: FormatSettings): string {
  if (oid === 0) return isOperatorKind(kind) ? '0' : '-';
  const name = settings.names?.toName(kind, oid);
  if (name !== undefined) return name;
  if (kind === 'type' && typeInfo(oid) !== undefined) return formatType(oid, null);
  return String(oid);
}

function isOperatorKind(kind: RegKind): boolean {
  return kind === 'oper' || kind === 'operator';
}

function builtin(kind: RegKind, name: string): Oid | undefined {
  return kind === 'type' ? typeByName(name.trim().toLowerCase())?.oid : undefined;
}
