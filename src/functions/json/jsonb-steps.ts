/** The functions of jsonb for large documents: in steps, where those of the usual size have one quick way. */
import type { Stepped } from '../../base/steps.ts';
import {
  compareNodes,
  isJsonArray,
  isJsonObject,
  isJsonScalar,
  type JsonNode,
} from '../../types/json-node.ts';
import { jsonObjectSteps } from '../../types/json-members.ts';
import { quoteJson } from '../../types/json-quote.ts';
import { formatJsonbSteps } from '../../types/json-text.ts';
import {
  countSteps,
  itemSteps,
  type JsonWalk,
  memberSteps,
  WALK_STEP,
} from '../../types/json-walk.ts';
import { Jsonb } from '../../types/jsonb.ts';
import { isLargeNode } from '../../types/large-value.ts';
import { compareText } from '../../types/text.ts';
import type { Value } from '../../types/value.ts';
import { containsSteps } from './jsonb-contains.ts';
import * as parts from './jsonb-parts.ts';

/** Items handled between two yields. */
const STEP_ITEMS = 1024;

export function* memberInSteps(document: Jsonb, key: string): Stepped<Jsonb | null> {
  const walk = document.walk();
  if (walk !== undefined)
    return walk.isObject && (yield* memberSteps(walk, key)) ? yield* partAt(walk) : null;
  yield* document.readSteps();
  return parts.memberOf(document, key);
}

export function* itemInSteps(document: Jsonb, index: number): Stepped<Jsonb | null> {
  const walk = document.walk();
  if (walk?.isArray === true) return (yield* indexSteps(walk, index)) ? yield* partAt(walk) : null;
  yield* document.readSteps();
  return parts.itemOf(document, index);
}

export function* pathInSteps(document: Jsonb, path: readonly Value[]): Stepped<Jsonb | null> {
  if (path.includes(null)) return null;
  const walk = document.walk();
  if (walk === undefined) {
    yield* document.readSteps();
    return parts.pathOf(document, path);
  }
  for (const step of path as readonly string[]) {
    if (walk.isObject) {
      if (!(yield* memberSteps(walk, step))) return null;
    } else if (!walk.isArray || !parts.isIndex(step)) return null;
    else if (!(yield* indexSteps(walk, Number(step)))) return null;
  }
  return yield* partAt(walk);
}

function* indexSteps(walk: JsonWalk, index: number): Stepped<boolean> {
  const place = index < 0 ? (yield* countSteps(walk.fork())) + index : index;
  return place >= 0 && (yield* itemSteps(walk, place));
}

function* partAt(walk: JsonWalk): Stepped<Jsonb> {
  const start = walk.at;
  while (!walk.skip(walk.at + WALK_STEP)) yield;
  return parts.partOf(walk.text, start, walk.at);
}

/** The text of what was found. */
export function* textInSteps(found: Stepped<Jsonb | null>): Stepped<string | null> {
  const part = yield* found;
  if (part === null || part.text !== undefined) return parts.textOf(part);
  return isJsonScalar(part.root) ? parts.textOf(part) : yield* formatJsonbSteps(part);
}

export function* hasKeyInSteps(document: Jsonb, key: string): Stepped<boolean> {
  const walk = document.walk();
  if (walk === undefined) {
    yield* document.readSteps();
    return parts.hasKey(document, key);
  }
  if (walk.isObject) return yield* memberSteps(walk, key);
  if (!walk.isArray) return parts.hasKey(document, key);
  const quoted = quoteJson(key);
  let { at } = walk;
  for (let more = walk.enter(); more; more = walk.next()) {
    if (walk.text.startsWith(quoted, walk.at)) return true;
    while (!walk.skip(walk.at + WALK_STEP)) yield;
    if (walk.at - at < WALK_STEP) continue;
    at = walk.at;
    yield;
  }
  return false;
}

