/** Operators and functions over jsonb documents. */
import { dbError } from '../../errors/db-error.ts';
import { prettyJson } from '../../types/json-text.ts';
import { isJsonArray, isJsonObject, type JsonNode, jsonObject } from '../../types/json-node.ts';
import { Jsonb } from '../../types/jsonb.ts';
import type { PgArray } from '../../types/pg-array.ts';
import { OID } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { operator, scalar, scalarVariadic, table } from '../define.ts';
import type { ScalarFunction, SqlOperator, TableFunction } from '../function.ts';
import {
  countOf,
  hasKey,
  itemOf,
  itemsOf,
  kindOf,
  memberOf,
  membersOf,
  pathOf,
  textOf,
} from './jsonb-parts.ts';
import { keyValueColumns } from './json-functions.ts';
import { contains } from './jsonb-contains.ts';
import {
  deleteItem,
  deleteKeys,
  deletePath,
  insertPath,
  setPath,
  setPathLax,
} from './jsonb-edit.ts';

function invalid(message: string): Error {
  return dbError('invalid_parameter_value', message);
}

/** Keys that are looked for one by one. */
const FEW_KEYS = 4;

/** `hasKey` for many keys. */
function keyTest(document: Jsonb, count: number): (key: string) => boolean {
  if (count <= FEW_KEYS || !isJsonArray(document.root)) return (key) => hasKey(document, key);
  const items = new Set(document.root);
  return (key) => items.has(key);
}

function hasSome(document: Jsonb, array: PgArray): boolean {
  const keys = keysOf(array);
  return keys.some(keyTest(document, keys.length));
}

function hasAll(document: Jsonb, array: PgArray): boolean {
  const keys = keysOf(array);
  return keys.every(keyTest(document, keys.length));
}

function concat(a: JsonNode, b: JsonNode): JsonNode {
  if (isJsonObject(a) && isJsonObject(b)) return jsonObject([...a, ...b]);
  return [...(isJsonArray(a) ? a : [a]), ...(isJsonArray(b) ? b : [b])];
}

function keysOf(array: PgArray): string[] {
  return array.values.filter((key) => key !== null) as string[];
}

export const jsonbOperators: readonly SqlOperator[] = [
  operator('jsonb -> text = jsonb', memberOf),
  operator('jsonb ->> text = text', (doc: Jsonb, key: string) => textOf(memberOf(doc, key))),
  operator('jsonb -> int4 = jsonb', itemOf),
  operator('jsonb ->> int4 = text', (doc: Jsonb, index: number) => textOf(itemOf(doc, index))),
  operator('jsonb #> text[] = jsonb', (doc: Jsonb, path: PgArray) => pathOf(doc, path.values)),
  operator('jsonb #>> text[] = text', (doc: Jsonb, path: PgArray) =>
    textOf(pathOf(doc, path.values)),
  ),
  operator('jsonb @> jsonb = bool', (a: Jsonb, b: Jsonb) => contains(a.root, b.root)),
  operator('jsonb <@ jsonb = bool', (a: Jsonb, b: Jsonb) => contains(b.root, a.root)),
  operator('jsonb ? text = bool', hasKey),
  operator('jsonb ?| text[] = bool', hasSome),
  operator('jsonb ?& text[] = bool', hasAll),
  operator('jsonb || jsonb = jsonb', (a: Jsonb, b: Jsonb) => new Jsonb(concat(a.root, b.root))),
  operator(
    'jsonb - text = jsonb',
    (doc: Jsonb, key: string) => new Jsonb(deleteKeys(doc.root, [key])),
  ),
  operator(
    'jsonb - text[] = jsonb',
    (doc: Jsonb, keys: PgArray) => new Jsonb(deleteKeys(doc.root, keysOf(keys))),
  ),
  operator(
    'jsonb - int4 = jsonb',
    (doc: Jsonb, index: number) => new Jsonb(deleteItem(doc.root, index)),
  ),
  operator(
    'jsonb #- text[] = jsonb',
    (doc: Jsonb, path: PgArray) => new Jsonb(deletePath(doc.root, path.values)),
  ),
];

function arrayLength(doc: Jsonb): number {
  const kind = kindOf(doc);
  if (kind === 'array') return countOf(doc);
  throw invalid(`cannot get array length of a ${kind === 'object' ? 'non-array' : 'scalar'}`);
}

function stripNulls(node: JsonNode): JsonNode {
  if (isJsonArray(node)) return node.map(stripNulls);
  if (!isJsonObject(node)) return node;
  const kept = [...node].filter(([, value]) => value !== null);
  return new Map(kept.map(([key, value]) => [key, stripNulls(value)]));
}

