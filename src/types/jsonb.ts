/**
 * jsonb: a document as a tree or, where it comes from storage, as its canonical text, which is what `formatJson`
 * gives: most who ask want a part of it, or the text. The tree is made when someone needs it.
 */
import type { Stepped } from '../base/steps.ts';
import { compareNodes, isJsonArray, isJsonScalar, type JsonNode } from './json-node.ts';
import { parseJson, parseJsonSteps } from './json-reader.ts';
import { JsonWalk } from './json-walk.ts';
import { Parts } from './parts.ts';

/** Ways through a text that together take as long as reading it, about. */
const WALKS_MAX = 12;

export class Jsonb {
  /** Undefined as long as nobody has read the text; parts are an array's. */
  #node: JsonNode | Parts<JsonNode> | undefined;
  #text: string | undefined;
  #walks = 0;

  constructor(node: JsonNode | Parts<JsonNode> | undefined, canonicalText?: string) {
    this.#node = node;
    this.#text = canonicalText;
  }

  /** A document by its canonical text. */
  static ofText(text: string): Jsonb {
    return new Jsonb(undefined, text);
  }

  get root(): JsonNode {
    const node = this.#node;
    if (node === undefined) return (this.#node = parseJson(this.#text as string));
    return node instanceof Parts ? (this.#node = node.toArray()) : node;
  }

  /** Makes `root` quick to ask for, with a yield at least every few milliseconds. */
  *readSteps(): Stepped<void> {
    if (this.#node === undefined) this.#node = yield* parseJsonSteps(this.#text as string);
  }

  /** The canonical text, where it is known. */
  get text(): string | undefined {
    return this.#text;
  }

  /** Takes what `formatJson` gives of the tree. */
  keepText(text: string): void {
    this.#text = text;
  }

  /** The tree, or an array in parts; the text is read for it. */
  get node(): JsonNode | Parts<JsonNode> {
    return this.#node ?? this.root;
  }

  /** A way through the text for who wants a part; undefined where there is a tree, or one pays. */
  walk(): JsonWalk | undefined {
    if (this.#node !== undefined || ++this.#walks > WALKS_MAX) return undefined;
    return new JsonWalk(this.#text as string);
  }
}

/** jsonb's btree order: Object > Array > Boolean > Number > String > Null. */
export function compareJsonb(a: Jsonb, b: Jsonb): number {
  if (a === b || (a.text !== undefined && a.text === b.text)) return 0;
  const x = a.root;
  const y = b.root;
  // A scalar document is stored as an array of one element, so it compares as one with arrays: by
  // the number of elements, then before an array.
  if (isJsonArray(x) && isJsonScalar(y)) return x.length === 0 ? -1 : 1;
  if (isJsonArray(y) && isJsonScalar(x)) return y.length === 0 ? 1 : -1;
  return compareNodes(x, y);
}
