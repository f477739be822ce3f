/**
 * Numbers for values of a key column that have no form of fixed width, the same for equal ones. A group shows
 * the value that came first: a value that is equal to one with a number, and still another, such as 1.0 and
 * 1.00, has no place here.
 */
import { hashKey } from '../../types/hash.ts';
import { Numeric } from '../../types/numeric.ts';
import { Interval } from '../../types/interval.ts';
import { TimeTz } from '../../types/time-tz.ts';
import { OID, vectorRep, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { DecimalVector } from '../../vector/decimal-vector.ts';
import { LongList } from '../../vector/long-list.ts';
import { TextTable } from '../../vector/text-table.ts';
import type { NullMask, TextVector, Vector } from '../../vector/vector.ts';
import { ABSENT_ID } from './text-ids.ts';
import type { Dictionary } from '../../vector/dictionary.ts';
import { StringDictionary } from '../../vector/string-dictionary.ts';

/** Types whose values have numbers. */
const TYPES: ReadonlySet<Oid> = new Set<Oid>([
  OID.bpchar,
  OID.bytea,
  OID.interval,
  OID.numeric,
  OID.timetz,
]);

export function hasValueIds(oid: Oid): boolean {
  return TYPES.has(oid);
}

/** What a value takes beside its key, as a guess. */
const VALUE_BYTES = 64;
/** Whole numbers from 0 on whose ids are in an array. */
const SMALL_NUMBERS = 4096;
/** Of dictionaries longer than that many times the rows at hand only the strings in use are looked at. */
const DICTIONARY_SHARE = 4;

export class ValueIds {
  readonly #type: SqlType;
  readonly #table = new TextTable();
  /** The value that came first, by id. */
  readonly #values = new LongList<Value>();
  /** Decimals of one scale: id plus 1 by their number. */
  #scale = -1;
  #ofSmall = new Int32Array(0);
  /** A value came that is equal to another one. */
  #hasConflict = false;
  /** The dictionary before, and id plus 1 by its codes. */
  #dictionary: Dictionary | undefined;
  #ofCode: Int32Array | undefined;

  constructor(type: SqlType) {
    this.#type = type;
  }

  get bytes(): number {
    return this.#table.bytes + this.#table.size * VALUE_BYTES;
  }

  /**
   * Writes the ids of rows that are not NULL; where nothing is added, unknown ones are ABSENT_ID. False where
   * a value has no place here.
   */
  write(column: Vector, length: number, adds: boolean, out: Int32Array, at: number): boolean {
    const decimals = DecimalVector.from(column);
    if (column.rep === 'text') this.#writeTexts(column, length, adds, out, at);
    else if (decimals !== undefined) this.#writeDecimals(decimals, length, adds, out, at);
    else if (column.rep === 'any') {
      const { data } = column;
      for (let row = 0; row < length; row++) {
        const value = data[row];
        if (value !== null) out[at + row] = this.#id(value, adds);
      }
    } else return false;
    return !this.#hasConflict;
  }

  /** The values with these ids. */
  vector(ids: Int32Array, nulls: NullMask): Vector {
    const type = this.#type;
    const { length } = ids;
    const values: Value[] = [];
    for (let row = 0; row < length; row++) {
      values.push(nulls !== undefined && nulls[row] === 1 ? null : this.#values.at(ids[row]));
    }
    if (vectorRep(type.oid) !== 'text') return { rep: 'any', type, length, data: values, nulls };
    const strings = values.map((value) => (value === null ? '' : String(value)));
    const codes = Int32Array.from(strings.keys());
    const dictionary = new StringDictionary(strings);
    return { rep: 'text', type, length, codes, dictionary, nulls };
  }

  #writeDecimals(
    { unscaled, scale, nulls }: DecimalVector,
    length: number,
    adds: boolean,
    out: Int32Array,
    at: number,
  ): void {
    if (scale !== this.#scale) this.#ofSmall = new Int32Array(SMALL_NUMBERS);
    this.#scale = scale;
    const ofSmall = this.#ofSmall;
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) continue;
      const small = unscaled[row];
      const isSmall = small >= 0 && small < SMALL_NUMBERS;
      let id = isSmall ? ofSmall[small] - 1 : -1;
      if (id < 0) {
        id = this.#id(new Numeric(BigInt(small), scale), adds);
        if (isSmall && adds) ofSmall[small] = id + 1;
      }
      out[at + row] = id;
    }
  }

  #writeTexts(
    { codes, dictionary, nulls }: TextVector,
    length: number,
    adds: boolean,
    out: Int32Array,
    at: number,
  ): void {
    const isNew = dictionary !== this.#dictionary;
    if (isNew) this.#ofCode = undefined;
    this.#dictionary = dictionary;
    if (!isNew || dictionary.length <= DICTIONARY_SHARE * length + 64) {
      this.#ofCode ??= new Int32Array(dictionary.length);
    }
    const ofCode = this.#ofCode;
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) continue;
      const code = codes[row];
      let id = ofCode === undefined ? -1 : ofCode[code] - 1;
      if (id < 0) {
        id = this.#id(dictionary.at(code), adds);
        if (ofCode !== undefined && adds) ofCode[code] = id + 1;
      }
      out[at + row] = id;
    }
  }

  #id(value: NonNullable<Value>, adds: boolean): number {
    const key = String(hashKey(this.#type.oid, value));
    if (!adds) {
      const known = this.#table.find(key);
      return known < 0 ? ABSENT_ID : known;
    }
    const id = this.#table.add(key);
    if (id === this.#values.length) this.#values.push(value);
    else if (!isSame(this.#values.at(id), value)) this.#hasConflict = true;
    return id;
  }
}

/** Whether equal values are the same in every respect. */
function isSame(a: Value, b: Value): boolean {
  if (a instanceof Numeric && b instanceof Numeric) return a.scale === b.scale;
  if (a instanceof Interval && b instanceof Interval) {
    return a.months === b.months && a.days === b.days && a.micros === b.micros;
  }
  if (a instanceof TimeTz && b instanceof TimeTz) {
    return a.micros === b.micros && a.zoneSecondsWest === b.zoneSecondsWest;
  }
  return a === b || (a instanceof Uint8Array && b instanceof Uint8Array);
}
