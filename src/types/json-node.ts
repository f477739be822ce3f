/** What jsonb documents consist of. Objects keep PostgreSQL's key order (length, then bytes), no duplicates. */
import { compareNumeric, type Numeric } from './numeric.ts';
import { compareText, utf8Length } from './text.ts';

export type JsonNode =
  | null
  | boolean
  | string
  | Numeric
  | readonly JsonNode[]
  | ReadonlyMap<string, JsonNode>;

export function isJsonArray(node: JsonNode): node is readonly JsonNode[] {
  return Array.isArray(node);
}

export function isJsonObject(node: JsonNode): node is ReadonlyMap<string, JsonNode> {
  return node instanceof Map;
}

export function isJsonNumber(node: JsonNode): node is Numeric {
  return typeof node === 'object' && node !== null && 'unscaled' in node;
}

/** Neither an array nor an object. */
export function isJsonScalar(node: JsonNode): boolean {
  return !isJsonArray(node) && !isJsonObject(node);
}

/** The order in which jsonb stores an object's keys: shorter first, then by bytes. */
export function compareJsonKeys(a: string, b: string): number {
  return utf8Length(a) - utf8Length(b) || compareText(a, b);
}

/** An object from entries in any order; of equal keys the last wins. */
export function jsonObject(
  entries: Iterable<readonly [string, JsonNode]>,
): ReadonlyMap<string, JsonNode> {
  const merged = new Map(entries);
  const keys = [...merged.keys()];
  if (keys.every((key, i) => i === 0 || compareJsonKeys(keys[i - 1] as string, key) < 0))
    return merged;
  return new Map(keys.sort(compareJsonKeys).map((key) => [key, merged.get(key) as JsonNode]));
}

/** jsonb's btree order of nodes inside documents: Object > Array > Boolean > Number > String > Null. */
export function compareNodes(a: JsonNode, b: JsonNode): number {
  const rank = nodeRank(a);
  const difference = rank - nodeRank(b);
  if (difference !== 0) return difference;
  switch (rank) {
    case 1:
      return compareText(a as string, b as string);
    case 2:
      return compareNumeric(a as Numeric, b as Numeric);
    case 3:
      return Number(a) - Number(b);
    case 4:
      return compareArrays(a as readonly JsonNode[], b as readonly JsonNode[]);
    case 5:
      return compareObjects(a as ReadonlyMap<string, JsonNode>, b as ReadonlyMap<string, JsonNode>);
    default:
      return 0;
  }
}

function nodeRank(node: JsonNode): number {
  if (node === null) return 0;
  if (typeof node === 'string') return 1;
  if (typeof node === 'boolean') return 3;
  if (isJsonArray(node)) return 4;
  return isJsonObject(node) ? 5 : 2;
}

function compareArrays(a: readonly JsonNode[], b: readonly JsonNode[]): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const difference = compareNodes(a[i] as JsonNode, b[i] as JsonNode);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareObjects(
  a: ReadonlyMap<string, JsonNode>,
  b: ReadonlyMap<string, JsonNode>,
): number {
  if (a.size !== b.size) return a.size - b.size;
  const others = b.entries();
  for (const [key, value] of a) {
    const [otherKey, otherValue] = others.next().value as [string, JsonNode];
    const difference = compareText(key, otherKey) || compareNodes(value, otherValue);
    if (difference !== 0) return difference;
  }
  return 0;
}
