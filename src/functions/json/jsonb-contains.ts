/**
 * Containment of jsonb documents: every member, element or scalar of the one is found in the other at the same
 * place. Elements of an array are looked for among all of another's, so large arrays are looked up instead: their
 * scalars in a set, arrays and objects by the rarest of the scalars inside them.
 */
import { finishNow, type Stepped } from '../../base/steps.ts';
import { jsonNodeKey } from '../../types/hash.ts';
import {
  compareNodes,
  isJsonArray,
  isJsonObject,
  type JsonNode,
  isJsonScalar,
} from '../../types/json-node.ts';

/** Pairs of elements that are compared one by one. */
const PAIRS_MAX = 4096;
/** Wanted elements up to which the other array is gone through for each. */
const FEW = 4;
/** Nodes of two values that are compared without a yield: at worst as many as the product of both. */
const SMALL_NODES = 128;
/** Comparisons, or nodes that are looked at, between two yields. */
const STEP_WORK = 4096;

/** Whether b is contained in a. */
export function contains(a: JsonNode, b: JsonNode): boolean {
  if (isJsonObject(b)) {
    if (!isJsonObject(a)) return false;
    for (const [key, value] of b) {
      const found = a.get(key);
      if (found === undefined || !containsValue(found, value)) return false;
    }
    return true;
  }
  if (isJsonArray(b)) {
    if (!isJsonArray(a)) return false;
    if (b.length > FEW && a.length * b.length > PAIRS_MAX)
      return finishNow(arraySteps(a, b, new Work()));
    return b.every((wanted) => a.some((found) => containsValue(found, wanted)));
  }
  // A scalar is contained in an array that has it, but only at the top level.
  return isJsonArray(a) ? a.some((found) => equalScalars(found, b)) : equalScalars(a, b);
}

/** The same, with a yield at least every few milliseconds. */
export function containsSteps(a: JsonNode, b: JsonNode): Stepped<boolean> {
  return documentSteps(a, b);
}

function* documentSteps(a: JsonNode, b: JsonNode): Stepped<boolean> {
  // Scalars come one after the other, however many an array has.
  if (isJsonScalar(b)) return contains(a, b);
  return yield* valueSteps(a, b, new Work());
}

function containsValue(a: JsonNode, b: JsonNode): boolean {
  return isJsonScalar(b) ? equalScalars(a, b) : contains(a, b);
}

function equalScalars(a: JsonNode, b: JsonNode): boolean {
  return isJsonScalar(a) && compareNodes(a, b) === 0;
}

/** Counts what is done and tells when it is time for a yield. */
class Work {
  #done = 0;

