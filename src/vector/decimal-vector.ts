/**
 * Numerics of one scale as whole numbers: values are made of them when someone asks. Grouping and sorting take
 * the numbers.
 */
import { Numeric } from '../types/numeric.ts';
import type { SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import type { AnyVector, NullMask, Vector } from './vector.ts';

export class DecimalVector implements AnyVector {
  readonly rep = 'any';
  readonly type: SqlType;
  readonly length: number;
  declare readonly data: readonly Value[];
  readonly nulls: NullMask;
  readonly scale: number;
  readonly #unscaled: Float64Array;
  #data: readonly Value[] | undefined;

  /** Safe whole numbers, each of which stands for itself divided by 10^scale. */
  constructor(type: SqlType, unscaled: Float64Array, scale: number, nulls: NullMask) {
    this.type = type;
    this.length = unscaled.length;
    this.nulls = nulls;
    this.scale = scale;
    this.#unscaled = unscaled;
    // An own property, so that copies made by spreading have it; one function for all keeps V8's shape.
    Object.defineProperty(this, 'data', DATA);
  }

  static from(vector: object): DecimalVector | undefined {
    return #unscaled in vector ? vector : undefined;
  }

  /** The vectors one behind the other; undefined where not all are of this kind, and of one scale. */
  static concat(type: SqlType, vectors: readonly Vector[], nulls: NullMask): Vector | undefined {
    const parts: DecimalVector[] = [];
    let length = 0;
    for (const vector of vectors) {
      const part = DecimalVector.from(vector);
      if (part === undefined || part.scale !== (parts[0] ?? part).scale) return undefined;
      parts.push(part);
      length += part.length;
    }
    const unscaled = new Float64Array(length);
    let at = 0;
    for (const part of parts) {
      unscaled.set(part.#unscaled, at);
      at += part.length;
    }
    return new DecimalVector(type, unscaled, parts[0]?.scale ?? 0, nulls);
  }

  get unscaled(): Float64Array {
    return this.#unscaled;
  }

  valueAt(row: number): Value {
    if (this.nulls !== undefined && this.nulls[row] === 1) return null;
    return new Numeric(BigInt(this.#unscaled[row]), this.scale);
  }

  values(): readonly Value[] {
    return (this.#data ??= Array.from({ length: this.length }, (_, row) => this.valueAt(row)));
  }

  slice(start: number, end: number, nulls: NullMask): DecimalVector {
    return new DecimalVector(this.type, this.#unscaled.subarray(start, end), this.scale, nulls);
  }

  gather(selection: Int32Array, count: number, nulls: NullMask): DecimalVector {
    const unscaled = new Float64Array(count);
    for (let i = 0; i < count; i++) unscaled[i] = this.#unscaled[selection[i]];
    return new DecimalVector(this.type, unscaled, this.scale, nulls);
  }
}

const DATA: PropertyDescriptor = {
  get(this: DecimalVector) {
    return this.values();
  },
  enumerable: true,
};