const LAX = { strict: false } as const;

export const jsonbFunctions: readonly ScalarFunction[] = [
  scalar('jsonb_array_length(jsonb) int4', arrayLength),
  scalar('jsonb_typeof(jsonb) text', kindOf),
  scalar('jsonb_pretty(jsonb) text', (doc: Jsonb) => prettyJson(doc.root)),
  scalar('jsonb_strip_nulls(jsonb) jsonb', (doc: Jsonb) => new Jsonb(stripNulls(doc.root))),
  scalar(
    'jsonb_set(jsonb, text[], jsonb) jsonb',
    (doc: Jsonb, path: PgArray, value: Jsonb) =>
      new Jsonb(setPath(doc.root, path.values, value.root, true)),
  ),
  scalar(
    'jsonb_set(jsonb, text[], jsonb, bool) jsonb',
    (doc: Jsonb, path: PgArray, value: Jsonb, create: boolean) =>
      new Jsonb(setPath(doc.root, path.values, value.root, create)),
  ),
  ...[3, 4, 5].map((count) => {
    const types = ['jsonb', 'text[]', 'jsonb', 'bool', 'text'].slice(0, count).join(', ');
    const base = scalar(`jsonb_set_lax(${types}) jsonb`, () => null, LAX);
    return { ...base, evaluate: (args: readonly Value[]) => setPathLax(args.slice(0, count)) };
  }),
  scalar(
    'jsonb_insert(jsonb, text[], jsonb) jsonb',
    (doc: Jsonb, path: PgArray, value: Jsonb) =>
      new Jsonb(insertPath(doc.root, path.values, value.root, false)),
  ),
  scalar(
    'jsonb_insert(jsonb, text[], jsonb, bool) jsonb',
    (doc: Jsonb, path: PgArray, value: Jsonb, after: boolean) =>
      new Jsonb(insertPath(doc.root, path.values, value.root, after)),
  ),
  scalarVariadic('jsonb_extract_path(jsonb, variadic text[]) jsonb', ([doc], path) =>
    pathOf(doc as Jsonb, path),
  ),
  scalarVariadic('jsonb_extract_path_text(jsonb, variadic text[]) text', ([doc], path) =>
    textOf(pathOf(doc as Jsonb, path)),
  ),
];

function elements(doc: Jsonb): Iterable<Jsonb> {
  const kind = kindOf(doc);
  if (kind === 'array') return itemsOf(doc);
  throw invalid(`cannot extract elements from ${kind === 'object' ? 'an object' : 'a scalar'}`);
}

function members(doc: Jsonb, name: string): Iterable<readonly [string, Jsonb]> {
  if (kindOf(doc) === 'object') return membersOf(doc);
  throw invalid(`cannot call ${name} on a non-object`);
}

function objectMembers(doc: Jsonb): Iterable<readonly [string, Jsonb]> {
  const kind = kindOf(doc);
  if (kind === 'object') return membersOf(doc);
  throw invalid(`cannot call jsonb_object_keys on ${kind === 'array' ? 'an array' : 'a scalar'}`);
}

/** Rows made one by one as they are asked for. */
function* rowsOf<T>(
  items: Iterable<T>,
  row: (item: T) => readonly Value[],
): Generator<readonly Value[], void, void> {
  for (const item of items) yield row(item);
}

export const jsonbTableFunctions: readonly TableFunction[] = [
  table(
    'jsonb_array_elements(jsonb) jsonb',
    ([doc]) => rowsOf(elements(doc as Jsonb), (item) => [item]),
    { columnName: 'value' },
  ),
  table(
    'jsonb_array_elements_text(jsonb) text',
    ([doc]) => rowsOf(elements(doc as Jsonb), (item) => [textOf(item)]),
    { columnName: 'value' },
  ),
  table('jsonb_each(jsonb) record', ([doc]) => members(doc as Jsonb, 'jsonb_each'), {
    columns: () => keyValueColumns(OID.jsonb),
  }),
  table(
    'jsonb_each_text(jsonb) record',
    ([doc]) =>
      rowsOf(members(doc as Jsonb, 'jsonb_each_text'), ([key, item]) => [key, textOf(item)]),
    { columns: () => keyValueColumns(OID.text) },
  ),
  table('jsonb_object_keys(jsonb) text', ([doc]) =>
    rowsOf(objectMembers(doc as Jsonb), ([key]) => [key]),
  ),
];