  add(amount: number): boolean {
    this.#done += amount;
    if (this.#done < STEP_WORK) return false;
    this.#done = 0;
    return true;
  }
}

function* valueSteps(a: JsonNode, b: JsonNode, work: Work): Stepped<boolean> {
  if (isJsonScalar(b)) return equalScalars(a, b);
  const [left, right] = [nodesOf(a), nodesOf(b)];
  if (left <= SMALL_NODES && right <= SMALL_NODES) {
    if (work.add(left + right)) yield;
    return contains(a, b);
  }
  if (isJsonArray(b)) return isJsonArray(a) && (yield* arraySteps(a, b, work));
  if (!isJsonObject(b) || !isJsonObject(a)) return false;
  for (const [key, value] of b) {
    if (work.add(1)) yield;
    const found = a.get(key);
    if (found === undefined || !(yield* valueSteps(found, value, work))) return false;
  }
  return true;
}

function* arraySteps(a: readonly JsonNode[], b: readonly JsonNode[], work: Work): Stepped<boolean> {
  const isFew = b.length <= FEW;
  let scalars: Set<string> | undefined;
  let containers: Containers | undefined;
  for (const wanted of b) {
    if (work.add(1)) yield;
    if (isFew) {
      if (!(yield* someSteps(a, wanted, work))) return false;
    } else if (isJsonScalar(wanted)) {
      scalars ??= yield* scalarKeys(a, work);
      if (!scalars.has(jsonNodeKey(wanted))) return false;
    } else {
      containers ??= yield* containersOf(a, work);
      const candidates = yield* containers.candidates(wanted, work);
      if (!(yield* someSteps(candidates, wanted, work))) return false;
    }
  }
  return true;
}

function* someSteps(items: readonly JsonNode[], wanted: JsonNode, work: Work): Stepped<boolean> {
  for (const found of items) {
    if (work.add(1)) yield;
    // Most are told apart by their kind, or are scalars.
    if (isJsonArray(found) !== isJsonArray(wanted) || isJsonScalar(found) !== isJsonScalar(wanted))
      continue;
    if (yield* valueSteps(found, wanted, work)) return true;
  }
  return false;
}

function* scalarKeys(items: readonly JsonNode[], work: Work): Stepped<Set<string>> {
  const keys = new Set<string>();
  for (const item of items) {
    if (work.add(1)) yield;
    if (isJsonScalar(item)) keys.add(jsonNodeKey(item));
  }
  return keys;
}

/**
 * The arrays and objects of an array by their *facts*: each scalar with the keys on the way to it, elements of
 * arrays without their number. Who contains another has all of its facts.
 */
class Containers {
  readonly all: JsonNode[] = [];
  readonly #byFact = new Map<string, JsonNode[]>();
  /** A number for each way, by the number of the way before its last step and this step. */
  readonly #ways = new Map<string, number>();

  *add(container: JsonNode, work: Work): Stepped<void> {
    this.all.push(container);
    for (const fact of this.#facts(container)) {
      if (work.add(1)) yield;
      const list = this.#byFact.get(fact);
      if (list === undefined) this.#byFact.set(fact, [container]);
      // A fact may come more than once in one container.
      else if (list.at(-1) !== container) list.push(container);
    }
  }

  /** Those that may contain what is wanted. */
  *candidates(wanted: JsonNode, work: Work): Stepped<readonly JsonNode[]> {
    let best: readonly JsonNode[] = this.all;
    for (const fact of this.#facts(wanted)) {
      if (work.add(1)) yield;
      const list = this.#byFact.get(fact);
      if (list === undefined) return [];
      if (list.length < best.length) best = list;
    }
    return best;
  }

  *#facts(container: JsonNode): Generator<string, void, void> {
    const open: [JsonNode, number][] = [[container, 0]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [node, way] = next;
      if (isJsonArray(node)) {
        const inner = this.#way(way, '[');
        for (const item of node) open.push([item, inner]);
      } else if (isJsonObject(node)) {
        for (const [key, item] of node) open.push([item, this.#way(way, `.${key}`)]);
      } else yield `${way} ${jsonNodeKey(node)}`;
    }
  }

  #way(before: number, step: string): number {
    const key = `${before}${step}`;
    let way = this.#ways.get(key);
    if (way === undefined) {
      way = this.#ways.size + 1;
      this.#ways.set(key, way);
    }
    return way;
  }
}

function* containersOf(items: readonly JsonNode[], work: Work): Stepped<Containers> {
  const containers = new Containers();
  for (const item of items) {
    if (work.add(1)) yield;
    if (!isJsonScalar(item)) yield* containers.add(item, work);
  }
  return containers;
}

/** How many nodes a value has; more than SMALL_NODES are not counted to the end. */
function nodesOf(node: JsonNode): number {
  return SMALL_NODES + 1 - nodesLeft(node, SMALL_NODES + 1);
}

function nodesLeft(node: JsonNode, most: number): number {
  let left = most - 1;
  if (isJsonArray(node)) {
    for (let i = 0; i < node.length && left > 0; i++) left = nodesLeft(node[i] as JsonNode, left);
  } else if (isJsonObject(node)) {
    for (const item of node.values()) {
      if (left <= 0) break;
      left = nodesLeft(item, left);
    }
  }
  return Math.max(left, 0);
}
