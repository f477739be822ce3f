/** SQL values as JSON: text with PostgreSQL's spacing for json, nodes for jsonb. */
import { dbError } from '../../errors/db-error.ts';
import { codecFor } from '../../types/codecs.ts';
import { parseJson } from '../../types/json-reader.ts';
import { quoteJson } from '../../types/json-quote.ts';
import { formatJsonb } from '../../types/json-text.ts';
import { jsonObject, type JsonNode } from '../../types/json-node.ts';
import type { Jsonb } from '../../types/jsonb.ts';
import { Numeric, parseNumeric } from '../../types/numeric.ts';
import { PgArray } from '../../types/pg-array.ts';
import { PgRecord } from '../../types/pg-record.ts';
import { OID, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { EvalContext } from '../function.ts';

const INTEGER_TYPES: ReadonlySet<Oid> = new Set<Oid>([OID.int2, OID.int4, OID.int8]);

const NUMBER_TYPES: ReadonlySet<Oid> = new Set<Oid>([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.float4,
  OID.float8,
  OID.numeric,
]);

/** Dates and times in ISO 8601, whatever the session's DateStyle; other types by their output. */
export function plainText(oid: Oid, value: NonNullable<Value>, context: EvalContext): string {
  const codec = codecFor(oid);
  switch (oid) {
    case OID.date:
    case OID.timestamp:
    case OID.timestamptz: {
      const iso = codec.formatText(value, { ...context.format, dateStyle: 'ISO' });
      const withT = iso.replace(/^(\S+) (?=\d)/, '$1T');
      return oid === OID.timestamptz ? withT.replace(/([+-]\d\d)(?=$| BC)/, '$1:00') : withT;
    }
    default:
      return codec.formatText(value, context.format);
  }
}

const JSON_NUMBER = /^-?\d/;

/** value as json text. `pretty` puts line feeds between the top level's elements. */
export function jsonText(oid: Oid, value: Value, context: EvalContext, pretty = false): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value instanceof PgArray) return arrayText(value, context, pretty);
  if (value instanceof PgRecord) return recordText(value, context, pretty);
  if (oid === OID.json) return value as string;
  if (oid === OID.jsonb) return formatJsonb(value as Jsonb);
  const text = plainText(oid, value, context);
  return NUMBER_TYPES.has(oid) && JSON_NUMBER.test(text) ? text : quoteJson(text);
}

function arrayText(array: PgArray, context: EvalContext, pretty: boolean): string {
  const { values, dimensions, elementType } = array;
  if (values.length === 0) return '[]';
  let at = 0;
  const build = (depth: number): string => {
    const parts: string[] = [];
    for (let i = 0; i < (dimensions[depth] as number); i++) {
      if (depth + 1 < dimensions.length) parts.push(build(depth + 1));
      else parts.push(jsonText(elementType, values[at++] as Value, context));
    }
    return `[${parts.join(pretty && depth === 0 ? ',\n ' : ',')}]`;
  };
  return build(0);
}

function recordText(record: PgRecord, context: EvalContext, pretty: boolean): string {
  const parts = record.values.map((value, i) => {
    const name = quoteJson(record.names[i] ?? `f${i + 1}`);
    return `${name}:${jsonText((record.types[i] as SqlType).oid, value, context)}`;
  });
  return `{${parts.join(pretty ? ',\n ' : ',')}}`;
}

/** value as a jsonb node. */
export function jsonNode(oid: Oid, value: Value, context: EvalContext): JsonNode {
  if (value === null || typeof value === 'boolean') return value;
  if (value instanceof PgArray) return arrayNode(value, context);
  if (value instanceof PgRecord) {
    return jsonObject(
      value.values.map((field, i) => [
        value.names[i] ?? `f${i + 1}`,
        jsonNode((value.types[i] as SqlType).oid, field, context),
      ]),
    );
  }
  if (oid === OID.json) return parseJson(value as string);
  if (oid === OID.jsonb) return (value as Jsonb).root;
  if (value instanceof Numeric && value.kind === 'finite') return value;
  if (INTEGER_TYPES.has(oid)) return new Numeric(BigInt(value as number | bigint), 0);
  const text = plainText(oid, value, context);
  return NUMBER_TYPES.has(oid) && JSON_NUMBER.test(text) ? parseNumeric(text) : text;
}

function arrayNode(array: PgArray, context: EvalContext): JsonNode {
  const { values, dimensions, elementType } = array;
  if (values.length === 0) return [];
  let at = 0;
  const build = (depth: number): JsonNode[] =>
    Array.from({ length: dimensions[depth] as number }, () =>
      depth + 1 < dimensions.length
        ? build(depth + 1)
        : jsonNode(elementType, values[at++] as Value, context),
    );
  return build(0);
}

/** A value as the key of a member; only scalars can be. */
export function keyText(oid: Oid, value: NonNullable<Value>, context: EvalContext): string {
  if (
    value instanceof PgArray ||
    value instanceof PgRecord ||
    oid === OID.json ||
    oid === OID.jsonb
  ) {
    throw dbError(
      'invalid_parameter_value',
      'key value must be scalar, not array, composite, or json',
    );
  }
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return plainText(oid, value, context);
}
