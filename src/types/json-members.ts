/** Objects of a million members: sorted in steps, and not hashed at all. */
import type { Stepped } from '../base/steps.ts';
import { compareJsonKeys, jsonObject, type JsonNode } from './json-node.ts';

type Member = readonly [string, JsonNode];

/** Members that are sorted, or hashed, in one go. */
const RUN_LENGTH = 2048;

/** What `jsonObject` gives, with a yield at least every few milliseconds. */
export function* jsonObjectSteps(
  members: Iterable<Member>,
  count: number,
): Stepped<ReadonlyMap<string, JsonNode>> {
  if (count <= RUN_LENGTH) return jsonObject(members);
  let runs: Member[][][] = [];
  let run: Member[] = [];
  for (const member of members) {
    if (run.push(member) < RUN_LENGTH) continue;
    runs.push([sortedRun(run)]);
    run = [];
    yield;
  }
  runs.push([sortedRun(run)]);
  while (runs.length > 1) {
    const next: Member[][][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const [a, b] = [runs[i] as Member[][], runs[i + 1]];
      next.push(b === undefined ? a : yield* merged(a, b));
    }
    runs = next;
  }
  return new SortedMembers(runs[0] as Member[][]);
}

/** In order, of equal keys the last. */
function sortedRun(run: readonly Member[]): Member[] {
  return [...jsonObject(run)];
}

/** Two runs as one; of equal keys that of the second. */
function* merged(a: readonly Member[][], b: readonly Member[][]): Stepped<Member[][]> {
  // Keys often come in their order.
  if (compareJsonKeys(a.at(-1)?.at(-1)?.[0] ?? '', b[0]?.[0]?.[0] ?? '') < 0) return [...a, ...b];
  const parts: Member[][] = [];
  let part: Member[] = [];
  const [left, right] = [itemsOf(a), itemsOf(b)];
  let [one, two] = [left.next(), right.next()];
  while (one.done !== true || two.done !== true) {
    if (part.length === RUN_LENGTH) {
      parts.push(part);
      part = [];
      yield;
    }
    const order =
      one.done === true ? 1 : two.done === true ? -1 : compareJsonKeys(one.value[0], two.value[0]);
    if (order < 0) part.push(one.value as Member);
    else part.push(two.value as Member);
    if (order <= 0) one = left.next();
    if (order >= 0) two = right.next();
  }
  parts.push(part);
  return parts;
}

function* itemsOf(parts: readonly Member[][]): Generator<Member, void, void> {
  for (const part of parts) yield* part;
}

/** A Map that finds its entries by halving. */
export class SortedMembers extends Map<string, JsonNode> {
  readonly #parts: readonly (readonly Member[])[];
  readonly #size: number;

  /** In the order of keys; no part is empty. */
  constructor(parts: readonly (readonly Member[])[]) {
    super();
    this.#parts = parts;
    this.#size = parts.reduce((sum, part) => sum + part.length, 0);
  }

  override get size(): number {
    return this.#size;
  }

  override get(key: string): JsonNode | undefined {
    const part = this.#parts[this.#partOf(key)];
    const member = part?.[lastAtMost(part, (each) => each[0], key)];
    return member?.[0] === key ? member[1] : undefined;
  }

  override has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** The same with one more member, or another value of one; only a part of the members is copied. */
  with(key: string, value: JsonNode): SortedMembers {
    const place = Math.max(0, this.#partOf(key));
    const part = this.#parts[place] ?? [];
    const at = lastAtMost(part, (each) => each[0], key);
    const found = part[at]?.[0] === key;
    return this.#changed(place, part.toSpliced(found ? at : at + 1, found ? 1 : 0, [key, value]));
  }

  without(key: string): SortedMembers {
    const place = Math.max(0, this.#partOf(key));
    const part = this.#parts[place] ?? [];
    return this.#changed(
      place,
      part.filter(([name]) => name !== key),
    );
  }

  #partOf(key: string): number {
    return lastAtMost(this.#parts, (each) => (each[0] as Member)[0], key);
  }

  #changed(place: number, part: readonly Member[]): SortedMembers {
    const rest = part.length === 0 ? [] : [part];
    return new SortedMembers(this.#parts.toSpliced(place, 1, ...rest));
  }

  override *entries(): MapIterator<[string, JsonNode]> {
    for (const part of this.#parts) yield* part as readonly [string, JsonNode][];
    return undefined;
  }

  override *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key;
    return undefined;
  }

  override *values(): MapIterator<JsonNode> {
    for (const [, value] of this.entries()) yield value;
    return undefined;
  }

  override [Symbol.iterator](): MapIterator<[string, JsonNode]> {
    return this.entries();
  }

  override forEach(
    callback: (value: JsonNode, key: string, map: Map<string, JsonNode>) => void,
  ): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }
}

/** Position of the last item whose key is not greater; -1 where there is none. */
function lastAtMost<T>(items: readonly T[], keyOf: (item: T) => string, key: string): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareJsonKeys(keyOf(items[middle] as T), key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
