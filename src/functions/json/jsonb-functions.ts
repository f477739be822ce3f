/** Operators and functions over jsonb documents. */
import { dbError } from '../../errors/db-error.ts';
import { prettyJson, prettyJsonSteps } from '../../types/json-text.ts';
import { isJsonArray, isJsonObject, type JsonNode, jsonObject } from '../../types/json-node.ts';
import { Jsonb } from '../../types/jsonb.ts';
import type { PgArray } from '../../types/pg-array.ts';
import { OID } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { type Implementation, operator, scalar, scalarVariadic, table } from '../define.ts';
import type { ScalarFunction, SqlOperator, TableFunction } from '../function.ts';
import {
  countOf,
  hasKey,
  itemOf,
  itemsOf,
  kindOf,
  memberOf,
  memberText,
  membersOf,
  pathOf,
  textOf,
} from './jsonb-parts.ts';
import { keyValueColumns } from './json-functions.ts';
import {
  concatInSteps,
  containsInSteps,
  hasKeyInSteps,
  itemInSteps,
  lengthInSteps,
  memberInSteps,
  pathInSteps,
  stripNullsSteps,
  textInSteps,
  treesFirst,
} from './jsonb-steps.ts';
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

function concat({ root: a }: Jsonb, { root: b }: Jsonb): Jsonb {
  if (isJsonObject(a) && isJsonObject(b)) return new Jsonb(jsonObject([...a, ...b]));
  return new Jsonb([...(isJsonArray(a) ? a : [a]), ...(isJsonArray(b) ? b : [b])]);
}

function keysOf(array: PgArray): string[] {
  return array.values.filter((key) => key !== null) as string[];
}

/** An operator that is quick once its documents are trees. */
function overTrees(shape: string, implementation: Implementation): SqlOperator {
  return operator(shape, implementation, { inSteps: treesFirst(implementation) });
}

export const jsonbOperators: readonly SqlOperator[] = [
  operator('jsonb -> text = jsonb', memberOf, { inSteps: memberInSteps }),
  operator('jsonb ->> text = text', memberText, {
    inSteps: (doc: Jsonb, key: string) => textInSteps(memberInSteps(doc, key)),
  }),
  operator('jsonb -> int4 = jsonb', itemOf, { inSteps: itemInSteps }),
  operator('jsonb ->> int4 = text', (doc: Jsonb, index: number) => textOf(itemOf(doc, index)), {
    inSteps: (doc: Jsonb, index: number) => textInSteps(itemInSteps(doc, index)),
  }),
  operator('jsonb #> text[] = jsonb', (doc: Jsonb, path: PgArray) => pathOf(doc, path.values), {
    inSteps: (doc: Jsonb, path: PgArray) => pathInSteps(doc, path.values),
  }),
  operator(
    'jsonb #>> text[] = text',
    (doc: Jsonb, path: PgArray) => textOf(pathOf(doc, path.values)),
    { inSteps: (doc: Jsonb, path: PgArray) => textInSteps(pathInSteps(doc, path.values)) },
  ),
  operator('jsonb @> jsonb = bool', (a: Jsonb, b: Jsonb) => contains(a.root, b.root), {
    inSteps: containsInSteps,
  }),
  operator('jsonb <@ jsonb = bool', (a: Jsonb, b: Jsonb) => contains(b.root, a.root), {
    inSteps: (a: Jsonb, b: Jsonb) => containsInSteps(b, a),
  }),
  operator('jsonb ? text = bool', hasKey, { inSteps: hasKeyInSteps }),
  overTrees('jsonb ?| text[] = bool', hasSome),
  overTrees('jsonb ?& text[] = bool', hasAll),
  operator('jsonb || jsonb = jsonb', concat, {
    inSteps: (a: Jsonb, b: Jsonb) => concatInSteps(a, b, concat),
  }),
  overTrees(
    'jsonb - text = jsonb',
    (doc: Jsonb, key: string) => new Jsonb(deleteKeys(doc.root, [key])),
  ),
  overTrees(
    'jsonb - text[] = jsonb',
    (doc: Jsonb, keys: PgArray) => new Jsonb(deleteKeys(doc.root, keysOf(keys))),
  ),
  overTrees(
    'jsonb - int4 = jsonb',
    (doc: Jsonb, index: number) => new Jsonb(deleteItem(doc.root, index)),
  ),
  overTrees(
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

/** A function that is quick once its documents are trees. */
function changing(signature: string, implementation: Implementation): ScalarFunction {
  return scalar(signature, implementation, { inSteps: treesFirst(implementation) });
}

const LAX = { strict: false } as const;

export const jsonbFunctions: readonly ScalarFunction[] = [
  scalar('jsonb_array_length(jsonb) int4', arrayLength, {
    inSteps: (doc: Jsonb) => lengthInSteps(doc, arrayLength),
  }),
  scalar('jsonb_typeof(jsonb) text', kindOf),
  scalar('jsonb_pretty(jsonb) text', (doc: Jsonb) => prettyJson(doc.root), {
    *inSteps(doc: Jsonb) {
      yield* doc.readSteps();
      return yield* prettyJsonSteps(doc.root);
    },
  }),
  scalar('jsonb_strip_nulls(jsonb) jsonb', (doc: Jsonb) => new Jsonb(stripNulls(doc.root)), {
    *inSteps(doc: Jsonb) {
      yield* doc.readSteps();
      return new Jsonb(yield* stripNullsSteps(doc.root, stripNulls));
    },
  }),
  changing(
    'jsonb_set(jsonb, text[], jsonb) jsonb',
    (doc: Jsonb, path: PgArray, value: Jsonb) =>
      new Jsonb(setPath(doc.root, path.values, value.root, true)),
  ),
  changing(
    'jsonb_set(jsonb, text[], jsonb, bool) jsonb',
    (doc: Jsonb, path: PgArray, value: Jsonb, create: boolean) =>
      new Jsonb(setPath(doc.root, path.values, value.root, create)),
  ),
  ...[3, 4, 5].map((count) => {
    const types = ['jsonb', 'text[]', 'jsonb', 'bool', 'text'].slice(0, count).join(', ');
    const base = scalar(`jsonb_set_lax(${types}) jsonb`, () => null, LAX);
    const evaluate = (args: readonly Value[]) => setPathLax(args.slice(0, count));
    const inSteps = treesFirst((...args: Value[]) => evaluate(args));
    return {
      ...base,
      evaluate,
      inSteps: (args: readonly Value[]) => inSteps(...(args as never[])),
    };
  }),
  changing(
    'jsonb_insert(jsonb, text[], jsonb) jsonb',
    (doc: Jsonb, path: PgArray, value: Jsonb) =>
      new Jsonb(insertPath(doc.root, path.values, value.root, false)),
  ),
  changing(
    'jsonb_insert(jsonb, text[], jsonb, bool) jsonb',
    (doc: Jsonb, path: PgArray, value: Jsonb, after: boolean) =>
      new Jsonb(insertPath(doc.root, path.values, value.root, after)),
  ),
  scalarVariadic(
    'jsonb_extract_path(jsonb, variadic text[]) jsonb',
    ([doc], path) => pathOf(doc as Jsonb, path),
    { inSteps: ([doc]: [Jsonb], path: readonly Value[]) => pathInSteps(doc, path) },
  ),
  scalarVariadic(
    'jsonb_extract_path_text(jsonb, variadic text[]) text',
    ([doc], path) => textOf(pathOf(doc as Jsonb, path)),
    {
      inSteps: ([doc]: [Jsonb], path: readonly Value[]) => textInSteps(pathInSteps(doc, path)),
    },
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
