/** typlen of a type, for RowDescription; row types count as variable-length. */
import { typeInfo } from '../types/type-table.ts';
import type { Oid } from '../types/type.ts';

export function typeLength(oid: Oid): number {
  return typeInfo(oid)?.length ?? -1;
}
