/** What kernels know of the types that they read. */
import { OID, type Oid, type SqlType } from '../../types/type.ts';

/** Greatest magnitudes that kernels read; the types' own limits beyond them are left to their codecs. */
export const LIMITS = new Map<Oid, number>([
  [OID.int2, 32_767],
  [OID.int4, 2_147_483_647],
  [OID.int8, Number.MAX_SAFE_INTEGER],
  [OID.timestamp, Number.MAX_SAFE_INTEGER],
  [OID.timestamptz, Number.MAX_SAFE_INTEGER],
  [OID.date, 2_451_545],
]);
export const WIDTHS = new Map<Oid, number>([
  [OID.int2, 2],
  [OID.int4, 4],
  [OID.int8, 8],
  [OID.timestamp, 8],
  [OID.timestamptz, 8],
  [OID.date, 4],
  [OID.float4, 4],
  [OID.float8, 8],
]);
/** Types that a number without quotes stands for as it is written. */
export const NUMBERS = new Set<Oid>([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.float4,
  OID.float8,
  OID.numeric,
]);

/** Whether a column's fields are numbered by a dictionary. */
export function hasTextKernel({ oid }: SqlType): boolean {
  return oid === OID.text || oid === OID.varchar;
}