export function* lengthInSteps(
  document: Jsonb,
  quick: (document: Jsonb) => number,
): Stepped<number> {
  const walk = document.walk();
  if (walk?.isArray === true) return yield* countSteps(walk);
  yield* document.readSteps();
  return quick(document);
}

/** What is quick once the documents are trees. */
export function treesFirst(
  quick: (...args: never[]) => Value,
): (...args: never[]) => Stepped<Value> {
  const call = quick as (...args: unknown[]) => Value;
  return function* (...args: unknown[]): Stepped<Value> {
    for (const arg of args) if (arg instanceof Jsonb) yield* arg.readSteps();
    return call(...args);
  };
}

export function* containsInSteps(a: Jsonb, b: Jsonb): Stepped<boolean> {
  yield* a.readSteps();
  yield* b.readSteps();
  return yield* containsSteps(a.root, b.root);
}

export function* concatInSteps(
  a: Jsonb,
  b: Jsonb,
  quick: (a: Jsonb, b: Jsonb) => Jsonb,
): Stepped<Jsonb> {
  yield* a.readSteps();
  yield* b.readSteps();
  const [left, right] = [a.root, b.root];
  if (!isJsonObject(left) || !isJsonObject(right)) return quick(a, b);
  return new Jsonb(yield* jsonObjectSteps(bothOf(left, right), left.size + right.size));
}

function* bothOf<T>(a: Iterable<T>, b: Iterable<T>): Generator<T, void, void> {
  yield* a;
  yield* b;
}

/** A node without the members that are null, at every level. */
export function* stripNullsSteps(
  node: JsonNode,
  quick: (node: JsonNode) => JsonNode,
): Stepped<JsonNode> {
  if (!isLargeNode(node)) return quick(node);
  if (isJsonArray(node)) {
    const items: JsonNode[] = [];
    for (const item of node) {
      items.push(yield* stripNullsSteps(item, quick));
      if (items.length % STEP_ITEMS === 0) yield;
    }
    return items;
  }
  if (!isJsonObject(node)) return node;
  const members: [string, JsonNode][] = [];
  for (const [key, item] of node) {
    if (item !== null) members.push([key, yield* stripNullsSteps(item, quick)]);
    if (members.length % STEP_ITEMS === 0) yield;
  }
  return yield* jsonObjectSteps(members, members.length);
}

/** What `compareJsonb` gives. */
export function* compareInSteps(a: Jsonb, b: Jsonb): Stepped<number> {
  if (a === b || (a.text !== undefined && a.text === b.text)) return 0;
  yield* a.readSteps();
  yield* b.readSteps();
  const [x, y] = [a.root, b.root];
  // As in `compareJsonb`: a scalar is an array of one element there.
  if (isJsonArray(x) && isJsonScalar(y)) return x.length === 0 ? -1 : 1;
  if (isJsonArray(y) && isJsonScalar(x)) return y.length === 0 ? 1 : -1;
  return yield* compareNodesSteps(x, y);
}

function* compareNodesSteps(a: JsonNode, b: JsonNode): Stepped<number> {
  if (!isLargeNode(a) || !isLargeNode(b)) return compareNodes(a, b);
  if (isJsonArray(a) && isJsonArray(b)) {
    if (a.length !== b.length) return a.length - b.length;
    for (let i = 0; i < a.length; i++) {
      const order = yield* compareNodesSteps(a[i] as JsonNode, b[i] as JsonNode);
      if (order !== 0) return order;
      if (i % STEP_ITEMS === STEP_ITEMS - 1) yield;
    }
    return 0;
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return compareNodes(a, b);
  if (a.size !== b.size) return a.size - b.size;
  const others = b.entries();
  let compared = 0;
  for (const [key, item] of a) {
    const [otherKey, other] = others.next().value as [string, JsonNode];
    const order = compareText(key, otherKey) || (yield* compareNodesSteps(item, other));
    if (order !== 0) return order;
    if (++compared % STEP_ITEMS === 0) yield;
  }
  return 0;
}
