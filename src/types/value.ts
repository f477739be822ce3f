/**
 * SQL values as JavaScript values. One representation per type, everywhere: in vectors, in expression
 * evaluation, in keys and in codecs. NULL is `null`.
 *
 * | SQL type                        | JavaScript                                                          |
 * |---------------------------------|---------------------------------------------------------------------|
 * | boolean                         | boolean                                                             |
 * | int2, int4, oid, reg*, xid      | number (integer)                                                    |
 * | int8                            | Int64: number when it is a safe integer, else bigint                |
 * | float4, float8                  | number (float4 is Math.fround-ed); -0, NaN and infinities are kept  |
 * | numeric                         | Numeric                                                             |
 * | text, varchar, bpchar, name,    | string (a bpchar(n) keeps its padding; comparisons ignore it)       |
 * |   "char", json, unknown, xml    |                                                                     |
 * | uuid                            | string, canonical lower case with dashes                            |
 * | inet, cidr, macaddr             | string, as PostgreSQL prints it                                     |
 * | bytea                           | Uint8Array                                                          |
 * | date                            | number: days since 2000-01-01, or +-Infinity                        |
 * | time                            | number: microseconds since midnight                                 |
 * | timetz                          | TimeTz                                                              |
 * | timestamp, timestamptz          | Int64 microseconds since 2000-01-01 (UTC for tz), or +-Infinity     |
 * | interval                        | Interval                                                            |
 * | jsonb                           | Jsonb                                                               |
 * | T[], int2vector, oidvector      | PgArray                                                             |
 * | record, row types               | PgRecord                                                            |
 *
 * Int64 is canonical: a bigint appears only outside +-(2^53 - 1), so `===` and `<` work across both and
 * a Float64Array can hold every value of a vector that has no bigint.
 */
import type { Interval } from './interval.ts';
import type { Jsonb } from './jsonb.ts';
import type { Numeric } from './numeric.ts';
import type { PgArray } from './pg-array.ts';
import type { PgRecord } from './pg-record.ts';
import type { TimeTz } from './time-tz.ts';

export type Int64 = number | bigint;

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Numeric
  | Interval
  | TimeTz
  | Jsonb
  | PgArray
  | PgRecord;

/** Brings a 64-bit integer into the canonical form. The caller has checked the int8 range. */
export function toInt64(value: bigint): Int64 {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

export const INT8_MIN = -9223372036854775808n;
export const INT8_MAX = 9223372036854775807n;
