/** Functions of information_schema that clients call themselves, as PostgREST does to describe columns. */
import { declaredSize, type DeclaredSize } from '../../types/declared-size.ts';
import type { PgRecord } from '../../types/pg-record.ts';
import { OID, sqlType, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { scalar } from '../define.ts';
import type { ScalarFunction } from '../function.ts';

/** Row types of pg_attribute and pg_type. */
const ATTRIBUTE_ROW: Oid = 75;
const TYPE_ROW: Oid = 71;

function field(row: Value | undefined, name: string): Value {
  const { names, values } = row as PgRecord;
  return values[names.indexOf(name)] ?? null;
}

/** What a domain stands for, of any other type what the column has. */
function underDomain(
  name: string,
  returnType: Oid,
  ofColumn: string,
  ofDomain: string,
): ScalarFunction {
  return {
    kind: 'scalar',
    name,
    argTypes: [ATTRIBUTE_ROW, TYPE_ROW],
    returnType,
    strict: true,
    volatility: 'immutable',
    evaluate: ([column, type]) =>
      field(type, 'typtype') === 'd' ? field(type, ofDomain) : field(column, ofColumn),
  };
}

function sizeFunction(signature: string, property: keyof DeclaredSize): ScalarFunction {
  return scalar(
    signature,
    (oid: Oid, typmod: number) => declaredSize(sqlType(oid, typmod))[property] ?? null,
  );
}

export const informationFunctions: readonly ScalarFunction[] = [
  underDomain('_pg_truetypid', OID.oid, 'atttypid', 'typbasetype'),
  underDomain('_pg_truetypmod', OID.int4, 'atttypmod', 'typtypmod'),
  sizeFunction('_pg_char_max_length(oid, int4) int4', 'character_maximum_length'),
  sizeFunction('_pg_char_octet_length(oid, int4) int4', 'character_octet_length'),
  sizeFunction('_pg_numeric_precision(oid, int4) int4', 'numeric_precision'),
  sizeFunction('_pg_numeric_precision_radix(oid, int4) int4', 'numeric_precision_radix'),
  sizeFunction('_pg_numeric_scale(oid, int4) int4', 'numeric_scale'),
  sizeFunction('_pg_datetime_precision(oid, int4) int4', 'datetime_precision'),
  sizeFunction('_pg_interval_type(oid, int4) text', 'interval_type'),
];
