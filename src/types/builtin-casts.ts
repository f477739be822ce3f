/** The casts of pg_cast among the non-temporal types. Modifiers are applied by cast.ts afterwards. */
import type { Stepped } from '../base/steps.ts';
import { dbError } from '../errors/db-error.ts';
import type { FormatSettings } from './codec.ts';
import { floatOverflow, floatUnderflow, roundHalfEven } from './float.ts';
import { intOutOfRange } from './int.ts';
import { parseJson, parseJsonSteps } from './json-reader.ts';
import { formatJsonb, formatJsonbSteps } from './json-text.ts';
import { isJsonArray, isJsonNumber, isJsonObject } from './json-node.ts';
import { Jsonb } from './jsonb.ts';
import { cidrToInet, inetToCidr, withPrefixLength } from './network-address.ts';
import { formatNumeric, type Numeric } from './numeric.ts';
import {
  numericFromFloat4,
  numericFromFloat8,
  numericFromInt,
  numericToFloat8,
  numericToInt,
} from './numeric-convert.ts';
import { parseReg } from './reg-codec.ts';
import { charCodec, toCharType, trimBlanks, truncateName } from './text.ts';
import { OID, type Oid } from './type.ts';
import { toInt64, type Int64, type Value } from './value.ts';

export type CastContext = 'implicit' | 'assignment' | 'explicit';

type Convert = (value: NonNullable<Value>, settings: FormatSettings) => NonNullable<Value>;

/** One row of pg_cast. */
export interface BuiltinCast {
  readonly from: Oid;
  readonly to: Oid;
  readonly context: CastContext;
  readonly convert: Convert;
  /** The same of a large value. */
  readonly inSteps?: (
    value: NonNullable<Value>,
    settings: FormatSettings,
  ) => Stepped<NonNullable<Value>>;
}

type IntName = 'smallint' | 'integer' | 'bigint';

const same: Convert = (value) => value;

/** Brings an integer into a type's range, or throws. */
export function toIntType(value: Int64, name: IntName): Int64 {
  if (name === 'bigint') return value;
  const limit = name === 'smallint' ? 32768 : 2147483648;
  if (value < -limit || value >= limit) throw intOutOfRange(name);
  return value;
}

/** Rounds a float to an integer type, ties to even. */
export function floatToInt(value: number, name: IntName): Int64 {
  const rounded = roundHalfEven(value) + 0;
  const limit = name === 'smallint' ? 32768 : name === 'integer' ? 2147483648 : 9223372036854775808;
  // NaN fails both comparisons.
  if (!(rounded >= -limit && rounded < limit)) throw intOutOfRange(name);
  return Number.isSafeInteger(rounded) ? rounded : toInt64(BigInt(rounded));
}

/** Rounds a float8 to float4; throws where a finite value leaves the range. */
export function toFloat4(value: number): number {
  const result = Math.fround(value);
  if (!Number.isFinite(result) && Number.isFinite(value)) throw floatOverflow();
  if (result === 0 && value !== 0) throw floatUnderflow();
  return result;
}

/** An integer as float4, rounded once. */
export function intToFloat4(value: Int64): number {
  if (typeof value === 'number') return Math.fround(value);
  // Keep 53 bits and fold the rest into a sticky bit, so that only fround rounds.
  const rest = value & 0x7ffn;
  return Math.fround(Number(value - rest + (rest === 0n ? 0n : 0x400n)));
}

/** numeric to float8; throws where it is out of range. */
export function numericToFloat8Checked(value: Numeric): number {
  const result = numericToFloat8(value);
  return checkFloat(value, result, 'double precision');
}

/** numeric to float4; throws where it is out of range. */
export function numericToFloat4Checked(value: Numeric): number {
  return checkFloat(value, Math.fround(numericToFloat8(value)), 'real');
}

function checkFloat(value: Numeric, result: number, name: string): number {
  if (value.kind !== 'finite') return result;
  if (Number.isFinite(result) && (result !== 0 || value.unscaled === 0n)) return result;
  throw dbError('numeric_value_out_of_range', {
    message: `"${formatNumeric(value)}" is out of range for type ${name}`,
  });
}

function int8ToOid(value: Int64): number {
  if (value < 0 || value > 4294967295) throw intOutOfRange('OID');
  return Number(value);
}

function intToChar(value: number): string {
  if (value < -128 || value > 127) {
    throw dbError('numeric_value_out_of_range', '"char" out of range');
  }
  return value === 0 ? '' : String.fromCharCode(value & 0xff);
}

function charToInt(value: string): number {
  return value === '' ? 0 : (value.charCodeAt(0) << 24) >> 24;
}

