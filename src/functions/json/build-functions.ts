/** Functions that make json and jsonb from SQL values. */
import { dbError } from '../../errors/db-error.ts';
import { quoteJson } from '../../types/json-quote.ts';
import { jsonObject, type JsonNode } from '../../types/json-node.ts';
import { Jsonb } from '../../types/jsonb.ts';
import { PgArray } from '../../types/pg-array.ts';
import type { Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { scalar, scalarVariadic } from '../define.ts';
import type { CallInfo, EvalContext, ScalarFunction } from '../function.ts';
import { jsonNodeSteps, jsonTextSteps } from './build-steps.ts';
import { jsonNode, jsonText, keyText } from './build.ts';

function argOid(call: CallInfo, index: number): Oid {
  return (call.argTypes[index] as { oid: Oid }).oid;
}

interface Item {
  readonly oid: Oid;
  readonly value: Value;
}

/** The values of a variadic "any" with their types; undefined for VARIADIC NULL. */
function itemsOf(args: readonly Value[], call: CallInfo): Item[] | undefined {
  const first = args[0] as Value;
  if (call.variadicArray === true) {
    if (!(first instanceof PgArray)) return undefined;
    return first.values.map((value) => ({ oid: first.elementType, value }));
  }
  return args.map((value, i) => ({ oid: argOid(call, i), value }));
}

function memberPairs(
  items: readonly Item[],
  functionName: string,
  nullKey: (position: number) => Error,
  context: EvalContext,
): (readonly [string, Item])[] {
  if (items.length % 2 !== 0) {
    throw dbError('invalid_parameter_value', {
      message: 'argument list must have even number of elements',
      hint: `The arguments of ${functionName}() must consist of alternating keys and values.`,
    });
  }
  const pairs: (readonly [string, Item])[] = [];
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i] as Item;
    if (key.value === null) throw nullKey(i + 1);
    pairs.push([keyText(key.oid, key.value, context), items[i + 1] as Item]);
  }
  return pairs;
}

function jsonNullKey(position: number): Error {
  return dbError('invalid_parameter_value', {
    message: `argument ${position} cannot be null`,
    hint: 'Object keys should be text.',
  });
}

function jsonbNullKey(position: number): Error {
  return dbError('invalid_parameter_value', `argument ${position}: key must not be null`);
}

/** Objects from text arrays: pairs in a row, or two columns. */
function textPairs(array: PgArray): (readonly [string, string | null])[] {
  const { dimensions, values } = array;
  if (dimensions.length > 2) {
    throw dbError('array_subscript_error', 'wrong number of array subscripts');
  }
  if (dimensions.length === 2 && dimensions[1] !== 2) {
    throw dbError('array_subscript_error', 'array must have two columns');
  }
  if (values.length % 2 !== 0) {
    throw dbError('array_subscript_error', 'array must have even number of elements');
  }
  const pairs: (readonly [string, string | null])[] = [];
  for (let i = 0; i < values.length; i += 2) {
    pairs.push([checkKey(values[i] as Value), values[i + 1] as string | null]);
  }
  return pairs;
}

function zipPairs(keys: PgArray, values: PgArray): (readonly [string, string | null])[] {
  if (keys.dimensions.length > 1 || values.dimensions.length > 1) {
    throw dbError('array_subscript_error', 'wrong number of array subscripts');
  }
  if (keys.values.length !== values.values.length) {
    throw dbError('array_subscript_error', 'mismatched array dimensions');
  }
  return keys.values.map((key, i) => [checkKey(key), values.values[i] as string | null]);
}

function checkKey(key: Value): string {
  if (key === null)
    throw dbError('null_value_not_allowed', 'null value not allowed for object key');
  return key as string;
}

function objectText(pairs: readonly (readonly [string, string | null])[]): string {
  const members = pairs.map(
    ([key, value]) => `${quoteJson(key)} : ${value === null ? 'null' : quoteJson(value)}`,
  );
  return `{${members.join(', ')}}`;
}

type Raw = ScalarFunction['evaluate'];

type RawSteps = NonNullable<ScalarFunction['inSteps']>;

function variadicAny(signature: string, evaluate: Raw, inSteps: RawSteps): ScalarFunction {
  const base = scalarVariadic(signature, () => null, { strict: false, volatility: 'stable' });
  return { ...base, evaluate, inSteps };
}

const buildObject: Raw = (args, context, call) => {
  const items = itemsOf(args, call);
  if (items === undefined) return null;
  const pairs = memberPairs(items, 'json_build_object', jsonNullKey, context);
  const members = pairs.map(
    ([key, item]) => `${quoteJson(key)} : ${jsonText(item.oid, item.value, context)}`,
  );
  return `{${members.join(', ')}}`;
};

const buildArray: Raw = (args, context, call) => {
  const items = itemsOf(args, call);
  if (items === undefined) return null;
  return `[${items.map((item) => jsonText(item.oid, item.value, context)).join(', ')}]`;
};

