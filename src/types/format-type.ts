/** The SQL spelling of types, as pg_catalog.format_type gives it. */
import { elementTypeOf, typeInfo } from './type-table.ts';
import { intervalTypmodText } from './typmod.ts';
import { OID, type Oid } from './type.ts';
import { numericTypmod } from './numeric-convert.ts';

const SQL_NAMES: ReadonlyMap<Oid, string> = new Map<Oid, string>([
  [OID.bool, 'boolean'],
  [OID.int2, 'smallint'],
  [OID.int4, 'integer'],
  [OID.int8, 'bigint'],
  [OID.float4, 'real'],
  [OID.float8, 'double precision'],
  [OID.varchar, 'character varying'],
  [OID.varbit, 'bit varying'],
  [OID.numeric, 'numeric'],
  [OID.char, '"char"'],
]);

/** A type's name with its modifier; `null` for a modifier that is not known (NULL). */
export function formatType(oid: Oid, typmod: number | null = -1): string {
  if (oid === 0) return '-';
  const info = typeInfo(oid);
  if (info === undefined) return '???';
  const element = info.isArray ? elementTypeOf(oid) : undefined;
  if (element !== undefined) return `${formatScalar(element, typmod)}[]`;
  return formatScalar(oid, typmod);
}

function formatScalar(oid: Oid, typmod: number | null): string {
  const hasModifier = typmod !== null && typmod >= 0;
  switch (oid) {
    case OID.bpchar:
      // `character` alone means character(1), so the type without a length needs its own name,
      // except where the modifier is unknown.
      if (hasModifier) return `character(${typmod - 4})`;
      return typmod === null ? 'character' : 'bpchar';
    case OID.bit:
      if (hasModifier) return `bit(${typmod})`;
      return typmod === null ? 'bit' : '"bit"';
    case OID.varchar:
      return hasModifier ? `character varying(${typmod - 4})` : 'character varying';
    case OID.varbit:
      return hasModifier ? `bit varying(${typmod})` : 'bit varying';
    case OID.numeric: {
      const limits = hasModifier ? numericTypmod(typmod) : undefined;
      return limits === undefined ? 'numeric' : `numeric(${limits.precision},${limits.scale})`;
    }
    case OID.time:
      return withPrecision('time', 'without time zone', hasModifier ? typmod : -1);
    case OID.timetz:
      return withPrecision('time', 'with time zone', hasModifier ? typmod : -1);
    case OID.timestamp:
      return withPrecision('timestamp', 'without time zone', hasModifier ? typmod : -1);
    case OID.timestamptz:
      return withPrecision('timestamp', 'with time zone', hasModifier ? typmod : -1);
    case OID.interval:
      return hasModifier ? `interval${intervalTypmodText(typmod)}` : 'interval';
    default:
      return SQL_NAMES.get(oid) ?? quoteTypeName(typeInfo(oid)?.name ?? '???');
  }
}

function withPrecision(name: string, zone: string, precision: number): string {
  return precision >= 0 ? `${name}(${precision}) ${zone}` : `${name} ${zone}`;
}

/** Names that the grammar gives another meaning are quoted. */
function quoteTypeName(name: string): string {
  return name === 'any' ? '"any"' : name;
}
