/** Operators and functions that read json, keeping the spelling of the parts they return. */
import { dbError } from '../../errors/db-error.ts';
import { countItems, countSteps, kindAt, JsonWalk } from '../../types/json-walk.ts';
import { finishNow, type Stepped } from '../../base/steps.ts';
import { scalarText } from './jsonb-parts.ts';
import { stripSteps } from './strip-nulls.ts';
import {
  itemTexts,
  memberTexts,
  type Step,
  toPath,
  toPathSteps,
  toTextPath,
  toTextPathSteps,
  valueAt,
  valueAtSteps,
  walkJson,
} from './json-parts.ts';
import type { PgArray } from '../../types/pg-array.ts';
import { OID, sqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { operator, scalar, scalarVariadic, table } from '../define.ts';
import type { FunctionColumn, ScalarFunction, SqlOperator, TableFunction } from '../function.ts';

type Find = (walk: JsonWalk) => boolean;
type FindSteps = (walk: JsonWalk) => Stepped<boolean>;

function pick(source: string, find: Find, asText: boolean): string | null {
  const walk = walkJson(source);
  if (!find(walk)) return null;
  return asText ? scalarText(valueAt(walk)) : valueAt(walk);
}

function* pickSteps(source: string, find: FindSteps, asText: boolean): Stepped<string | null> {
  const walk = walkJson(source);
  if (!(yield* find(walk))) return null;
  const value = yield* valueAtSteps(walk);
  return asText ? scalarText(value) : value;
}

/** `json -> key`, or with another operator or number: a step into a value. */
function stepOperator(shape: string, asText: boolean): SqlOperator {
  const stepOf = (by: string | number): readonly [Step] =>
    typeof by === 'number' ? [{ index: by }] : [{ key: by }];
  return operator(
    shape,
    (source: string, by: string | number) =>
      pick(source, (walk) => toPath(walk, stepOf(by)), asText),
    {
      inSteps: (source: string, by: string | number) =>
        pickSteps(source, (walk) => toPathSteps(walk, stepOf(by)), asText),
    },
  );
}

function byPath(source: string, path: readonly Value[], asText: boolean): string | null {
  if (path.includes(null)) return null;
  return pick(source, (walk) => toTextPath(walk, path as readonly string[]), asText);
}

function* byPathSteps(
  source: string,
  path: readonly Value[],
  asText: boolean,
): Stepped<string | null> {
  if (path.includes(null)) return null;
  const texts = path as readonly string[];
  return yield* pickSteps(source, (walk) => toTextPathSteps(walk, texts), asText);
}

function pathOperator(shape: string, asText: boolean): SqlOperator {
  return operator(shape, (source: string, path: PgArray) => byPath(source, path.values, asText), {
    inSteps: (source: string, path: PgArray) => byPathSteps(source, path.values, asText),
  });
}

function pathFunction(signature: string, asText: boolean): ScalarFunction {
  return scalarVariadic(signature, ([source], path) => byPath(source as string, path, asText), {
    inSteps: ([source]: [string], path: readonly Value[]) => byPathSteps(source, path, asText),
  });
}

export const jsonOperators: readonly SqlOperator[] = [
  stepOperator('json -> text = json', false),
  stepOperator('json ->> text = text', true),
  stepOperator('json -> int4 = json', false),
  stepOperator('json ->> int4 = text', true),
  pathOperator('json #> text[] = json', false),
  pathOperator('json #>> text[] = text', true),
];

function invalid(message: string): Error {
  return dbError('invalid_parameter_value', message);
}

function arrayAt(source: string): JsonWalk {
  const walk = new JsonWalk(source);
  if (walk.isArray) return walk;
  throw invalid(`cannot get array length of a ${walk.isObject ? 'non-array' : 'scalar'}`);
}

export const jsonFunctions: readonly ScalarFunction[] = [
  scalar('json_array_length(json) int4', (source: string) => countItems(arrayAt(source)), {
    inSteps: (source: string) => countSteps(arrayAt(source)),
  }),
  scalar('json_typeof(json) text', (source: string) => kindAt(new JsonWalk(source))),
  scalar('json_strip_nulls(json) json', (source: string) => finishNow(stripSteps(source)), {
    inSteps: stripSteps,
  }),
  pathFunction('json_extract_path(json, variadic text[]) json', false),
  pathFunction('json_extract_path_text(json, variadic text[]) text', true),
];

function* elements(source: string, asText: boolean): Generator<readonly Value[], void, void> {
  const walk = asText ? walkJson(source) : new JsonWalk(source);
  const name = asText ? 'json_array_elements_text' : 'json_array_elements';
  if (!walk.isArray) {
    throw invalid(`cannot call ${name} on a ${walk.isObject ? 'non-array' : 'scalar'}`);
  }
  for (const item of itemTexts(walk)) yield [asText ? scalarText(item) : item];
}

function* members(source: string, asText: boolean): Generator<readonly Value[], void, void> {
  const walk = walkJson(source);
  if (walk.isArray) throw invalid('cannot deconstruct an array as an object');
  if (!walk.isObject) throw invalid('cannot deconstruct a scalar');
  for (const [key, item] of memberTexts(walk)) yield [key, asText ? scalarText(item) : item];
}

function* objectKeys(source: string): Generator<readonly Value[], void, void> {
  const walk = walkJson(source);
  if (!walk.isObject) {
    throw invalid(`cannot call json_object_keys on ${walk.isArray ? 'an array' : 'a scalar'}`);
  }
  for (const [key] of memberTexts(walk)) yield [key];
}

/** Columns (key, value) of json_each and its kin. */
export function keyValueColumns(valueType: number): readonly FunctionColumn[] {
  return [
    { name: 'key', type: sqlType(OID.text) },
    { name: 'value', type: sqlType(valueType) },
  ];
}

export const jsonTableFunctions: readonly TableFunction[] = [
  table('json_array_elements(json) json', ([source]) => elements(source as string, false), {
    columnName: 'value',
  }),
  table('json_array_elements_text(json) text', ([source]) => elements(source as string, true), {
    columnName: 'value',
  }),
  table('json_each(json) record', ([source]) => members(source as string, false), {
    columns: () => keyValueColumns(OID.json),
  }),
  table('json_each_text(json) record', ([source]) => members(source as string, true), {
    columns: () => keyValueColumns(OID.text),
  }),
  table('json_object_keys(json) text', ([source]) => objectKeys(source as string)),
];
