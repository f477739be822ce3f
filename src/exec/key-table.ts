/**
 * A hash table from rows of key columns to dense numbers 0, 1, 2 ... in order of first appearance. It
 * serves grouping, joins, DISTINCT and set operations.
 *
 * Every key becomes one 64-bit lane: numbers as their own bits (-0 made 0, one NaN), everything else as
 * the number of an interned string. Lanes of a row lie side by side, so that hashing and comparing are
 * loops over a Uint32Array without objects. Keys lie in pages: growing never copies them all.
 */
import { grown } from '../base/grown.ts';
import { assert } from '../errors/db-error.ts';
import { hashKey, type HashKey } from '../types/hash.ts';
import { typeInfo } from '../types/type-table.ts';
import { OID, vectorRep, type Oid } from '../types/type.ts';
import { HashPages } from '../vector/hash-pages.ts';
import { TextTable } from '../vector/text-table.ts';
import type { Vector } from '../vector/vector.ts';
import { WideVector, type WideWords } from '../vector/wide-vector.ts';
import { WideNumbers } from './wide-numbers.ts';
import type { Dictionary } from '../vector/dictionary.ts';

/** High words of NaNs that no number has; they mark what is not a plain number. */
const CANONICAL_NAN = 0x7ff80000;
const NULL_MARK = 0x7ff80001;
const WIDE_MARK = 0x7ff80002;
const ABSENT_MARK = 0x7ff80003;

/** Keys of one page. */
const PAGE_BITS = 13;
const PAGE_KEYS = 1 << PAGE_BITS;
const FIRST_KEYS = 128;

const ABSENT = -2;
const UNKNOWN = -1;

export class KeyTable {
  /** Keys so far. */
  count = 0;
  /** After `insert`: for each new key, in order, the row that brought it. */
  newRows: Int32Array = new Int32Array(0);
  /** After `insert` and `find`: 1 for rows with a NULL among their keys; undefined for none. */
  nullRows: Uint8Array | undefined = undefined;

  readonly #width: number;
  readonly #interners: Interner[];
  readonly #index = new HashPages();
  readonly #keys: Uint32Array[];
  /** Scratch: the lanes of the batch at hand, seen as doubles and as words. */
  #doubles = new Float64Array(0);
  #words = new Uint32Array(0);

  constructor(width: number) {
    this.#width = width;
    this.#interners = Array.from({ length: width }, () => new Interner());
    this.#keys = [new Uint32Array(FIRST_KEYS * 2 * width)];
  }

