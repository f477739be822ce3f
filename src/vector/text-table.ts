/**
 * Strings numbered 0, 1, 2 ... in order of their arrival. A Map of millions of strings stops everything
 * when it grows; this table grows a page at a time.
 */
import { originOf } from './distinct-dictionary.ts';
import { HashPages } from './hash-pages.ts';
import type { Dictionary } from './dictionary.ts';

/** Strings of one page. */
const PAGE_BITS = 13;
const PAGE_MASK = (1 << PAGE_BITS) - 1;
/** Strings that get their place in the index at a time. */
const STEP_TEXTS = 4096;

export class TextTable {
  size = 0;
  readonly #index = new HashPages();
  readonly #texts: string[][] = [];
  /** Strings that the index has; those of `addDistinct` come when one is first looked for. */
  #indexed = 0;

  get bytes(): number {
    return this.#index.bytes + this.size * 32;
  }

  /** Whether no string has to be put into the index before one is looked for. */
  get isIndexed(): boolean {
    return this.#indexed === this.size;
  }

  textOf(number: number): string {
    return this.#texts[number >>> PAGE_BITS][number & PAGE_MASK];
  }

  /** The string's number, -1 where it is not in the table. */
  find(text: string, hash = hashText(text)): number {
    if (this.#indexed !== this.size) this.#indexRest();
    const { slots } = this.#index.directory[hash >>> this.#index.shift];
    const mask = slots.length - 2;
    for (let at = (hash << 1) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      if (slots[at] === hash && this.textOf(slots[at + 1] - 1) === text) return slots[at + 1] - 1;
    }
    return -1;
  }

  /** The string's number, a new one where it is not in the table. */
  add(text: string, hash = hashText(text)): number {
    if (this.#indexed !== this.size) this.#indexRest();
    const page = this.#index.directory[hash >>> this.#index.shift];
    const { slots } = page;
    const mask = slots.length - 2;
    let at = (hash << 1) & mask;
    for (; slots[at + 1] !== 0; at = (at + 2) & mask) {
      if (slots[at] === hash && this.textOf(slots[at + 1] - 1) === text) return slots[at + 1] - 1;
    }
    const number = this.#push(text);
    this.#indexed++;
    this.#index.put(page, at, hash, number + 1);
    return number;
  }

  /** Adds strings that differ from each other and from all that are there. */
  addDistinct(texts: readonly string[]): void {
    for (const text of texts) this.#push(text);
  }

  /** The same for a dictionary, with their places in the index, in steps of some milliseconds. */
  *takeSteps(texts: Dictionary): Generator<void, void, void> {
    const hashes = hashesOf(texts);
    for (let start = 0; start < texts.length; start += STEP_TEXTS) {
      const end = Math.min(texts.length, start + STEP_TEXTS);
      for (let i = start; i < end; i++) {
        const text = texts.at(i);
        this.#push(text);
        this.#indexNext(hashes?.at(i) ?? hashText(text));
      }
      yield;
    }
  }

  /** All strings, in order. */
  toArray(): string[] {
    const all: string[] = [];
    for (const page of this.#texts) for (const text of page) all.push(text);
    return all;
  }

  #push(text: string): number {
    const number = this.size++;
    if ((number & PAGE_MASK) === 0) this.#texts.push([]);
    this.#texts[number >>> PAGE_BITS].push(text);
    return number;
  }

  #indexRest(): void {
    while (this.#indexed < this.size) this.#indexNext(hashText(this.textOf(this.#indexed)));
  }

  #indexNext(hash: number): void {
    const page = this.#index.directory[hash >>> this.#index.shift];
    const mask = page.slots.length - 2;
    let at = (hash << 1) & mask;
    while (page.slots[at + 1] !== 0) at = (at + 2) & mask;
    this.#index.put(page, at, hash, ++this.#indexed);
  }
}

/** Hashes of a dictionary's strings, each computed once as long as the dictionary lives. */
export class TextHashes {
  readonly #texts: Dictionary;
  /** 0 where nobody has asked yet. */
  readonly #hashes: Int32Array;

  constructor(texts: Dictionary, known: TextHashes | undefined) {
    this.#texts = texts;
    this.#hashes = new Int32Array(texts.length);
    if (known !== undefined) this.#hashes.set(known.#hashes.subarray(0, texts.length));
  }

  get length(): number {
    return this.#hashes.length;
  }

  at(code: number): number {
    return this.#hashes[code] || (this.#hashes[code] = hashText(this.#texts.at(code)));
  }
}

/** By what dictionaries were taken of. */
const kept = new WeakMap<object, TextHashes>();

/** undefined for a dictionary that is not known to be looked at again. */
export function hashesOf(dictionary: Dictionary): TextHashes | undefined {
  const origin = originOf(dictionary);
  if (origin === undefined) return undefined;
  const known = kept.get(origin);
  if (known !== undefined && known.length >= dictionary.length) return known;
  const hashes = new TextHashes(dictionary, known);
  kept.set(origin, hashes);
  return hashes;
}

function hashText(text: string): number {
  let hash = text.length;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x9e3779b1 | 0);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b | 0);
  return hash ^ (hash >>> 16);
}
