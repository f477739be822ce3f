/** Changing jsonb documents at a path: jsonb_set, jsonb_insert, #- and the - operators. */
import { SortedMembers } from '../../types/json-members.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import {
  isJsonArray,
  isJsonObject,
  type JsonNode,
  jsonObject,
  isJsonScalar,
} from '../../types/json-node.ts';
import { Jsonb } from '../../types/jsonb.ts';
import type { PgArray } from '../../types/pg-array.ts';
import type { Value } from '../../types/value.ts';

function invalid(message: string): DbError {
  return dbError('invalid_parameter_value', message);
}

type Edit = (found: JsonNode | undefined) => JsonNode | typeof REMOVE | typeof KEEP;
const REMOVE = Symbol('remove');
const KEEP = Symbol('keep');

interface Change {
  readonly kind: 'set' | 'insert' | 'delete';
  readonly edit: Edit;
  readonly after: boolean;
}

function arrayIndex(step: string, level: number): number {
  if (!/^[\t-\r ]*[+-]?\d+$/.test(step) || Math.abs(Number(step)) > 2147483648) {
    throw dbError(
      'invalid_text_representation',
      `path element at position ${level + 1} is not an integer: "${step}"`,
    );
  }
  return Number(step);
}

function stepAt(path: readonly Value[], level: number): string {
  const step = path[level] as string | null;
  if (step === null) {
    throw dbError('null_value_not_allowed', `path element at position ${level + 1} is null`);
  }
  return step;
}

function changeAt(node: JsonNode, path: readonly Value[], level: number, change: Change): JsonNode {
  const isLast = level === path.length - 1;
  if (isJsonObject(node)) return changeMember(node, path, level, isLast, change);
  if (isJsonArray(node)) return changeItem(node, path, level, isLast, change);
  return node;
}

function changeMember(
  node: ReadonlyMap<string, JsonNode>,
  path: readonly Value[],
  level: number,
  isLast: boolean,
  change: Change,
): JsonNode {
  const key = stepAt(path, level);
  const found = node.get(key);
  if (!isLast) {
    if (found === undefined) return node;
    return withMember(node, key, changeAt(found, path, level + 1, change));
  }
  if (change.kind === 'insert' && found !== undefined) {
    throw dbError('invalid_parameter_value', {
      message: 'cannot replace existing key',
      hint: 'Try using the function jsonb_set to replace key value.',
    });
  }
  const edited = change.edit(found);
  if (edited === KEEP) return node;
  if (edited === REMOVE) return deleteKeys(node, [key]);
  return withMember(node, key, edited);
}

function withMember(
  node: ReadonlyMap<string, JsonNode>,
  key: string,
  value: JsonNode,
): ReadonlyMap<string, JsonNode> {
  if (node instanceof SortedMembers) return node.with(key, value);
  return node.has(key) ? new Map([...node, [key, value]]) : jsonObject([...node, [key, value]]);
}

function changeItem(
  node: readonly JsonNode[],
  path: readonly Value[],
  level: number,
  isLast: boolean,
  change: Change,
): JsonNode {
  const index = arrayIndex(stepAt(path, level), level);
  const at = index < 0 ? node.length + index : index;
  const exists = at >= 0 && at < node.length;
  if (!isLast) {
    if (!exists) return node;
    return node.with(at, changeAt(node[at] as JsonNode, path, level + 1, change));
  }
  const edited = change.edit(exists ? (node[at] as JsonNode) : undefined);
  if (edited === KEEP) return node;
  if (edited === REMOVE) return exists ? node.toSpliced(at, 1) : node;
  if (!exists) return at < 0 ? [edited, ...node] : [...node, edited];
  if (change.kind === 'insert') return node.toSpliced(change.after ? at + 1 : at, 0, edited);
  return node.with(at, edited);
}

export function setPath(
  root: JsonNode,
  path: readonly Value[],
  value: JsonNode,
  create: boolean,
): JsonNode {
  if (isJsonScalar(root)) throw invalid('cannot set path in scalar');
  if ((isEmptyContainer(root) && !create) || path.length === 0) return root;
  const edit: Edit = (found) => (found === undefined && !create ? KEEP : value);
  return changeAt(root, path, 0, { kind: 'set', edit, after: false });
}

/** jsonb_set_lax: what a NULL value does is the last argument's choice. */
export function setPathLax(args: readonly Value[]): Jsonb | null {
  const [doc, path, value] = args as [Jsonb | null, PgArray | null, Jsonb | null];
  const create = args.length > 3 ? (args[3] as boolean | null) : true;
  if (doc === null || path === null || create === null) return null;
  const treatment = args.length > 4 ? (args[4] as string | null) : 'use_json_null';
  if (treatment === null) throw nullTreatmentError();
  if (value !== null) return new Jsonb(setPath(doc.root, path.values, value.root, create));
  switch (treatment) {
    case 'raise_exception':
      throw dbError('null_value_not_allowed', {
        message: 'JSON value must not be null',
        detail: 'Exception was raised because null_value_treatment is "raise_exception".',
        hint: 'To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.',
      });
    case 'use_json_null':
      return new Jsonb(setPath(doc.root, path.values, null, create));
    case 'delete_key':
      return new Jsonb(deletePath(doc.root, path.values));
    case 'return_target':
      return doc;
    default:
      throw nullTreatmentError();
  }
}

function nullTreatmentError(): DbError {
  return invalid(
    'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"',
  );
}

export function insertPath(
  root: JsonNode,
  path: readonly Value[],
  value: JsonNode,
  after: boolean,
): JsonNode {
  if (isJsonScalar(root)) throw invalid('cannot set path in scalar');
  if (path.length === 0) return root;
  return changeAt(root, path, 0, { kind: 'insert', edit: () => value, after });
}

function isEmptyContainer(root: JsonNode): boolean {
  return isJsonArray(root) ? root.length === 0 : (root as ReadonlyMap<string, JsonNode>).size === 0;
}

export function deletePath(root: JsonNode, path: readonly Value[]): JsonNode {
  if (isJsonScalar(root)) throw invalid('cannot delete path in scalar');
  if (isEmptyContainer(root) || path.length === 0) return root;
  const edit: Edit = (found) => (found === undefined ? KEEP : REMOVE);
  return changeAt(root, path, 0, { kind: 'delete', edit, after: false });
}

/** Removes members by key, or string elements of an array. */
export function deleteKeys(root: JsonNode, keys: readonly string[]): JsonNode {
  const [first] = keys;
  if (root instanceof SortedMembers && keys.length === 1) return root.without(first as string);
  const deleted = new Set(keys);
  if (isJsonObject(root)) return new Map([...root].filter(([key]) => !deleted.has(key)));
  if (isJsonArray(root)) {
    return root.filter((node) => typeof node !== 'string' || !deleted.has(node));
  }
  throw invalid('cannot delete from scalar');
}

export function deleteItem(root: JsonNode, index: number): JsonNode {
  if (isJsonObject(root)) throw invalid('cannot delete from object using integer index');
  if (!isJsonArray(root)) throw invalid('cannot delete from scalar');
  const at = index < 0 ? root.length + index : index;
  return at >= 0 && at < root.length ? root.toSpliced(at, 1) : root;
}
