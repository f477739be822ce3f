/**
 * Parts of jsonb documents: members, elements, what lies at a path. Of a document that is text the way is walked in
 * the text, and the part is a piece of it; a tree is asked where there is one.
 */
import { formatJson } from '../../types/json-text.ts';
import { isJsonArray, isJsonNumber, isJsonObject, type JsonNode } from '../../types/json-node.ts';
import { quoteJson } from '../../types/json-quote.ts';
import {
  countItems,
  type JsonKind,
  JsonWalk,
  kindAt,
  toItem,
  toMember,
} from '../../types/json-walk.ts';
import { Jsonb } from '../../types/jsonb.ts';
import type { Value } from '../../types/value.ts';

export function memberOf(document: Jsonb, key: string): Jsonb | null {
  const walk = document.walk();
  if (walk === undefined) return nodeResult(memberNode(document.root, key));
  return walk.isObject && toMember(walk, key) ? partAt(walk) : null;
}

/** The text of a member, without a document for it. */
export function memberText(document: Jsonb, key: string): string | null {
  const walk = document.walk();
  if (walk === undefined) return nodeText(memberNode(document.root, key) ?? null);
  if (!walk.isObject || !toMember(walk, key)) return null;
  const start = walk.at;
  walk.skip();
  return scalarText(ownText(walk.text, start, walk.at));
}

/** The element of an array; a scalar document counts as an array of itself here. */
export function itemOf(document: Jsonb, index: number): Jsonb | null {
  const walk = document.walk();
  if (walk === undefined) return nodeResult(itemNode(document.root, index));
  if (walk.isObject) return null;
  if (!walk.isArray) return index === 0 || index === -1 ? document : null;
  return toIndex(walk, index) ? partAt(walk) : null;
}

/** What lies at a path of keys and indexes. */
export function pathOf(document: Jsonb, path: readonly Value[]): Jsonb | null {
  if (path.includes(null)) return null;
  const walk = document.walk();
  if (walk === undefined) return nodeResult(pathNode(document.root, path as readonly string[]));
  for (const step of path as readonly string[]) {
    if (walk.isObject) {
      if (!toMember(walk, step)) return null;
    } else if (!walk.isArray || !isIndex(step) || !toIndex(walk, Number(step))) return null;
  }
  return partAt(walk);
}

/** What ->> gives: a string's value, NULL for null, else JSON text. */
export function textOf(document: Jsonb | null): string | null {
  if (document === null) return null;
  const { text } = document;
  return text === undefined ? nodeText(document.root) : scalarText(text);
}

export function nodeText(node: JsonNode): string | null {
  if (node === null) return null;
  return typeof node === 'string' ? node : formatJson(node);
}

/** The same by JSON text. */
export function scalarText(text: string): string | null {
  if (text === 'null') return null;
  if (text.charCodeAt(0) !== 34) return text;
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
}

/** Whether a string is a key of the object, an element of the array, or the document itself. */
export function hasKey(document: Jsonb, key: string): boolean {
  const walk = document.walk();
  if (walk === undefined) {
    const { root } = document;
    if (isJsonObject(root)) return root.has(key);
    return isJsonArray(root) ? root.includes(key) : root === key;
  }
  if (walk.isObject) return toMember(walk, key);
  const quoted = quoteJson(key);
  if (!walk.isArray) return document.text === quoted;
  for (let more = walk.enter(); more; more = walk.next()) {
    if (walk.text.startsWith(quoted, walk.at)) return true;
    walk.skip();
  }
  return false;
}

export function kindOf(document: Jsonb): JsonKind {
  const { text } = document;
  return text === undefined ? nodeKind(document.root) : kindAt(new JsonWalk(text));
}

export function nodeKind(node: JsonNode): JsonKind {
  if (node === null) return 'null';
  if (typeof node === 'string') return 'string';
  if (typeof node === 'boolean') return 'boolean';
  if (isJsonArray(node)) return 'array';
  return isJsonNumber(node) ? 'number' : 'object';
}

/** Elements of an array. */
export function countOf(document: Jsonb): number {
  const walk = document.walk();
  return walk === undefined ? (document.root as readonly JsonNode[]).length : countItems(walk);
}

/** The elements of an array, one after the other. */
export function* itemsOf(document: Jsonb): Generator<Jsonb, void, void> {
  const { text } = document;
  if (text === undefined) {
    for (const node of document.root as readonly JsonNode[]) yield new Jsonb(node);
    return;
  }
  const walk = new JsonWalk(text);
  for (let more = walk.enter(); more; more = walk.next()) {
    const start = walk.at;
    walk.skip();
    yield Jsonb.ofText(walk.text.slice(start, walk.at));
  }
}

/** The members of an object. */
export function* membersOf(document: Jsonb): Generator<readonly [string, Jsonb], void, void> {
  const { text } = document;
  if (text === undefined) {
    for (const [key, node] of document.root as ReadonlyMap<string, JsonNode>)
      yield [key, new Jsonb(node)];
    return;
  }
  const walk = new JsonWalk(text);
  for (let more = walk.enter(); more; more = walk.next()) {
    const keyStart = walk.at;
    const key = scalarText(walk.text.slice(keyStart, walk.toValue())) as string;
    const start = walk.at;
    walk.skip();
    yield [key, Jsonb.ofText(walk.text.slice(start, walk.at))];
  }
}

const INTEGER = /^[\t-\r ]*[+-]?\d+$/;

/** Whether a step of a path names an element. */
export function isIndex(step: string): boolean {
  return INTEGER.test(step);
}

function nodeResult(node: JsonNode | undefined): Jsonb | null {
  return node === undefined ? null : new Jsonb(node);
}

function memberNode(root: JsonNode, key: string): JsonNode | undefined {
  return isJsonObject(root) ? root.get(key) : undefined;
}

function itemNode(root: JsonNode, index: number): JsonNode | undefined {
  if (isJsonObject(root)) return undefined;
  return (isJsonArray(root) ? root : [root]).at(index);
}

function pathNode(root: JsonNode, path: readonly string[]): JsonNode | undefined {
  let node: JsonNode | undefined = root;
  for (const step of path) {
    if (node === undefined) return undefined;
    if (isJsonObject(node)) node = node.get(step);
    else if (isJsonArray(node) && isIndex(step)) node = node.at(Number(step));
    else return undefined;
  }
  return node;
}

/** Stops at an element, counted from the end where the index is negative. */
function toIndex(walk: JsonWalk, index: number): boolean {
  const place = index < 0 ? countItems(walk.fork()) + index : index;
  return place >= 0 && toItem(walk, place);
}

/** Pieces shorter than that have their own characters. */
const COPIED_MAX = 13;
/** A piece of a text is kept with all of the text; who keeps many small ones of large texts keeps too much. */
const SHARED_MAX = 4096;

function partAt(walk: JsonWalk): Jsonb {
  const start = walk.at;
  walk.skip();
  return partOf(walk.text, start, walk.at);
}

/** A piece of a text as a document. */
export function partOf(text: string, start: number, end: number): Jsonb {
  return Jsonb.ofText(ownText(text, start, end));
}

/** A piece of a text, which does not keep all of a large one. */
function ownText(text: string, start: number, end: number): string {
  const part = text.slice(start, end);
  const isSmall = part.length * 2 < text.length && part.length >= COPIED_MAX;
  return isSmall && text.length > SHARED_MAX ? copyOf(part) : part;
}

function copyOf(text: string): string {
  return DECODER.decode(ENCODER.encode(text));
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
