/** Length coercion: fitting a value to its type's modifier. */
import { applyDateTimeTypmod } from './datetime/typmod.ts';
import { applyNumericTypmod } from './numeric-convert.ts';
import type { Numeric } from './numeric.ts';
import { PgArray } from './pg-array.ts';
import { applyBpcharTypmod, applyVarcharTypmod } from './text.ts';
import { typeInfo } from './type-table.ts';
import { OID, type Oid } from './type.ts';
import type { Value } from './value.ts';

/**
 * The value cut, padded or rounded to the modifier. An explicit cast cuts character strings where an
 * assignment throws; numerics that do not fit always throw.
 */
export function applyTypmod(
  oid: Oid,
  value: NonNullable<Value>,
  typmod: number,
  explicit: boolean,
): NonNullable<Value> {
  if (typmod < 0) return value;
  switch (oid) {
    case OID.varchar:
      return applyVarcharTypmod(value as string, typmod, explicit);
    case OID.bpchar:
      return applyBpcharTypmod(value as string, typmod, explicit);
    case OID.numeric:
      return applyNumericTypmod(value as Numeric, typmod);
    case OID.time:
    case OID.timetz:
    case OID.timestamp:
    case OID.timestamptz:
    case OID.interval:
      return applyDateTimeTypmod(oid, value, typmod) as NonNullable<Value>;
    default:
      return typeInfo(oid)?.isArray === true && value instanceof PgArray
        ? applyToElements(value, typmod, explicit)
        : value;
  }
}

function applyToElements(array: PgArray, typmod: number, explicit: boolean): PgArray {
  const { elementType, values, dimensions, lowerBounds } = array;
  const applied = values.map((value) =>
    value === null ? null : applyTypmod(elementType, value, typmod, explicit),
  );
  return new PgArray(elementType, applied, dimensions, lowerBounds);
}