const buildObjectB: Raw = (args, context, call) => {
  const items = itemsOf(args, call);
  if (items === undefined) return null;
  const pairs = memberPairs(items, 'jsonb_build_object', jsonbNullKey, context);
  return new Jsonb(
    jsonObject(pairs.map(([key, item]) => [key, jsonNode(item.oid, item.value, context)])),
  );
};

const buildArrayB: Raw = (args, context, call) => {
  const items = itemsOf(args, call);
  if (items === undefined) return null;
  return new Jsonb(items.map((item): JsonNode => jsonNode(item.oid, item.value, context)));
};

const buildObjectSteps: RawSteps = function* (args, context, call) {
  const items = itemsOf(args, call);
  if (items === undefined) return null;
  const members: string[] = [];
  for (const [key, item] of memberPairs(items, 'json_build_object', jsonNullKey, context)) {
    members.push(`${quoteJson(key)} : ${yield* jsonTextSteps(item, context)}`);
  }
  return `{${members.join(', ')}}`;
};

const buildArraySteps: RawSteps = function* (args, context, call) {
  const items = itemsOf(args, call);
  if (items === undefined) return null;
  const texts: string[] = [];
  for (const item of items) texts.push(yield* jsonTextSteps(item, context));
  return `[${texts.join(', ')}]`;
};

const buildObjectBSteps: RawSteps = function* (args, context, call) {
  const items = itemsOf(args, call);
  if (items === undefined) return null;
  const members: [string, JsonNode][] = [];
  for (const [key, item] of memberPairs(items, 'jsonb_build_object', jsonbNullKey, context)) {
    members.push([key, yield* jsonNodeSteps(item, context)]);
  }
  return new Jsonb(jsonObject(members));
};

const buildArrayBSteps: RawSteps = function* (args, context, call) {
  const items = itemsOf(args, call);
  if (items === undefined) return null;
  const nodes: JsonNode[] = [];
  for (const item of items) nodes.push(yield* jsonNodeSteps(item, context));
  return new Jsonb(nodes);
};

const STABLE = { volatility: 'stable' } as const;

/** One value as json, with or without line feeds as the second argument says. */
function toJson(signature: string): ScalarFunction {
  return scalar(
    signature,
    (value: Value, context: EvalContext, call: CallInfo) =>
      jsonText(argOid(call, 0), value, context),
    {
      ...STABLE,
      inSteps: (value: Value, context: EvalContext, call: CallInfo) =>
        jsonTextSteps({ oid: argOid(call, 0), value }, context),
    },
  );
}

function toPrettyJson(signature: string): ScalarFunction {
  return scalar(
    signature,
    (value: Value, pretty: boolean, context: EvalContext, call: CallInfo) =>
      jsonText(argOid(call, 0), value, context, pretty),
    {
      ...STABLE,
      inSteps: (value: Value, pretty: boolean, context: EvalContext, call: CallInfo) =>
        jsonTextSteps({ oid: argOid(call, 0), value }, context, pretty),
    },
  );
}

export const jsonBuildFunctions: readonly ScalarFunction[] = [
  toJson('to_json(anyelement) json'),
  scalar(
    'to_jsonb(anyelement) jsonb',
    (value: Value, context: EvalContext, call: CallInfo) =>
      value instanceof Jsonb ? value : new Jsonb(jsonNode(argOid(call, 0), value, context)),
    {
      ...STABLE,
      *inSteps(value: Value, context: EvalContext, call: CallInfo) {
        if (value instanceof Jsonb) return value;
        return new Jsonb(yield* jsonNodeSteps({ oid: argOid(call, 0), value }, context));
      },
    },
  ),
  toJson('array_to_json(anyarray) json'),
  toPrettyJson('array_to_json(anyarray, bool) json'),
  toJson('row_to_json(record) json'),
  toPrettyJson('row_to_json(record, bool) json'),
  variadicAny('json_build_object(variadic any) json', buildObject, buildObjectSteps),
  scalar('json_build_object() json', () => '{}', STABLE),
  variadicAny('json_build_array(variadic any) json', buildArray, buildArraySteps),
  scalar('json_build_array() json', () => '[]', STABLE),
  variadicAny('jsonb_build_object(variadic any) jsonb', buildObjectB, buildObjectBSteps),
  scalar('jsonb_build_object() jsonb', () => new Jsonb(new Map()), STABLE),
  variadicAny('jsonb_build_array(variadic any) jsonb', buildArrayB, buildArrayBSteps),
  scalar('jsonb_build_array() jsonb', () => new Jsonb([]), STABLE),
  scalar('json_object(text[]) json', (array: PgArray) => objectText(textPairs(array))),
  scalar('json_object(text[], text[]) json', (keys: PgArray, values: PgArray) =>
    objectText(zipPairs(keys, values)),
  ),
  scalar('jsonb_object(text[]) jsonb', (array: PgArray) => new Jsonb(jsonObject(textPairs(array)))),
  scalar(
    'jsonb_object(text[], text[]) jsonb',
    (keys: PgArray, values: PgArray) => new Jsonb(jsonObject(zipPairs(keys, values))),
  ),
];
