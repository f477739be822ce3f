/** Types named in text, as regtype reads them. */
import type { CatalogSnapshot } from '../catalog/catalog.ts';
import { DbError } from '../errors/db-error.ts';
import { parseExpression } from '../parse/parser.ts';
import { BindContext } from '../plan/bind/context.ts';
import { resolveTypeName } from '../plan/bind/types.ts';
import type { SqlType } from '../types/type.ts';
import type { SessionContext } from './session-context.ts';

/** The type that SQL text such as `character varying(10)` or `int[]` names, or undefined. */
export function typeFromText(
  session: SessionContext,
  catalog: CatalogSnapshot,
  text: string,
): SqlType | undefined {
  try {
    const node = parseExpression(`NULL::${text}`);
    if (!('TypeCast' in node) || node.TypeCast.typeName === undefined) return undefined;
    const context = new BindContext({ ...session.bindEnvironment(text, []), catalog });
    return resolveTypeName(context, node.TypeCast.typeName);
  } catch (error) {
    if (error instanceof DbError) return undefined;
    throw error;
  }
}
