/**
 * Builds a vector row by row in the representation that its type calls for. Text is interned while that
 * pays: few distinct strings make a small dictionary, many make one entry per row without the map.
 */
import { grown } from '../base/grown.ts';
import { vectorRep, type SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import { valueAt, type NullMask, type TextVector, type Vector } from './vector.ts';
import type { Dictionary } from './dictionary.ts';
import { NO_TEXTS, StringDictionary } from './string-dictionary.ts';

/** After this many strings, interning goes on only if at least half of them were repeats. */
const INTERN_TRIAL = 1024;

export class VectorBuilder {
  readonly type: SqlType;
  length = 0;
  readonly #rep: 'f64' | 'bool' | 'text' | 'any';
  #f64: Float64Array = EMPTY_F64;
  #bool: Uint8Array = EMPTY_U8;
  #codes: Int32Array = EMPTY_I32;
  #strings: string[] = [];
  #interned: Map<string, number> | undefined = undefined;
  /** Set for the `any` representation, and once a wide int8 turned an f64 builder into one. */
  #any: Value[] | undefined = undefined;
  #nulls: Uint8Array | undefined = undefined;
  #capacity: number;
  /** Codes of the last source dictionary, by its own codes; -1 where not yet seen. */
  #source: Dictionary | undefined = undefined;
  #sourceCodes: Int32Array = EMPTY_I32;

  constructor(type: SqlType, capacity = 64) {
    this.type = type;
    this.#rep = vectorRep(type.oid);
    this.#capacity = Math.max(capacity, 1);
    switch (this.#rep) {
      case 'f64':
        this.#f64 = new Float64Array(this.#capacity);
        break;
      case 'bool':
        this.#bool = new Uint8Array(this.#capacity);
        break;
      case 'text':
        this.#codes = new Int32Array(this.#capacity);
        this.#interned = new Map();
        break;
      case 'any':
        this.#any = [];
        break;
    }
  }

  append(value: Value): void {
    const row = this.length;
    if (row === this.#capacity) this.#grow();
    this.length = row + 1;
    if (this.#any !== undefined) {
      this.#any.push(value);
      if (value === null) this.#setNull(row);
      return;
    }
    if (value === null) {
      if (this.#rep === 'text' && this.#strings.length === 0) this.#internCode('');
      this.#setNull(row);
      return;
    }
    if (this.#rep === 'f64') {
      if (typeof value === 'bigint') this.#widen(row, value);
      else this.#f64[row] = value as number;
    } else if (this.#rep === 'bool') {
      this.#bool[row] = value === true ? 1 : 0;
    } else {
      this.#codes[row] = this.#internCode(value as string);
    }
  }

  /** Appends row `row` of a vector of the same type. */
  appendFrom(vector: Vector, row: number): void {
    if (vector.nulls !== undefined && vector.nulls[row] === 1) this.append(null);
    else if (vector.rep === 'text' && this.#rep === 'text') this.#appendCode(vector, row);
    else this.append(valueAt(vector, row));
  }

  /** The vector built so far; the builder must not be used afterwards. */
  finish(): Vector {
    const { type, length } = this;
    const nulls: NullMask = this.#nulls?.subarray(0, length);
    if (this.#any !== undefined) return { rep: 'any', type, length, data: this.#any, nulls };
    if (this.#rep === 'f64') {
      return { rep: 'f64', type, length, data: fitted(this.#f64, length), nulls };
    }
    if (this.#rep === 'bool') {
      return { rep: 'bool', type, length, data: fitted(this.#bool, length), nulls };
    }
    const codes = fitted(this.#codes, length);
    const dictionary = new StringDictionary(this.#strings);
    return { rep: 'text', type, length, codes, dictionary, nulls };
  }

  #appendCode(vector: TextVector, row: number): void {
    if (this.length === this.#capacity) this.#grow();
    if (vector.dictionary !== this.#source) {
      // A dictionary much larger than the vector is not worth a table of its own.
      if (vector.dictionary.length > 4 * vector.length + 256) {
        this.append(vector.dictionary.at(vector.codes[row]));
        return;
      }
      this.#source = vector.dictionary;
      this.#sourceCodes = new Int32Array(vector.dictionary.length).fill(-1);
    }
    const sourceCode = vector.codes[row];
    let code = this.#sourceCodes[sourceCode];
    if (code === -1) {
      code = this.#internCode(vector.dictionary.at(sourceCode));
      this.#sourceCodes[sourceCode] = code;
    }
    this.#codes[this.length++] = code;
  }

  #internCode(text: string): number {
    const interned = this.#interned;
    if (interned !== undefined) {
      const known = interned.get(text);
      if (known !== undefined) return known;
      if (this.length > INTERN_TRIAL && interned.size * 2 > this.length) this.#interned = undefined;
      else interned.set(text, this.#strings.length);
    }
    return this.#strings.push(text) - 1;
  }

  #setNull(row: number): void {
    this.#nulls ??= new Uint8Array(this.#capacity);
    this.#nulls[row] = 1;
  }

  #widen(row: number, value: bigint): void {
    const values: Value[] = [];
    for (let i = 0; i < row; i++) values.push(this.#nulls?.[i] === 1 ? null : this.#f64[i]);
    values.push(value);
    this.#any = values;
    this.#f64 = EMPTY_F64;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    this.#capacity = capacity;
    if (this.#nulls !== undefined) this.#nulls = grown(this.#nulls, new Uint8Array(capacity));
    if (this.#any !== undefined) return;
    if (this.#rep === 'f64') this.#f64 = grown(this.#f64, new Float64Array(capacity));
    else if (this.#rep === 'bool') this.#bool = grown(this.#bool, new Uint8Array(capacity));
    else if (this.#rep === 'text') this.#codes = grown(this.#codes, new Int32Array(capacity));
  }
}

const EMPTY_F64 = new Float64Array(0);
const EMPTY_U8 = new Uint8Array(0);
const EMPTY_I32 = new Int32Array(0);

/** The first `length` elements. A part of a small array costs more than the array: V8 must move it. */
function fitted<T extends Float64Array | Uint8Array | Int32Array>(array: T, length: number): T {
  return array.length === length ? array : (array.subarray(0, length) as T);
}

/** A vector of `length` NULLs. */
export function nullVector(type: SqlType, length: number): Vector {
  const nulls = new Uint8Array(length).fill(1);
  switch (vectorRep(type.oid)) {
    case 'f64':
      return { rep: 'f64', type, length, data: new Float64Array(length), nulls };
    case 'bool':
      return { rep: 'bool', type, length, data: new Uint8Array(length), nulls };
    case 'text':
      return {
        rep: 'text',
        type,
        length,
        codes: new Int32Array(length),
        dictionary: NO_TEXTS,
        nulls,
      };
    case 'any':
      return { rep: 'any', type, length, data: filled(null, length), nulls };
  }
}

/** A vector that has one value in every row. */
export function constantVector(type: SqlType, value: Value, length: number): Vector {
  if (value === null) return nullVector(type, length);
  const rep = typeof value === 'bigint' ? 'any' : vectorRep(type.oid);
  switch (rep) {
    case 'f64': {
      const data = new Float64Array(length).fill(value as number);
      return { rep: 'f64', type, length, data, nulls: undefined };
    }
    case 'bool': {
      const data = new Uint8Array(length).fill(value === true ? 1 : 0);
      return { rep: 'bool', type, length, data, nulls: undefined };
    }
    case 'text': {
      const codes = new Int32Array(length);
      const dictionary = new StringDictionary([value as string]);
      return { rep: 'text', type, length, codes, dictionary, nulls: undefined };
    }
    case 'any': {
      const data = filled(value, length);
      return { rep: 'any', type, length, data, nulls: undefined };
    }
  }
}

function filled(value: Value, length: number): Value[] {
  return Array.from({ length }, () => value);
}
