/**
 * Strings as UTF-8, numbered 0, 1, 2 ... in the order of their arrival, in pages of 16 bytes a string: most are
 * short enough to lie there, and others in chunks. No object is made for a string, and nothing large is
 * copied when there are more.
 */
import { decodeText, hashBytes } from './text-bytes.ts';
import { newSpan, type ByteSpan } from './dictionary.ts';
import { KeptStrings } from './kept-strings.ts';

/** Entries of a page. */
const PAGE_BITS = 12;
const PAGE_ENTRIES = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_ENTRIES - 1;
const FIRST_ENTRIES = 16;
/** Words of an entry: the length, then the bytes; or the chunk, the place there, and the hash, 0 before someone asks. */
const ENTRY_WORDS = 4;
const WORD_BYTES = 4;
const ENTRY_BYTES = ENTRY_WORDS * WORD_BYTES;
export const INLINE_BYTES_MAX = ENTRY_BYTES - WORD_BYTES;
const FIRST_CHUNK_BYTES = 256;
const CHUNK_BYTES = 256 * 1024;
/** Longer strings have chunks of their own. */
const SHARED_BYTES_MAX = CHUNK_BYTES / 4;

/** Strings that are made for somebody are kept where there are no more entries and characters than that. */
const KEPT_ENTRIES_MAX = 262_144;
const KEPT_UNITS_MAX = 8 * 1024 * 1024;

export class TextPages {
  size = 0;
  /** Bytes of the longest string. */
  longest = 0;
  /** The same memory as words and as bytes. */
  readonly #words: Int32Array[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #chunks: Uint8Array[] = [];
  readonly #chunkViews: DataView[] = [];
  /** The chunk that has room, and how much of it is taken. */
  #open = -1;
  #used = 0;
  #chunkBytes = 0;
  readonly #kept = new KeptStrings();

  /** What it takes in memory. */
  get bytes(): number {
    const pages = this.#words.length;
    const entries = pages === 1 ? this.#words[0].byteLength : pages * PAGE_ENTRIES * ENTRY_BYTES;
    return this.#chunkBytes + entries + this.#kept.units * 2;
  }

