/** The options of CREATE ROLE and ALTER ROLE. */
import { dbError } from '../../errors/db-error.ts';
import { nodeAs, type Node } from '../../parse/ast.ts';
import { SCRAM_SALT_BYTES, scramVerifier } from '../../platform/scram-crypto.ts';
import { codecFor } from '../../types/codecs.ts';
import { OID } from '../../types/type.ts';
import type { SessionContext } from '../session-context.ts';
import { NEUTRAL_FORMAT } from '../../types/neutral-format.ts';

export interface RoleOptions {
  readonly superuser?: boolean | undefined;
  readonly inherit?: boolean | undefined;
  readonly createRole?: boolean | undefined;
  readonly createDb?: boolean | undefined;
  readonly canLogin?: boolean | undefined;
  readonly replication?: boolean | undefined;
  readonly bypassRls?: boolean | undefined;
  readonly connectionLimit?: number | undefined;
  /** The verifier to store; null clears it. */
  readonly password?: string | null | undefined;
  readonly validUntil?: string | null | undefined;
  /** IN ROLE, ROLE and ADMIN: RoleSpec nodes. */
  readonly memberOf: readonly Node[];
  readonly members: readonly Node[];
  readonly admins: readonly Node[];
}

const FLAGS = new Map<string, keyof RoleOptions>([
  ['superuser', 'superuser'],
  ['inherit', 'inherit'],
  ['createrole', 'createRole'],
  ['createdb', 'createDb'],
  ['canlogin', 'canLogin'],
  ['isreplication', 'replication'],
  ['bypassrls', 'bypassRls'],
]);

export async function roleOptions(
  session: SessionContext,
  nodes: readonly Node[],
): Promise<RoleOptions> {
  const given = new Map<string, Node | undefined>();
  for (const node of nodes) {
    const element = nodeAs(node, 'DefElem');
    if (element?.defname === undefined) continue;
    if (given.has(element.defname))
      throw dbError('syntax_error', 'conflicting or redundant options');
    given.set(element.defname, element.arg);
  }
  const options: Partial<Record<keyof RoleOptions, unknown>> = {};
  for (const [name, key] of FLAGS) {
    const flag = nodeAs(given.get(name), 'Boolean');
    if (flag !== undefined) options[key] = flag.boolval === true;
  }
  if (given.has('connectionlimit'))
    options.connectionLimit = connectionLimit(given.get('connectionlimit'));
  if (given.has('password'))
    options.password = await storedPassword(session, given.get('password'));
  if (given.has('validUntil')) options.validUntil = validUntil(session, given.get('validUntil'));
  const list = (name: string): readonly Node[] => nodeAs(given.get(name), 'List')?.items ?? [];
  return {
    ...(options as Omit<RoleOptions, 'memberOf' | 'members' | 'admins'>),
    memberOf: list('addroleto'),
    members: list('rolemembers'),
    admins: list('adminmembers'),
  };
}

function connectionLimit(node: Node | undefined): number {
  const limit = nodeAs(node, 'Integer')?.ival ?? 0;
  if (limit < -1) throw dbError('invalid_parameter_value', `invalid connection limit: ${limit}`);
  return limit;
}

const SCRAM_VERIFIER =
  /^SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/;
const MD5_VERIFIER = /^md5[0-9a-f]{32}$/;

/** A verifier is stored as it is, a password as the verifier made of it. */
async function storedPassword(
  session: SessionContext,
  node: Node | undefined,
): Promise<string | null> {
  const password = nodeAs(node, 'String')?.sval;
  if (node === undefined || password === undefined) return null;
  if (password === '') {
    session.notice('NOTICE', 'empty string is not a valid password, clearing password');
    return null;
  }
  if (SCRAM_VERIFIER.test(password)) return password;
  if (MD5_VERIFIER.test(password)) {
    throw dbError('feature_not_supported', {
      message: 'MD5 password verifiers are not supported',
      hint: 'Give the password itself or a SCRAM-SHA-256 verifier.',
    });
  }
  return await scramVerifier(password, session.database.env.random.bytes(SCRAM_SALT_BYTES));
}

/** As a timestamptz in its neutral text form. */
function validUntil(session: SessionContext, node: Node | undefined): string | null {
  const text = nodeAs(node, 'String')?.sval;
  if (text === undefined) return null;
  const codec = codecFor(OID.timestamptz);
  const value = codec.parseText(text, -1, session.evalContext().format);
  return value === null ? null : codec.formatText(value, NEUTRAL_FORMAT);
}
