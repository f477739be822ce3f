/**
 * Integers of 64 bits of which some are in no double, as two words each: values are made of them when someone
 * asks. Grouping, comparing and summing take the words.
 */
import type { KernelBlock } from '../kernels/memory.ts';
import type { SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import type { AnyVector, NullMask, Vector } from './vector.ts';

const HIGH = 2 ** 32;

/** The low and the high word of each integer; both 0 where it is NULL. */
export type WideWords = Int32Array;

export class WideVector implements AnyVector {
  readonly rep = 'any';
  readonly type: SqlType;
  readonly length: number;
  declare readonly data: readonly Value[];
  readonly nulls: NullMask;
  readonly #words: WideWords;
  readonly #block: KernelBlock | undefined;
  #data: readonly Value[] | undefined;

  /** `block` where the words lie in the kernels' memory: it holds them. */
  constructor(type: SqlType, words: WideWords, nulls: NullMask, block?: KernelBlock) {
    this.type = type;
    this.length = words.length / 2;
    this.nulls = nulls;
    this.#words = words;
    this.#block = block;
    // An own property, so that copies made by spreading have it; one function for all keeps V8's shape.
    Object.defineProperty(this, 'data', DATA);
  }

  static from(vector: object): WideVector | undefined {
    return #words in vector ? vector : undefined;
  }

  /** The vectors one behind the other; undefined where not all of them are of this kind or doubles. */
  static concat(type: SqlType, vectors: readonly Vector[], nulls: NullMask): Vector | undefined {
    let length = 0;
    for (const vector of vectors) {
      if (vector.rep !== 'f64' && WideVector.from(vector) === undefined) return undefined;
      length += vector.length;
    }
    const words = new Int32Array(2 * length);
    let at = 0;
    for (const vector of vectors) {
      if (vector.rep === 'f64') putDoubles(vector.data, vector.length, words, at);
      else words.set((vector as WideVector).#words, at);
      at += 2 * vector.length;
    }
    return new WideVector(type, words, nulls);
  }

  get words(): WideWords {
    return this.#words;
  }

  /** Where kernels find the words as long as someone holds the vector; undefined where they do not. */
  get address(): number | undefined {
    return this.#block === undefined ? undefined : this.#words.byteOffset;
  }

  valueAt(row: number): Value {
    if (this.nulls !== undefined && this.nulls[row] === 1) return null;
    return wideValue(this.#words[2 * row], this.#words[2 * row + 1]);
  }

  values(): readonly Value[] {
    return (this.#data ??= Array.from({ length: this.length }, (_, row) => this.valueAt(row)));
  }

  slice(start: number, end: number, nulls: NullMask): WideVector {
    const words = this.#words.subarray(2 * start, 2 * end);
    return new WideVector(this.type, words, nulls, this.#block);
  }

  gather(selection: Int32Array, count: number, nulls: NullMask): WideVector {
    return new WideVector(this.type, pickWords(this.#words, selection, count), nulls);
  }
}

/** A number where a double holds it, as everywhere. */
export function wideValue(low: number, high: number): number | bigint {
  const value = high * HIGH + (low >>> 0);
  if (Number.isSafeInteger(value)) return value;
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/** Words of the rows at these positions. */
export function pickWords(words: WideWords, selection: Int32Array, count: number): WideWords {
  const picked = new Int32Array(2 * count);
  for (let i = 0, at = 0; i < count; i++) {
    const from = 2 * selection[i];
    picked[at++] = words[from];
    picked[at++] = words[from + 1];
  }
  return picked;
}

/** Writes whole numbers to words[at ...]. */
export function putDoubles(data: Float64Array, length: number, words: WideWords, at: number): void {
  for (let row = 0; row < length; row++) {
    const high = Math.floor(data[row] / HIGH);
    words[at++] = data[row] - high * HIGH;
    words[at++] = high;
  }
}

/** Writes an integer, or 0 for NULL, to words[at ...]. */
export function putInteger(value: Value, words: WideWords, at: number): void {
  if (typeof value === 'bigint') {
    words[at] = Number(BigInt.asIntN(32, value));
    words[at + 1] = Number(value >> 32n);
    return;
  }
  const number = (value as number | null) ?? 0;
  const high = Math.floor(number / HIGH);
  words[at] = number - high * HIGH;
  words[at + 1] = high;
}

const DATA: PropertyDescriptor = {
  get(this: WideVector) {
    return this.values();
  },
  enumerable: true,
};
