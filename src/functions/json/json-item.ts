/** One view of the values of json, which keep their spelling, and of jsonb, which are trees. */
import { quoteJson } from '../../types/json-quote.ts';
import { formatJson, parseJsonSpans, type JsonSpan } from '../../types/json-text.ts';
import { isJsonArray, isJsonNumber, isJsonObject, type JsonNode } from '../../types/json-node.ts';
import { Jsonb } from '../../types/jsonb.ts';

export type JsonKind = JsonSpan['kind'];

export interface JsonItem {
  readonly kind: JsonKind;
  /** A string's value, else JSON text. */
  text(): string;
  /** JSON text, which a string has with its quotes. */
  json(): string;
  /** Elements of an array; of other values none. */
  items(): readonly JsonItem[];
  /** Members of an object, of equal keys the last; of other values none. */
  members(): ReadonlyMap<string, JsonItem>;
}

/** The whole of a json or jsonb value. */
export function jsonItem(value: string | Jsonb): JsonItem {
  return value instanceof Jsonb ? nodeItem(value.root) : spanItem(value, parseJsonSpans(value));
}

function spanItem(source: string, span: JsonSpan): JsonItem {
  const raw = () => source.slice(span.start, span.end);
  const isString = span.kind === 'string';
  return {
    kind: span.kind,
    text: () => (isString ? (span.text as string) : raw()),
    json: () => (isString ? quoteJson(span.text as string) : raw()),
    items: () => (span.items ?? []).map((item) => spanItem(source, item)),
    members: () =>
      new Map((span.members ?? []).map(([key, item]) => [key, spanItem(source, item)])),
  };
}

function nodeItem(node: JsonNode): JsonItem {
  return {
    kind: nodeKind(node),
    text: () => (typeof node === 'string' ? node : formatJson(node)),
    json: () => formatJson(node),
    items: () => (isJsonArray(node) ? node.map(nodeItem) : []),
    members: () =>
      new Map(isJsonObject(node) ? [...node].map(([key, item]) => [key, nodeItem(item)]) : []),
  };
}

function nodeKind(node: JsonNode): JsonKind {
  if (node === null) return 'null';
  if (typeof node === 'string') return 'string';
  if (typeof node === 'boolean') return 'boolean';
  if (isJsonArray(node)) return 'array';
  return isJsonNumber(node) ? 'number' : 'object';
}
