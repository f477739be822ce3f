/** Large SQL values as JSON, in steps: what `jsonText` and `jsonNode` give of them. */
import { LongText } from '../../base/long-text.ts';
import type { Stepped } from '../../base/steps.ts';
import type { Pieces } from '../../types/codec.ts';
import { jsonObject, type JsonNode } from '../../types/json-node.ts';
import { quoteJson } from '../../types/json-quote.ts';
import { parseJsonSteps } from '../../types/json-reader.ts';
import { jsonbPieces, quotedJsonPieces } from '../../types/json-text.ts';
import { Jsonb } from '../../types/jsonb.ts';
import { isHeavy } from '../../types/large-value.ts';
import { PgArray } from '../../types/pg-array.ts';
import { PgRecord } from '../../types/pg-record.ts';
import { OID, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { EvalContext } from '../function.ts';
import { jsonNode, jsonText, plainText } from './build.ts';

/** Elements between two yields. */
const STEP_ITEMS = 512;

interface Typed {
  readonly oid: Oid;
  readonly value: Value;
}

/** A value as json text. `pretty` puts line feeds between the top level's elements. */
export function* jsonTextSteps(item: Typed, context: EvalContext, pretty = false): Stepped<string> {
  const text = new LongText();
  for (const piece of textPieces(item, context, pretty)) {
    text.add(piece);
    yield;
  }
  return text.toString();
}

function* textPieces({ oid, value }: Typed, context: EvalContext, pretty: boolean): Pieces {
  if (!isHeavy(value)) yield jsonText(oid, value, context, pretty);
  else if (value instanceof PgArray) yield* arrayPieces(value, context, pretty);
  else if (value instanceof PgRecord) yield* recordPieces(value, context, pretty);
  else if (value instanceof Jsonb) yield* jsonbPieces(value);
  else if (oid === OID.json) yield value as string;
  // Nothing else that is so long is a number.
  else if (typeof value === 'string') yield* quotedJsonPieces(plainText(oid, value, context));
  else yield jsonText(oid, value, context);
}

function* arrayPieces(array: PgArray, context: EvalContext, pretty: boolean): Pieces {
  const { values, dimensions, elementType: oid } = array;
  let at = 0;
  function* build(depth: number): Pieces {
    const separator = pretty && depth === 0 ? ',\n ' : ',';
    const isLast = depth + 1 === dimensions.length;
    let text = '[';
    for (let i = 0; i < (dimensions[depth] as number); i++) {
      if (i > 0) text += separator;
      const value = isLast ? (values[at++] as Value) : null;
      if (isLast && !isHeavy(value)) {
        text += jsonText(oid, value, context);
        if (i % STEP_ITEMS !== STEP_ITEMS - 1) continue;
        yield text;
        text = '';
      } else {
        yield text;
        text = '';
        yield* isLast ? textPieces({ oid, value }, context, false) : build(depth + 1);
      }
    }
    yield `${text}]`;
  }
  yield* build(0);
}

function* recordPieces(record: PgRecord, context: EvalContext, pretty: boolean): Pieces {
  for (const [i, value] of record.values.entries()) {
    const name = quoteJson(record.names[i] ?? `f${i + 1}`);
    yield `${i === 0 ? '{' : pretty ? ',\n ' : ','}${name}:`;
    yield* textPieces({ oid: (record.types[i] as SqlType).oid, value }, context, false);
  }
  yield '}';
}

/** A value as a jsonb node. */
export function* jsonNodeSteps({ oid, value }: Typed, context: EvalContext): Stepped<JsonNode> {
  if (!isHeavy(value)) return jsonNode(oid, value, context);
  if (value instanceof PgArray) return yield* arrayNodeSteps(value, context);
  if (value instanceof PgRecord) {
    const members: [string, JsonNode][] = [];
    for (const [i, field] of value.values.entries()) {
      const item = { oid: (value.types[i] as SqlType).oid, value: field };
      members.push([value.names[i] ?? `f${i + 1}`, yield* jsonNodeSteps(item, context)]);
    }
    return jsonObject(members);
  }
  if (oid === OID.json) return yield* parseJsonSteps(value as string);
  if (value instanceof Jsonb) yield* value.readSteps();
  return jsonNode(oid, value, context);
}

function* arrayNodeSteps(array: PgArray, context: EvalContext): Stepped<JsonNode> {
  const { values, dimensions, elementType: oid } = array;
  let at = 0;
  function* build(depth: number): Stepped<JsonNode[]> {
    const nodes: JsonNode[] = [];
    for (let i = 0; i < (dimensions[depth] as number); i++) {
      if (depth + 1 < dimensions.length) nodes.push(yield* build(depth + 1));
      else {
        const value = values[at++] as Value;
        if (isHeavy(value)) nodes.push(yield* jsonNodeSteps({ oid, value }, context));
        else nodes.push(jsonNode(oid, value, context));
        if (i % STEP_ITEMS === STEP_ITEMS - 1) yield;
      }
    }
    return nodes;
  }
  return yield* build(0);
}