/** What jsonb's scalar casts accept: a boolean or a number at the top. */
function jsonbScalar(value: Jsonb, typeName: string): boolean | Numeric {
  const { root } = value;
  const wantsBool = typeName === 'boolean';
  if (wantsBool ? typeof root === 'boolean' : isJsonNumber(root)) return root as boolean | Numeric;
  const kind =
    root === null
      ? 'null'
      : typeof root === 'string'
        ? 'string'
        : typeof root === 'boolean'
          ? 'boolean'
          : isJsonArray(root)
            ? 'array'
            : isJsonObject(root)
              ? 'object'
              : 'numeric';
  throw dbError('invalid_parameter_value', `cannot cast jsonb ${kind} to type ${typeName}`);
}

const INTS: readonly (readonly [Oid, IntName])[] = [
  [OID.int2, 'smallint'],
  [OID.int4, 'integer'],
  [OID.int8, 'bigint'],
];

function* numberCasts(): Generator<BuiltinCast> {
  for (const [from, fromName] of INTS) {
    for (const [to, name] of INTS) {
      if (from === to) continue;
      const widens = fromName === 'smallint' || name === 'bigint';
      yield {
        from,
        to,
        context: widens ? 'implicit' : 'assignment',
        convert: (v) => toIntType(v as Int64, name),
      };
    }
    yield { from, to: OID.float4, context: 'implicit', convert: (v) => intToFloat4(v as Int64) };
    yield { from, to: OID.float8, context: 'implicit', convert: (v) => Number(v) };
    yield {
      from,
      to: OID.numeric,
      context: 'implicit',
      convert: (v) => numericFromInt(v as Int64),
    };
    const to = from;
    for (const float of [OID.float4, OID.float8]) {
      yield {
        from: float,
        to,
        context: 'assignment',
        convert: (v) => floatToInt(v as number, fromName),
      };
    }
    yield {
      from: OID.numeric,
      to,
      context: 'assignment',
      convert: (v) => numericToInt(v as Numeric, fromName),
    };
    yield {
      from: OID.jsonb,
      to,
      context: 'explicit',
      convert: (v) => numericToInt(jsonbScalar(v as Jsonb, fromName) as Numeric, fromName),
    };
  }
}

const FLOAT_CASTS: readonly BuiltinCast[] = [
  { from: OID.float4, to: OID.float8, context: 'implicit', convert: same },
  {
    from: OID.float8,
    to: OID.float4,
    context: 'assignment',
    convert: (v) => toFloat4(v as number),
  },
  {
    from: OID.float4,
    to: OID.numeric,
    context: 'assignment',
    convert: (v) => numericFromFloat4(v as number),
  },
  {
    from: OID.float8,
    to: OID.numeric,
    context: 'assignment',
    convert: (v) => numericFromFloat8(v as number),
  },
  {
    from: OID.numeric,
    to: OID.float4,
    context: 'implicit',
    convert: (v) => numericToFloat4Checked(v as Numeric),
  },
  {
    from: OID.numeric,
    to: OID.float8,
    context: 'implicit',
    convert: (v) => numericToFloat8Checked(v as Numeric),
  },
];

const BOOL_CHAR_JSON_CASTS: readonly BuiltinCast[] = [
  { from: OID.bool, to: OID.int4, context: 'explicit', convert: (v) => Number(v) },
  { from: OID.int4, to: OID.bool, context: 'explicit', convert: (v) => v !== 0 },
  ...[OID.text, OID.varchar, OID.bpchar].map(
    (to): BuiltinCast => ({
      from: OID.bool,
      to,
      context: 'assignment',
      convert: (v) => String(v),
    }),
  ),
  { from: OID.int4, to: OID.char, context: 'explicit', convert: (v) => intToChar(v as number) },
  { from: OID.char, to: OID.int4, context: 'explicit', convert: (v) => charToInt(v as string) },
  {
    from: OID.json,
    to: OID.jsonb,
    context: 'assignment',
    convert: (v) => new Jsonb(parseJson(v as string)),
    *inSteps(v) {
      return new Jsonb(yield* parseJsonSteps(v as string));
    },
  },
  {
    from: OID.jsonb,
    to: OID.json,
    context: 'assignment',
    convert: (v) => formatJsonb(v as Jsonb),
    inSteps: (v) => formatJsonbSteps(v as Jsonb),
  },
  {
    from: OID.jsonb,
    to: OID.bool,
    context: 'explicit',
    convert: (v) => jsonbScalar(v as Jsonb, 'boolean'),
  },
  {
    from: OID.jsonb,
    to: OID.numeric,
    context: 'explicit',
    convert: (v) => jsonbScalar(v as Jsonb, 'numeric'),
  },
  {
    from: OID.jsonb,
    to: OID.float4,
    context: 'explicit',
    convert: (v) => numericToFloat4Checked(jsonbScalar(v as Jsonb, 'real') as Numeric),
  },
  {
    from: OID.jsonb,
    to: OID.float8,
    context: 'explicit',
    convert: (v) => numericToFloat8Checked(jsonbScalar(v as Jsonb, 'double precision') as Numeric),
  },
];

