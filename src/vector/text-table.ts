/**
 * Distinct strings numbered 0, 1, 2 ... in the order of their arrival. A Map of millions of strings stops
 * everything when it grows and keeps the collector busy; here strings are bytes in pages, and their index
 * grows a page at a time.
 */
import { newSpan, type ByteSpan, type Dictionary } from './dictionary.ts';
import { HashPages } from './hash-pages.ts';
import { PageDictionary } from './page-dictionary.ts';
import { encodeText, hashBytes } from './text-bytes.ts';
import { TextPages } from './text-pages.ts';

/** Strings that get their place in the index at a time. */
const STEP_TEXTS = 4096;

/** Strings whose places in the index are asked for before the first of them is needed: memory answers them at once. */
const WAVE = 64;
const waveHashes = new Int32Array(WAVE);
/** What stands there: loads whose values go nowhere could be left out. */
const waveEntries = new Int32Array(WAVE);

/** The entry at hand. */
const entry = newSpan();

export class TextTable {
  readonly #index = new HashPages();
  readonly #pages: TextPages;
  /** Strings that the index has; those of `pushDistinct` come when one is first looked for. */
  #indexed = 0;
  #snapshot: Dictionary | undefined;

  /** Pages without strings. */
  constructor(pages = new TextPages()) {
    this.#pages = pages;
  }

  get size(): number {
    return this.#pages.size;
  }

  get bytes(): number {
    return this.#index.bytes + this.#pages.bytes;
  }

  /** Whether no string has to be put into the index before one is looked for. */
  get isIndexed(): boolean {
    return this.#indexed === this.#pages.size;
  }

  textOf(number: number): string {
    return this.#pages.at(number);
  }

  /** The length of a string's bytes. */
  lengthOf(number: number): number {
    return this.#pages.lengthOf(number);
  }

  /** See TextPages. */
  writeAll(numbers: Int32Array, target: DataView, at: number): number {
    return this.#pages.writeAll(numbers, target, at);
  }

  /** Sets the place of a string's bytes. */
  spanAt(number: number, span: ByteSpan): void {
    this.#pages.spanAt(number, span);
  }

  /** The string's number, -1 where it is not in the table. */
  find(text: string): number {
    encodeText(text, entry);
    return this.findBytes(entry.bytes, entry.start, entry.end);
  }

  findBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    hash = hashBytes(bytes, start, end),
  ): number {
    if (!this.isIndexed) this.#indexRest();
    const { slots } = this.#index.directory[hash >>> this.#index.shift];
    return slots[this.#placeOf(slots, hash, bytes, start, end) + 1] - 1;
  }

  /** The number of a dictionary's entry, -1 where it is not in the table. */
  findFrom(dictionary: Dictionary, code: number): number {
    const hash = takeEntry(dictionary, code);
    return this.findBytes(entry.bytes, entry.start, entry.end, hash);
  }

  /** The string's number, a new one where it is not in the table. */
  add(text: string): number {
    encodeText(text, entry);
    return this.addBytes(entry.bytes, entry.start, entry.end);
  }

  addBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    hash = hashBytes(bytes, start, end),
  ): number {
    if (!this.isIndexed) this.#indexRest();
    const page = this.#index.directory[hash >>> this.#index.shift];
    const { slots } = page;
    const at = this.#placeOf(slots, hash, bytes, start, end);
    if (slots[at + 1] !== 0) return slots[at + 1] - 1;
    const number = this.#pages.push(bytes, start, end, hash);
    this.#indexed++;
    this.#index.put(page, at, hash, number + 1);
    return number;
  }

  addFrom(dictionary: Dictionary, code: number): number {
    const hash = takeEntry(dictionary, code);
    return this.addBytes(entry.bytes, entry.start, entry.end, hash);
  }

  /** Numbers of the first `count` of these entries of a dictionary, as `addFrom` gives them one after the other. */
  addAllFrom(dictionary: Dictionary, codes: Int32Array, count: number, numbers: Int32Array): void {
    if (!this.isIndexed) this.#indexRest();
    for (let start = 0; start < count; start += WAVE) {
      const end = Math.min(count, start + WAVE);
      for (let i = start; i < end; i++) waveHashes[i - start] = hashOf(dictionary, codes[i]);
      this.#touchPlaces(end - start);
      for (let i = start; i < end; i++) {
        dictionary.spanAt(codes[i], entry);
        numbers[i] = this.addBytes(entry.bytes, entry.start, entry.end, waveHashes[i - start]);
      }
    }
  }

  /** Has the processor's caches hold where the index begins to look for the first hashes of the wave. */
  #touchPlaces(count: number): void {
    const { directory, shift } = this.#index;
    for (let i = 0; i < count; i++) {
      const hash = waveHashes[i];
      const { slots } = directory[hash >>> shift];
      waveEntries[i] = slots[(hash << 1) & (slots.length - 2)];
    }
  }

  /** Adds a string that differs from all that are there; its number. */
  pushDistinct(bytes: Uint8Array, start: number, end: number): number {
    return this.#pages.push(bytes, start, end, 0);
  }

  /** Adds the strings of a dictionary without equal ones, and their places in the index, in steps. */
  *takeSteps(dictionary: Dictionary): Generator<void, void, void> {
    const { length } = dictionary;
    for (let start = 0; start < length; start += STEP_TEXTS) {
      const end = Math.min(length, start + STEP_TEXTS);
      for (let code = start; code < end; code++) {
        const hash = takeEntry(dictionary, code);
        this.#pages.push(entry.bytes, entry.start, entry.end, hash);
        this.#indexNext();
      }
      yield;
    }
  }

  /** The strings so far, the same object as long as there are no more. */
  snapshot(source: object = this): Dictionary {
    if (this.#snapshot?.length !== this.size || this.#snapshot.source !== source) {
      this.#snapshot = new PageDictionary(this.#pages, source, true);
    }
    return this.#snapshot;
  }

  /** Where a string has its hash and number + 1 among a page's slots; a free place, of 0, where it is not there. */
  #placeOf(slots: Int32Array, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = slots.length - 2;
    let at = (hash << 1) & mask;
    for (; slots[at + 1] !== 0; at = (at + 2) & mask) {
      if (slots[at] !== hash) continue;
      if (this.#pages.equals(slots[at + 1] - 1, bytes, start, end)) break;
    }
    return at;
  }

  #indexRest(): void {
    while (!this.isIndexed) this.#indexNext();
  }

  #indexNext(): void {
    const hash = this.#pages.hashAt(this.#indexed);
    const page = this.#index.directory[hash >>> this.#index.shift];
    const mask = page.slots.length - 2;
    let at = (hash << 1) & mask;
    while (page.slots[at + 1] !== 0) at = (at + 2) & mask;
    this.#index.put(page, at, hash, ++this.#indexed);
  }
}

function hashOf(dictionary: Dictionary, code: number): number {
  return dictionary.hasBytes ? dictionary.hashAt(code) : takeEntry(dictionary, code);
}

/** Sets the span to an entry's bytes; their hash. */
function takeEntry(dictionary: Dictionary, code: number): number {
  dictionary.spanAt(code, entry);
  // What is encoded for the occasion must not be so twice.
  return dictionary.hasBytes
    ? dictionary.hashAt(code)
    : hashBytes(entry.bytes, entry.start, entry.end);
}
