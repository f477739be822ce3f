/**
 * A hash table from rows of key columns to dense numbers 0, 1, 2 ... in order of first appearance. It
 * serves grouping, joins, DISTINCT and set operations.
 *
 * Every key becomes one 64-bit lane: numbers as their own bits (-0 made 0, one NaN), everything else as
 * the number of an interned string. Lanes of a row lie side by side, so that hashing and comparing are
 * loops over a Uint32Array without objects.
 */
import { assert } from '../errors/db-error.ts';
import { hashKey, type HashKey } from '../types/hash.ts';
import { typeInfo } from '../types/type-table.ts';
import { OID, vectorRep, type Oid } from '../types/type.ts';
import type { Vector } from '../vector/vector.ts';

/** High words of NaNs that no number has; they mark what is not a plain number. */
const CANONICAL_NAN = 0x7ff80000;
const NULL_MARK = 0x7ff80001;
const WIDE_MARK = 0x7ff80002;
const ABSENT_MARK = 0x7ff80003;

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
  #slots = new Int32Array(256);
  #hashes = new Int32Array(128);
  #keys: Uint32Array;
  /** Scratch: the lanes of the batch at hand, seen as doubles and as words. */
  #doubles = new Float64Array(0);
  #words = new Uint32Array(0);

  constructor(width: number) {
    this.#width = width;
    this.#interners = Array.from({ length: width }, () => new Interner());
    this.#keys = new Uint32Array(128 * 2 * width);
  }

  /** A rough count of the bytes that the table holds. */
  get bytes(): number {
    let bytes = this.#slots.byteLength + this.#hashes.byteLength + this.#keys.byteLength;
    for (const interner of this.#interners) bytes += interner.size * 64;
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
    for (let row = 0; row < length; row++) {
      const hash = hashWords(words, row * stride, stride);
      let slot = hash & (this.#slots.length - 1);
      for (;;) {
        const entry = this.#slots[slot];
        if (entry === 0) {
          newRows[this.count - before] = row;
          out[row] = this.#add(hash, slot, row * stride);
          break;
        }
        if (this.#hashes[entry - 1] === hash && this.#equals(entry - 1, row * stride)) {
          out[row] = entry - 1;
          break;
        }
        slot = (slot + 1) & (this.#slots.length - 1);
      }
    }
  }

  /** Writes each row's number to `out`, -1 where the key is not in the table. NULLs equal each other. */
  find(columns: readonly Vector[], length: number, out: Int32Array): void {
    this.#encode(columns, length, true);
    const words = this.#words;
    const stride = this.#width * 2;
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hashes = this.#hashes;
    for (let row = 0; row < length; row++) {
      const hash = hashWords(words, row * stride, stride);
      let slot = hash & mask;
      let entry = slots[slot];
      while (entry !== 0) {
        if (hashes[entry - 1] === hash && this.#equals(entry - 1, row * stride)) break;
        slot = (slot + 1) & mask;
        entry = slots[slot];
      }
      out[row] = entry - 1;
    }
  }

  #equals(key: number, at: number): boolean {
    const stride = this.#width * 2;
    const keys = this.#keys;
    const words = this.#words;
    const from = key * stride;
    for (let i = 0; i < stride; i++) if (keys[from + i] !== words[at + i]) return false;
    return true;
  }

  #add(hash: number, slot: number, at: number): number {
    const key = this.count++;
    const stride = this.#width * 2;
    if (key === this.#hashes.length) this.#growKeys();
    this.#hashes[key] = hash;
    this.#slots[slot] = key + 1;
    for (let i = 0; i < stride; i++) this.#keys[key * stride + i] = this.#words[at + i];
    if (this.count * 2 > this.#slots.length) this.#rehash();
    return key;
  }

  #growKeys(): void {
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const keys = new Uint32Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let key = 0; key < this.count; key++) {
      let slot = this.#hashes[key] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = key + 1;
    }
    this.#slots = slots;
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
    const { oid } = column.type;
    const numbers = vectorRep(oid) === 'f64';
    for (let row = 0, at = lane; row < length; row++, at += width) {
      const value = column.data[row];
      if (value === null) continue;
      if (numbers && typeof value === 'number') {
        this.#doubles[at] = value + 0;
        continue;
      }
      const id = interner.id(hashKey(oid, value), find);
      if (id < 0) this.#mark(at, ABSENT_MARK, 0);
      else if (numbers) this.#mark(at, WIDE_MARK, id);
      else this.#doubles[at] = id;
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
  readonly #ids = new Map<HashKey, number>();
  #dictionary: readonly string[] | undefined = undefined;
  #table = new Int32Array(0);
  #tableIds = 0;
  #scratch = new Int32Array(0);

  get size(): number {
    return this.#ids.size;
  }

  /** The key's number; in find mode ABSENT for an unknown one. */
  id(key: HashKey, find: boolean): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (find) return ABSENT;
    const id = this.#ids.size;
    this.#ids.set(key, id);
    return id;
  }

  codes(column: Extract<Vector, { rep: 'text' }>, length: number, find: boolean): Int32Array {
    const { codes, dictionary, nulls, type } = column;
    const padded = type.oid === OID.bpchar;
    if (this.#scratch.length < length) this.#scratch = new Int32Array(length);
    const ids = this.#scratch;
    const key = (text: string): HashKey => (padded ? hashKey(type.oid, text) : text);
    if (dictionary.length > 4 * length + 64 && dictionary !== this.#dictionary) {
      for (let row = 0; row < length; row++) {
        if (nulls === undefined || nulls[row] === 0)
          ids[row] = this.id(key(dictionary[codes[row]]), find);
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
        id = this.id(key(dictionary[code]), find);
        table[code] = id;
      }
      ids[row] = id;
    }
    this.#tableIds = this.#ids.size;
    return ids;
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
