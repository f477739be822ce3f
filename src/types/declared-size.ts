/** Lengths, precisions and scales that a type and its modifier declare, as information_schema tells them. */
import { formatType } from './format-type.ts';
import { OID, type Oid, type SqlType } from './type.ts';

/** By the column of information_schema.columns; what is left out is NULL there. */
export interface DeclaredSize {
  readonly character_maximum_length?: number | null;
  readonly character_octet_length?: number;
  readonly numeric_precision?: number;
  readonly numeric_precision_radix?: number;
  readonly numeric_scale?: number | null;
  readonly datetime_precision?: number;
  readonly interval_type?: string | null;
}

/** Bits that PostgreSQL counts for each numeric type. */
const BINARY_PRECISION: ReadonlyMap<Oid, number> = new Map<Oid, number>([
  [OID.int2, 16],
  [OID.int4, 32],
  [OID.int8, 64],
  [OID.float4, 24],
  [OID.float8, 53],
]);

const INTEGERS: ReadonlySet<Oid> = new Set<Oid>([OID.int2, OID.int4, OID.int8]);
const TIMES: ReadonlySet<Oid> = new Set<Oid>([
  OID.time,
  OID.timetz,
  OID.timestamp,
  OID.timestamptz,
]);

/** Longest text, in bytes, where no length is declared. */
const TEXT_BYTES_MAX = 2 ** 30;
const UTF8_BYTES_MAX = 4;
const FULL_PRECISION = 0xffff;

function characterLengths({ oid, typmod }: SqlType): DeclaredSize {
  if (oid === OID.bit || oid === OID.varbit) {
    return { character_maximum_length: typmod < 0 ? null : typmod };
  }
  if (oid === OID.text) return { character_octet_length: TEXT_BYTES_MAX };
  if (oid !== OID.varchar && oid !== OID.bpchar) return {};
  if (typmod < 0) return { character_octet_length: TEXT_BYTES_MAX };
  const length = typmod - 4;
  return { character_maximum_length: length, character_octet_length: length * UTF8_BYTES_MAX };
}

function numericDetails({ oid, typmod }: SqlType): DeclaredSize {
  const bits = BINARY_PRECISION.get(oid);
  if (bits !== undefined) {
    const scale = INTEGERS.has(oid) ? 0 : null;
    return { numeric_precision: bits, numeric_precision_radix: 2, numeric_scale: scale };
  }
  if (oid !== OID.numeric) return {};
  if (typmod < 0) return { numeric_precision_radix: 10 };
  const packed = typmod - 4;
  return {
    numeric_precision: (packed >> 16) & 0xffff,
    numeric_precision_radix: 10,
    numeric_scale: packed & 0xffff,
  };
}

function timeDetails({ oid, typmod }: SqlType): DeclaredSize {
  if (oid === OID.date) return { datetime_precision: 0 };
  if (TIMES.has(oid)) return { datetime_precision: typmod < 0 ? 6 : typmod };
  if (oid !== OID.interval) return {};
  const precision = typmod & FULL_PRECISION;
  // A precision belongs to the seconds: interval(3), interval day to second(3).
  const fields = formatType(oid, typmod).replace(/^interval(?:\(\d+\))?\s*/, '');
  return {
    datetime_precision: typmod < 0 || precision === FULL_PRECISION ? 6 : precision,
    interval_type: fields === '' ? null : fields.toUpperCase(),
  };
}

export function declaredSize(type: SqlType): DeclaredSize {
  return { ...characterLengths(type), ...numericDetails(type), ...timeDetails(type) };
}
