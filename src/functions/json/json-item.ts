/** One view of the values of json, which keep their spelling, and of jsonb, which may be trees. */
import { isJsonArray, isJsonObject, type JsonNode } from '../../types/json-node.ts';
import { quoteJson } from '../../types/json-quote.ts';
import { formatJson } from '../../types/json-text.ts';
import { type JsonKind, JsonWalk, kindAt } from '../../types/json-walk.ts';
import { Jsonb } from '../../types/jsonb.ts';
import { itemTexts, memberTexts, valueAt, walkJson } from './json-parts.ts';
import { nodeKind, scalarText } from './jsonb-parts.ts';

export interface JsonItem {
  readonly kind: JsonKind;
  /** A string's value, else JSON text. */
  text(): string;
  /** JSON text, which a string has with its quotes. */
  json(): string;
  /** Elements of an array, made one after the other; of other values none. */
  items(): Iterable<JsonItem>;
  /** Members of an object, of equal keys the last; of other values none. */
  members(): ReadonlyMap<string, JsonItem>;
}

/** The whole of a json or jsonb value. */
export function jsonItem(value: string | Jsonb): JsonItem {
  if (!(value instanceof Jsonb)) return textItem(valueAt(walkJson(value)));
  return value.text === undefined ? nodeItem(value.root) : textItem(value.text);
}

/** A value that is written like that. */
function textItem(source: string): JsonItem {
  const kind = kindAt(new JsonWalk(source));
  const decoded = (): string => scalarText(source) as string;
  return {
    kind,
    text: () => (kind === 'string' ? decoded() : source),
    json: () => (kind === 'string' ? quoteJson(decoded()) : source),
    *items() {
      if (kind !== 'array') return;
      for (const item of itemTexts(new JsonWalk(source))) yield textItem(item);
    },
    members() {
      const members = new Map<string, JsonItem>();
      if (kind !== 'object') return members;
      for (const [key, item] of memberTexts(new JsonWalk(source))) members.set(key, textItem(item));
      return members;
    },
  };
}

function nodeItem(node: JsonNode): JsonItem {
  return {
    kind: nodeKind(node),
    text: () => (typeof node === 'string' ? node : formatJson(node)),
    json: () => formatJson(node),
    *items() {
      if (isJsonArray(node)) for (const item of node) yield nodeItem(item);
    },
    members: () =>
      new Map(isJsonObject(node) ? [...node].map(([key, item]) => [key, nodeItem(item)]) : []),
  };
}