  /** A rough count of the bytes that the table holds. */
  get bytes(): number {
    const pages = this.#keys.length - 1;
    let bytes = this.#index.bytes + pages * PAGE_KEYS * 8 * this.#width + this.#keys[0].byteLength;
    for (const interner of this.#interners) bytes += interner.bytes;
    return bytes;
  }

  /** Writes each row's number to `out`, giving new numbers to new keys. NULLs equal each other. */
  insert(columns: readonly Vector[], length: number, out: Int32Array): void {
    this.#encode(columns, length, false);
    if (this.newRows.length < length) this.newRows = new Int32Array(length);
    const { newRows } = this;
    const before = this.count;
    const words = this.#words;
    const stride = this.#width * 2;
    const index = this.#index;
    for (let row = 0; row < length; row++) {
      const hash = hashWords(words, row * stride, stride);
      const page = index.directory[hash >>> index.shift];
      const { slots } = page;
      const mask = slots.length - 2;
      let at = (hash << 1) & mask;
      for (;;) {
        const entry = slots[at + 1];
        if (entry === 0) {
          newRows[this.count - before] = row;
          out[row] = this.#addKey(row * stride);
          index.put(page, at, hash, this.count);
          break;
        }
        if (slots[at] === hash && this.#equals(entry - 1, row * stride)) {
          out[row] = entry - 1;
          break;
        }
        at = (at + 2) & mask;
      }
    }
  }

  /** Writes each row's number to `out`, -1 where the key is not in the table. NULLs equal each other. */
  find(columns: readonly Vector[], length: number, out: Int32Array): void {
    this.#encode(columns, length, true);
    const words = this.#words;
    const stride = this.#width * 2;
    const { directory, shift } = this.#index;
    for (let row = 0; row < length; row++) {
      const hash = hashWords(words, row * stride, stride);
      const { slots } = directory[hash >>> shift];
      const mask = slots.length - 2;
      let at = (hash << 1) & mask;
      let entry = slots[at + 1];
      while (entry !== 0) {
        if (slots[at] === hash && this.#equals(entry - 1, row * stride)) break;
        at = (at + 2) & mask;
        entry = slots[at + 1];
      }
      out[row] = entry - 1;
    }
  }

  #equals(key: number, at: number): boolean {
    const stride = this.#width * 2;
    const keys = this.#keys[key >>> PAGE_BITS];
    const words = this.#words;
    const from = (key & (PAGE_KEYS - 1)) * stride;
    for (let i = 0; i < stride; i++) if (keys[from + i] !== words[at + i]) return false;
    return true;
  }

  /** Keeps the key at `at` of the batch's words and gives it the next number. */
  #addKey(at: number): number {
    const key = this.count++;
    const stride = this.#width * 2;
    const page = key >>> PAGE_BITS;
    const from = (key & (PAGE_KEYS - 1)) * stride;
    if (page === this.#keys.length) this.#keys.push(new Uint32Array(PAGE_KEYS * stride));
    else if (from === this.#keys[page].length)
      this.#keys[page] = grown(this.#keys[page], new Uint32Array(2 * from));
    const keys = this.#keys[page];
    for (let i = 0; i < stride; i++) keys[from + i] = this.#words[at + i];
    return key;
  }

  #encode(columns: readonly Vector[], length: number, find: boolean): void {
    const width = this.#width;
    if (this.#doubles.length < length * width) {
      this.#doubles = new Float64Array(length * width);
      this.#words = new Uint32Array(this.#doubles.buffer);
    }
    this.nullRows = undefined;
    for (let i = 0; i < width; i++) {
      const column = columns[i];
      if (column.rep === 'f64' || column.rep === 'bool')
        this.#encodeNumbers(column.data, length, i);
      else this.#encodeOthers(column, length, i, find);
      if (column.nulls !== undefined) this.#encodeNulls(column.nulls, length, i);
    }
  }

  #encodeNumbers(data: Float64Array | Uint8Array, length: number, lane: number): void {
    const width = this.#width;
    const doubles = this.#doubles;
    for (let row = 0, at = lane; row < length; row++, at += width) {
      const value = data[row];
      if (value !== value) this.#mark(at, CANONICAL_NAN, 0);
      else doubles[at] = value + 0;
    }
  }

  #encodeOthers(column: Vector, length: number, lane: number, find: boolean): void {
    const width = this.#width;
    const interner = this.#interners[lane];
    if (column.rep === 'text') {
      const ids = interner.codes(column, length, find);
      for (let row = 0, at = lane; row < length; row++, at += width) {
        const id = ids[row];
        if (id >= 0) this.#doubles[at] = id;
        else this.#mark(at, ABSENT_MARK, 0);
      }
      return;
    }
    if (column.rep !== 'any') return;
    const wide = WideVector.from(column);
    if (wide !== undefined) {
      this.#encodeWides(wide.words, length, lane, find);
      return;
    }
    const { oid } = column.type;
    const numbers = vectorRep(oid) === 'f64';
    for (let row = 0, at = lane; row < length; row++, at += width) {
      const value = column.data[row];
      if (value === null) continue;
      if (numbers && typeof value === 'number') {
        this.#doubles[at] = value + 0;
        continue;
      }
      const isWide = numbers && typeof value === 'bigint';
      const id = isWide ? interner.wideId(value, find) : interner.id(hashKey(oid, value), find);
      if (id < 0) this.#mark(at, ABSENT_MARK, 0);
      else if (numbers) this.#mark(at, WIDE_MARK, id);
      else this.#doubles[at] = id;
    }
  }

  #encodeWides(words: WideWords, length: number, lane: number, find: boolean): void {
    const width = this.#width;
    const interner = this.#interners[lane];
    for (let row = 0, at = lane; row < length; row++, at += width) {
      const low = words[2 * row];
      const high = words[2 * row + 1];
      const value = high * 2 ** 32 + (low >>> 0);
      if (Number.isSafeInteger(value)) {
        this.#doubles[at] = value;
        continue;
      }
      const id = interner.wideWordsId(low, high, find);
      if (id < 0) this.#mark(at, ABSENT_MARK, 0);
      else this.#mark(at, WIDE_MARK, id);
    }
  }

  #encodeNulls(nulls: Uint8Array, length: number, lane: number): void {
    const width = this.#width;
    for (let row = 0, at = lane; row < length; row++, at += width) {
      if (nulls[row] === 0) continue;
      this.#mark(at, NULL_MARK, 0);
      this.nullRows ??= new Uint8Array(length);
      this.nullRows[row] = 1;
    }
  }

  #mark(at: number, high: number, low: number): void {
    this.#words[at * 2] = low;
    this.#words[at * 2 + 1] = high;
  }
}

