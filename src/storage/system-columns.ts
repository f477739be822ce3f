/** The hidden columns that a scan can be asked for, as vectors. */
import type { Oid } from '../types/type.ts';
import { OID, sqlType } from '../types/type.ts';
import type { F64Vector } from '../vector/vector.ts';

/** Row ref: names a row version for the length of a transaction. */
export const ROW_REF_ATTNUM = -1;
/** tableoid. */
export const TABLE_OID_ATTNUM = -6;

export function rowRefVector(refs: Float64Array, length = refs.length): F64Vector {
  return { rep: 'f64', type: sqlType(OID.int8), length, data: refs, nulls: undefined };
}

export function tableOidVector(table: Oid, length: number): F64Vector {
  const data = new Float64Array(length).fill(table);
  return { rep: 'f64', type: sqlType(OID.oid), length, data, nulls: undefined };
}