const trimmed: Convert = (value) => trimBlanks(value as string);
const toName: Convert = (value) => truncateName(value as string);
const toChar: Convert = (value) => toCharType(value as string);
const fromChar: Convert = (value, settings) => charCodec.formatText(value, settings);

const TEXT_CASTS: readonly BuiltinCast[] = [
  { from: OID.char, to: OID.text, context: 'implicit', convert: fromChar },
  { from: OID.char, to: OID.bpchar, context: 'assignment', convert: fromChar },
  { from: OID.char, to: OID.varchar, context: 'assignment', convert: fromChar },
  { from: OID.name, to: OID.text, context: 'implicit', convert: same },
  { from: OID.name, to: OID.bpchar, context: 'assignment', convert: same },
  { from: OID.name, to: OID.varchar, context: 'assignment', convert: same },
  { from: OID.text, to: OID.char, context: 'assignment', convert: toChar },
  { from: OID.text, to: OID.name, context: 'implicit', convert: toName },
  { from: OID.text, to: OID.bpchar, context: 'implicit', convert: same },
  { from: OID.text, to: OID.varchar, context: 'implicit', convert: same },
  { from: OID.varchar, to: OID.char, context: 'assignment', convert: toChar },
  { from: OID.varchar, to: OID.name, context: 'implicit', convert: toName },
  { from: OID.varchar, to: OID.text, context: 'implicit', convert: same },
  { from: OID.varchar, to: OID.bpchar, context: 'implicit', convert: same },
  { from: OID.bpchar, to: OID.char, context: 'assignment', convert: toChar },
  {
    from: OID.bpchar,
    to: OID.name,
    context: 'implicit',
    convert: (v) => truncateName(trimBlanks(v as string)),
  },
  { from: OID.bpchar, to: OID.text, context: 'implicit', convert: trimmed },
  { from: OID.bpchar, to: OID.varchar, context: 'implicit', convert: trimmed },
  { from: OID.pgNodeTree, to: OID.text, context: 'implicit', convert: same },
  ...[OID.text, OID.varchar].map(
    (from): BuiltinCast => ({
      from,
      to: OID.regclass,
      context: 'implicit',
      convert: (v, settings) => parseReg('class', v as string, settings),
    }),
  ),
];

const REG_TYPES: readonly Oid[] = [
  OID.regproc,
  OID.regprocedure,
  OID.regoper,
  OID.regoperator,
  OID.regclass,
  OID.regtype,
  OID.regnamespace,
  OID.regrole,
  OID.regcollation,
];

/** oid and the reg* types are one unsigned number; int4 carries its bits as a signed one. */
function* oidCasts(): Generator<BuiltinCast> {
  const unsigned: Convert = (v) => (v as number) >>> 0;
  const signed: Convert = (v) => (v as number) | 0;
  for (const type of [OID.oid, ...REG_TYPES]) {
    yield { from: OID.int2, to: type, context: 'implicit', convert: unsigned };
    yield { from: OID.int4, to: type, context: 'implicit', convert: unsigned };
    yield { from: OID.int8, to: type, context: 'implicit', convert: (v) => int8ToOid(v as Int64) };
    yield { from: type, to: OID.int4, context: 'assignment', convert: signed };
    yield { from: type, to: OID.int8, context: 'assignment', convert: same };
    if (type === OID.oid) continue;
    yield { from: OID.oid, to: type, context: 'implicit', convert: same };
    yield { from: type, to: OID.oid, context: 'implicit', convert: same };
  }
  for (const [a, b] of [
    [OID.regproc, OID.regprocedure],
    [OID.regoper, OID.regoperator],
  ] as const) {
    yield { from: a, to: b, context: 'implicit', convert: same };
    yield { from: b, to: a, context: 'implicit', convert: same };
  }
}

/** Addresses become text with their prefix length always. */
function* networkCasts(): Generator<BuiltinCast> {
  for (const from of [OID.inet, OID.cidr]) {
    for (const to of [OID.text, OID.varchar, OID.bpchar]) {
      yield { from, to, context: 'assignment', convert: (v) => withPrefixLength(v as string) };
    }
  }
  yield {
    from: OID.inet,
    to: OID.cidr,
    context: 'assignment',
    convert: (v) => inetToCidr(v as string),
  };
  yield {
    from: OID.cidr,
    to: OID.inet,
    context: 'implicit',
    convert: (v) => cidrToInet(v as string),
  };
}

const XID8 = 5069;

/** Every cast of pg_cast between types that have values here, the temporal ones apart. */
export const BUILTIN_CASTS: readonly BuiltinCast[] = [
  ...numberCasts(),
  ...FLOAT_CASTS,
  ...BOOL_CHAR_JSON_CASTS,
  ...TEXT_CASTS,
  ...oidCasts(),
  ...networkCasts(),
  {
    from: XID8,
    to: OID.xid,
    context: 'explicit',
    convert: (v) => Number(BigInt.asUintN(32, BigInt(v as Int64))),
  },
];
