/** What the kernels share: reading arguments and joining NULL masks. */
import type { SqlType } from '../../types/type.ts';
import { OID, sqlType } from '../../types/type.ts';
import type { BoolVector, F64Vector, NullMask, Vector } from '../../vector/vector.ts';
import type { KernelArg } from '../function.ts';

export type ConstantArg = Extract<KernelArg, { rep: 'constant' }>;

const BOOL = sqlType(OID.bool);

/** The NULL mask of a result that is NULL where any of the masks says so. May share a mask. */
export function joinNulls(a: NullMask, b: NullMask, length: number): NullMask {
  if (a === undefined) return b;
  if (b === undefined) return a;
  const joined = new Uint8Array(length);
  for (let i = 0; i < length; i++) joined[i] = (a[i] as number) | (b[i] as number);
  return joined;
}

/** A boolean result; clears the data of NULL rows, as vectors promise. */
export function boolResult(data: Uint8Array, nulls: NullMask, length: number): BoolVector {
  if (nulls !== undefined) {
    for (let i = 0; i < length; i++) if (nulls[i] === 1) data[i] = 0;
  }
  return { rep: 'bool', type: BOOL, length, data, nulls };
}

/** A number result; clears the data of NULL rows, as vectors promise. */
export function f64Result(
  type: SqlType,
  data: Float64Array,
  nulls: NullMask,
  length: number,
): F64Vector {
  if (nulls !== undefined) {
    for (let i = 0; i < length; i++) if (nulls[i] === 1) data[i] = 0;
  }
  return { rep: 'f64', type, length, data, nulls };
}

/** A boolean vector that is NULL in every row. */
export function allNullBool(length: number): BoolVector {
  return {
    rep: 'bool',
    type: BOOL,
    length,
    data: new Uint8Array(length),
    nulls: new Uint8Array(length).fill(1),
  };
}

/** A number vector that is NULL in every row. */
export function allNullF64(type: SqlType, length: number): F64Vector {
  return {
    rep: 'f64',
    type,
    length,
    data: new Float64Array(length),
    nulls: new Uint8Array(length).fill(1),
  };
}

/** NULL mask of an argument; a constant has none. */
export function nullsOf(arg: KernelArg): NullMask {
  return arg.rep === 'constant' ? undefined : arg.nulls;
}

export function isVector(arg: KernelArg): arg is Vector {
  return arg.rep !== 'constant';
}
