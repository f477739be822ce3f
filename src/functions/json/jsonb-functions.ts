/** Operators and functions over jsonb documents. */
import { dbError } from '../../errors/db-error.ts';
import { formatJson, prettyJson } from '../../types/json-text.ts';
import {
  isJsonArray,
  isJsonNumber,
  isJsonObject,
  Jsonb,
  type JsonNode,
  jsonObject,
} from '../../types/jsonb.ts';
import type { PgArray } from '../../types/pg-array.ts';
import { OID } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { operator, scalar, scalarVariadic, table } from '../define.ts';
import type { ScalarFunction, SqlOperator, TableFunction } from '../function.ts';
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

function isScalar(node: JsonNode): boolean {
  return !isJsonArray(node) && !isJsonObject(node);
}

function result(node: JsonNode | undefined): Jsonb | null {
  return node === undefined ? null : new Jsonb(node);
}

function resultText(node: JsonNode | undefined): string | null {
  if (node === undefined || node === null) return null;
  return typeof node === 'string' ? node : formatJson(node);
}

function member(root: JsonNode, key: string): JsonNode | undefined {
  return isJsonObject(root) ? root.get(key) : undefined;
}

/** The element of an array; a scalar document counts as an array of itself here. */
function item(root: JsonNode, index: number): JsonNode | undefined {
  if (isJsonObject(root)) return undefined;
  return (isJsonArray(root) ? root : [root]).at(index);
}

const INTEGER = /^[\t-\r ]*[+-]?\d+$/;

function follow(root: JsonNode, path: readonly Value[]): JsonNode | undefined {
  let node: JsonNode | undefined = root;
  for (const step of path) {
    if (step === null || node === undefined) return undefined;
    if (isJsonObject(node)) node = node.get(step as string);
    else if (isJsonArray(node) && INTEGER.test(step as string)) node = node.at(Number(step));
    else return undefined;
  }
  return node;
}

function hasKey(root: JsonNode, key: string): boolean {
  if (isJsonObject(root)) return root.has(key);
  return isJsonArray(root) ? root.includes(key) : root === key;
}

/** The same for many keys. */
function keyTest(root: JsonNode): (key: string) => boolean {
  if (!isJsonArray(root)) return (key) => hasKey(root, key);
  const items = new Set(root);
  return (key) => items.has(key);
}

function concat(a: JsonNode, b: JsonNode): JsonNode {
  if (isJsonObject(a) && isJsonObject(b)) return jsonObject([...a, ...b]);
  return [...(isJsonArray(a) ? a : [a]), ...(isJsonArray(b) ? b : [b])];
}

function keysOf(array: PgArray): string[] {
  return array.values.filter((key) => key !== null) as string[];
}

export const jsonbOperators: readonly SqlOperator[] = [
  operator('jsonb -> text = jsonb', (doc: Jsonb, key: string) => result(member(doc.root, key))),
  operator('jsonb ->> text = text', (doc: Jsonb, key: string) => resultText(member(doc.root, key))),
  operator('jsonb -> int4 = jsonb', (doc: Jsonb, index: number) => result(item(doc.root, index))),
  operator('jsonb ->> int4 = text', (doc: Jsonb, index: number) =>
    resultText(item(doc.root, index)),
  ),
  operator('jsonb #> text[] = jsonb', (doc: Jsonb, path: PgArray) =>
    result(follow(doc.root, path.values)),
  ),
  operator('jsonb #>> text[] = text', (doc: Jsonb, path: PgArray) =>
    resultText(follow(doc.root, path.values)),
  ),
  operator('jsonb @> jsonb = bool', (a: Jsonb, b: Jsonb) => contains(a.root, b.root)),
  operator('jsonb <@ jsonb = bool', (a: Jsonb, b: Jsonb) => contains(b.root, a.root)),
  operator('jsonb ? text = bool', (doc: Jsonb, key: string) => hasKey(doc.root, key)),
  operator('jsonb ?| text[] = bool', (doc: Jsonb, keys: PgArray) =>
    keysOf(keys).some(keyTest(doc.root)),
  ),
  operator('jsonb ?& text[] = bool', (doc: Jsonb, keys: PgArray) =>
    keysOf(keys).every(keyTest(doc.root)),
  ),
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

function typeName(node: JsonNode): string {
  if (node === null) return 'null';
  if (isJsonArray(node)) return 'array';
  if (isJsonObject(node)) return 'object';
  return isJsonNumber(node) ? 'number' : typeof node;
}

function arrayLength(doc: Jsonb): number {
  if (isJsonArray(doc.root)) return doc.root.length;
  throw invalid(`cannot get array length of a ${isScalar(doc.root) ? 'scalar' : 'non-array'}`);
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
  scalar('jsonb_typeof(jsonb) text', (doc: Jsonb) => typeName(doc.root)),
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
    result(follow((doc as Jsonb).root, path)),
  ),
  scalarVariadic('jsonb_extract_path_text(jsonb, variadic text[]) text', ([doc], path) =>
    resultText(follow((doc as Jsonb).root, path)),
  ),
];

function elements(doc: Jsonb): readonly JsonNode[] {
  if (isJsonArray(doc.root)) return doc.root;
  throw invalid(`cannot extract elements from ${isScalar(doc.root) ? 'a scalar' : 'an object'}`);
}

function members(doc: Jsonb, name: string): ReadonlyMap<string, JsonNode> {
  if (isJsonObject(doc.root)) return doc.root;
  throw invalid(`cannot call ${name} on a non-object`);
}

function objectKeys(doc: Jsonb): Value[][] {
  if (isJsonObject(doc.root)) return [...doc.root.keys()].map((key) => [key]);
  throw invalid(
    `cannot call jsonb_object_keys on ${isJsonArray(doc.root) ? 'an array' : 'a scalar'}`,
  );
}

export const jsonbTableFunctions: readonly TableFunction[] = [
  table(
    'jsonb_array_elements(jsonb) jsonb',
    ([doc]) => elements(doc as Jsonb).map((node) => [new Jsonb(node)]),
    { columnName: 'value' },
  ),
  table(
    'jsonb_array_elements_text(jsonb) text',
    ([doc]) => elements(doc as Jsonb).map((node) => [resultText(node)]),
    { columnName: 'value' },
  ),
  table(
    'jsonb_each(jsonb) record',
    ([doc]) =>
      [...members(doc as Jsonb, 'jsonb_each')].map(([key, node]) => [key, new Jsonb(node)]),
    { columns: () => keyValueColumns(OID.jsonb) },
  ),
  table(
    'jsonb_each_text(jsonb) record',
    ([doc]) =>
      [...members(doc as Jsonb, 'jsonb_each_text')].map(([key, node]) => [key, resultText(node)]),
    { columns: () => keyValueColumns(OID.text) },
  ),
  table('jsonb_object_keys(jsonb) text', ([doc]) => objectKeys(doc as Jsonb)),
];