  /** Adds a string; its number. `hash` is 0 where it is not known. */
  push(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const number = this.size;
    const length = end - start;
    if (length <= INLINE_BYTES_MAX) {
      const entry = this.#addEntry(length);
      const to = this.#bytes[number >>> PAGE_BITS];
      for (let i = start, at = (entry + 1) * WORD_BYTES; i < end; i++) to[at++] = bytes[i];
    } else if (length > SHARED_BYTES_MAX) {
      this.#place(length, this.#addChunk(bytes.slice(start, end)), 0, hash);
    } else {
      this.#reserve(length);
      const at = this.#used;
      this.#used = at + length;
      copyBytes(bytes, start, end, this.#chunks[this.#open], at);
      this.#place(length, this.#open, at, hash);
    }
    return number;
  }

  /** Adds strings that lie one behind the other in memory that nobody changes, and may keep that. */
  adopt(bytes: Uint8Array, lengths: Uint32Array): void {
    let chunk = -1;
    let at = 0;
    for (const length of lengths) {
      if (length <= INLINE_BYTES_MAX) this.push(bytes, at, at + length, 0);
      else {
        if (chunk < 0) chunk = this.#addChunk(bytes);
        this.#place(length, chunk, at, 0);
      }
      at += length;
    }
  }

  spanAt(number: number, span: ByteSpan): void {
    const page = number >>> PAGE_BITS;
    const entry = (number & PAGE_MASK) * ENTRY_WORDS;
    const words = this.#words[page];
    const length = words[entry];
    if (length <= INLINE_BYTES_MAX) {
      span.bytes = this.#bytes[page];
      span.start = (entry + 1) * WORD_BYTES;
    } else {
      span.bytes = this.#chunks[words[entry + 1]];
      span.start = words[entry + 2];
    }
    span.end = span.start + length;
  }

  hashAt(number: number): number {
    const page = number >>> PAGE_BITS;
    const entry = (number & PAGE_MASK) * ENTRY_WORDS;
    const words = this.#words[page];
    const length = words[entry];
    if (length <= INLINE_BYTES_MAX) {
      const start = (entry + 1) * WORD_BYTES;
      return hashBytes(this.#bytes[page], start, start + length);
    }
    const hash = words[entry + 3];
    if (hash !== 0) return hash;
    const start = words[entry + 2];
    return (words[entry + 3] = hashBytes(this.#chunks[words[entry + 1]], start, start + length));
  }

  /** The length in bytes. */
  lengthOf(number: number): number {
    return this.#words[number >>> PAGE_BITS][(number & PAGE_MASK) * ENTRY_WORDS];
  }

  at(number: number): string {
    const kept = this.#kept.get(number);
    if (kept !== undefined) return kept;
    this.spanAt(number, own);
    const text = decodeText(own.bytes, own.start, own.end);
    if (this.size <= KEPT_ENTRIES_MAX && this.#kept.units < KEPT_UNITS_MAX) {
      this.#kept.keep(number, text);
    }
    return text;
  }

  /**
   * Writes strings to `target`, each behind its length (u32, little-endian), four bytes at a time; returns the end.
   * Behind it there must be room for INLINE_BYTES_MAX bytes more.
   */
  writeAll(numbers: Int32Array, target: DataView, at: number): number {
    for (let i = 0; i < numbers.length; i++) {
      const page = numbers[i] >>> PAGE_BITS;
      const entry = (numbers[i] & PAGE_MASK) * ENTRY_WORDS;
      const words = this.#words[page];
      const length = words[entry];
      target.setInt32(at, length, true);
      at += WORD_BYTES;
      if (length <= INLINE_BYTES_MAX) {
        target.setInt32(at, words[entry + 1], true);
        target.setInt32(at + 4, words[entry + 2], true);
        target.setInt32(at + 8, words[entry + 3], true);
      } else copyWords(this.#chunkViews[words[entry + 1]], words[entry + 2], length, target, at);
      at += length;
    }
    return at;
  }

  /** Whether the string has these bytes. */
  equals(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.lengthOf(number) !== end - start) return false;
    this.spanAt(number, own);
    const known = own.bytes;
    for (let i = start, at = own.start; i < end; i++) if (known[at++] !== bytes[i]) return false;
    return true;
  }

  #place(length: number, chunk: number, at: number, hash: number): void {
    const number = this.size;
    const entry = this.#addEntry(length);
    const words = this.#words[number >>> PAGE_BITS];
    words[entry + 1] = chunk;
    words[entry + 2] = at;
    words[entry + 3] = hash;
  }

  /** The first word of a new entry in its page. */
  #addEntry(length: number): number {
    const number = this.size++;
    if (length > this.longest) this.longest = length;
    const page = number >>> PAGE_BITS;
    const entry = (number & PAGE_MASK) * ENTRY_WORDS;
    let words = this.#words[page];
    // Most have few entries, and those that have more than a page will have many.
    if (words === undefined) words = this.#setPage(page, page === 0 ? FIRST_ENTRIES : PAGE_ENTRIES);
    else if (entry === words.length) words = this.#setPage(page, words.length / 2);
    words[entry] = length;
    return entry;
  }

  /** Gives a page room for so many entries. */
  #setPage(page: number, entries: number): Int32Array {
    const words = new Int32Array(entries * ENTRY_WORDS);
    const before = this.#words[page];
    if (before !== undefined) words.set(before);
    this.#words[page] = words;
    this.#bytes[page] = new Uint8Array(words.buffer);
    return words;
  }

  /** Makes sure that the open chunk has room. */
  #reserve(length: number): void {
    const open = this.#chunks[this.#open];
    if (open === undefined) {
      this.#open = this.#addChunk(new Uint8Array(Math.max(FIRST_CHUNK_BYTES, length)));
      return;
    }
    const needed = this.#used + length;
    if (needed <= open.length) return;
    if (needed > CHUNK_BYTES) {
      this.#open = this.#addChunk(new Uint8Array(CHUNK_BYTES));
      this.#used = 0;
      return;
    }
    const larger = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(needed, open.length * 2)));
    larger.set(open);
    this.#chunkBytes += larger.length - open.length;
    this.#chunks[this.#open] = larger;
    this.#chunkViews[this.#open] = viewOf(larger);
  }

  #addChunk(chunk: Uint8Array): number {
    this.#chunkBytes += chunk.length;
    this.#chunkViews.push(viewOf(chunk));
    return this.#chunks.push(chunk) - 1;
  }
}

/** The string at hand. */
const own = newSpan();

/** Shorter strings are copied in a loop, which costs less than making a view of them. */
const LOOP_BYTES = 48;

export function copyBytes(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
): void {
  if (end - start > LOOP_BYTES) to.set(from.subarray(start, end), at);
  else for (let i = start; i < end; i++) to[at++] = from[i];
}

function copyWords(from: DataView, start: number, length: number, to: DataView, at: number): void {
  let done = 0;
  for (; done + WORD_BYTES <= length; done += WORD_BYTES) {
    to.setInt32(at + done, from.getInt32(start + done, true), true);
  }
  for (; done < length; done++) to.setUint8(at + done, from.getUint8(start + done));
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