function hashWords(words: Uint32Array, at: number, count: number): number {
  let hash = 0;
  for (let i = 0; i < count; i++) {
    hash = Math.imul(hash ^ words[at + i], 0x9e3779b1 | 0);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b | 0);
  return hash ^ (hash >>> 16);
}

/** Numbers distinct keys of one column; remembers the last dictionary's translation. */
class Interner {
  readonly #ids = new TextTable();
  #wide: WideNumbers | undefined;
  #dictionary: Dictionary | undefined = undefined;
  #table = new Int32Array(0);
  #tableIds = 0;
  #scratch = new Int32Array(0);

  get bytes(): number {
    return this.#ids.size * 32 + this.#ids.bytes + (this.#wide?.bytes ?? 0);
  }

  /** The same as `id` for an integer that no double holds; a column has these or others. */
  wideId(value: bigint, find: boolean): number {
    this.#wide ??= new WideNumbers();
    if (!find) return this.#wide.add(value);
    const known = this.#wide.find(value);
    return known < 0 ? ABSENT : known;
  }

  wideWordsId(low: number, high: number, find: boolean): number {
    this.#wide ??= new WideNumbers();
    if (!find) return this.#wide.addWords(low, high);
    const known = this.#wide.findWords(low, high);
    return known < 0 ? ABSENT : known;
  }

  /** The key's number; in find mode ABSENT for an unknown one. A column's keys are all of one kind. */
  id(key: HashKey, find: boolean): number {
    const text = typeof key === 'string' ? key : String(key);
    if (!find) return this.#ids.add(text);
    const known = this.#ids.find(text);
    return known < 0 ? ABSENT : known;
  }

  codes(column: Extract<Vector, { rep: 'text' }>, length: number, find: boolean): Int32Array {
    const { codes, dictionary, nulls, type } = column;
    if (this.#scratch.length < length) this.#scratch = new Int32Array(length);
    const ids = this.#scratch;
    if (dictionary.length > 4 * length + 64 && dictionary !== this.#dictionary) {
      for (let row = 0; row < length; row++) {
        if (nulls === undefined || nulls[row] === 0) {
          ids[row] = this.#entryId(dictionary, codes[row], type.oid, find);
        }
      }
      return ids;
    }
    // What was absent may have come since, so the translation is good only while nothing was added.
    if (dictionary !== this.#dictionary || (find && this.#tableIds !== this.#ids.size)) {
      this.#dictionary = dictionary;
      this.#table = new Int32Array(dictionary.length).fill(UNKNOWN);
    }
    const table = this.#table;
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) continue;
      const code = codes[row];
      let id = table[code];
      if (id === UNKNOWN || (id === ABSENT && !find)) {
        id = this.#entryId(dictionary, code, type.oid, find);
        table[code] = id;
      }
      ids[row] = id;
    }
    this.#tableIds = this.#ids.size;
    return ids;
  }

  #entryId(dictionary: Dictionary, code: number, oid: Oid, find: boolean): number {
    // Blanks at the end of bpchar say nothing.
    if (oid === OID.bpchar) return this.id(hashKey(oid, dictionary.at(code)), find);
    if (!find) return this.#ids.addFrom(dictionary, code);
    const known = this.#ids.findFrom(dictionary, code);
    return known < 0 ? ABSENT : known;
  }
}

/** Types whose numbers mean nothing to another type. */
const OWN_SCALES: ReadonlySet<Oid> = new Set<Oid>([
  OID.date,
  OID.time,
  OID.timestamp,
  OID.timestamptz,
]);

/** Checks that equal values of the two types make equal keys, so that a table can compare them. */
export function assertSameKeys(left: Oid, right: Oid): void {
  if (left === right || typeInfo(left) === undefined || typeInfo(right) === undefined) return;
  const rep = vectorRep(left);
  const fit =
    rep === vectorRep(right) &&
    rep !== 'any' &&
    !OWN_SCALES.has(left) &&
    !OWN_SCALES.has(right) &&
    left !== OID.bpchar &&
    right !== OID.bpchar;
  assert(fit, `keys of types ${left} and ${right} cannot be hashed together`);
}
