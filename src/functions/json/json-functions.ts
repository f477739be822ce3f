/** Operators and functions that read json, keeping the spelling of the parts they return. */
import { dbError } from '../../errors/db-error.ts';
import { quoteJson } from '../../types/json-quote.ts';
import {
  type JsonSpan,
  parseJsonSpans,
  spanItem,
  spanMember,
  spanPath,
  spanText,
} from '../../types/json-text.ts';
import type { PgArray } from '../../types/pg-array.ts';
import { OID, sqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { operator, scalar, scalarVariadic, table } from '../define.ts';
import type { FunctionColumn, ScalarFunction, SqlOperator, TableFunction } from '../function.ts';

const raw = (source: string, span: JsonSpan): string => source.slice(span.start, span.end);

function pick(
  source: string,
  find: (root: JsonSpan) => JsonSpan | undefined,
  asText: boolean,
): string | null {
  const span = find(parseJsonSpans(source));
  if (span === undefined) return null;
  return asText ? spanText(source, span) : raw(source, span);
}

function byPath(source: string, path: readonly Value[], asText: boolean): string | null {
  if (path.includes(null)) return null;
  return pick(source, (root) => spanPath(root, path as readonly string[]), asText);
}

function member(root: JsonSpan, key: string): JsonSpan | undefined {
  return root.kind === 'object' ? spanMember(root, key) : undefined;
}

export const jsonOperators: readonly SqlOperator[] = [
  operator('json -> text = json', (source: string, key: string) =>
    pick(source, (root) => member(root, key), false),
  ),
  operator('json ->> text = text', (source: string, key: string) =>
    pick(source, (root) => member(root, key), true),
  ),
  operator('json -> int4 = json', (source: string, index: number) =>
    pick(source, (root) => spanItem(root, index), false),
  ),
  operator('json ->> int4 = text', (source: string, index: number) =>
    pick(source, (root) => spanItem(root, index), true),
  ),
  operator('json #> text[] = json', (source: string, path: PgArray) =>
    byPath(source, path.values, false),
  ),
  operator('json #>> text[] = text', (source: string, path: PgArray) =>
    byPath(source, path.values, true),
  ),
];

function invalid(message: string): Error {
  return dbError('invalid_parameter_value', message);
}

function arrayLength(source: string): number {
  const root = parseJsonSpans(source);
  if (root.kind === 'array') return (root.items ?? []).length;
  throw invalid(`cannot get array length of a ${root.kind === 'object' ? 'non-array' : 'scalar'}`);
}

/** Removes members whose value is null, at every level; the rest loses its white space. */
function stripNulls(source: string, span: JsonSpan): string {
  if (span.kind === 'array') {
    return `[${(span.items ?? []).map((item) => stripNulls(source, item)).join(',')}]`;
  }
  if (span.kind === 'string') return quoteJson(spanText(source, span) ?? '');
  if (span.kind !== 'object') return raw(source, span);
  const members = (span.members ?? [])
    .filter(([, value]) => value.kind !== 'null')
    .map(([key, value]) => `${quoteJson(key)}:${stripNulls(source, value)}`);
  return `{${members.join(',')}}`;
}

export const jsonFunctions: readonly ScalarFunction[] = [
  scalar('json_array_length(json) int4', arrayLength),
  scalar('json_typeof(json) text', (source: string) => parseJsonSpans(source).kind),
  scalar('json_strip_nulls(json) json', (source: string) =>
    stripNulls(source, parseJsonSpans(source)),
  ),
  scalarVariadic('json_extract_path(json, variadic text[]) json', ([source], path) =>
    byPath(source as string, path, false),
  ),
  scalarVariadic('json_extract_path_text(json, variadic text[]) text', ([source], path) =>
    byPath(source as string, path, true),
  ),
];

function elements(source: string, asText: boolean): Value[][] {
  const root = parseJsonSpans(source);
  const name = asText ? 'json_array_elements_text' : 'json_array_elements';
  if (root.kind !== 'array') {
    throw invalid(`cannot call ${name} on a ${root.kind === 'object' ? 'non-array' : 'scalar'}`);
  }
  return (root.items ?? []).map((item) => [asText ? spanText(source, item) : raw(source, item)]);
}

function members(source: string): readonly (readonly [string, JsonSpan])[] {
  const root = parseJsonSpans(source);
  if (root.kind === 'array') throw invalid('cannot deconstruct an array as an object');
  if (root.kind !== 'object') throw invalid('cannot deconstruct a scalar');
  return root.members ?? [];
}

function objectKeys(source: string): Value[][] {
  const root = parseJsonSpans(source);
  if (root.kind !== 'object') {
    throw invalid(
      `cannot call json_object_keys on ${root.kind === 'array' ? 'an array' : 'a scalar'}`,
    );
  }
  return (root.members ?? []).map(([key]) => [key]);
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
  table(
    'json_each(json) record',
    ([source]) =>
      members(source as string).map(([key, span]) => [key, raw(source as string, span)]),
    { columns: () => keyValueColumns(OID.json) },
  ),
  table(
    'json_each_text(json) record',
    ([source]) =>
      members(source as string).map(([key, span]) => [key, spanText(source as string, span)]),
    { columns: () => keyValueColumns(OID.text) },
  ),
  table('json_object_keys(json) text', ([source]) => objectKeys(source as string)),
];
