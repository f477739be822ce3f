/**
 * Arithmetic over whole f64 vectors. Integer kernels check the range of the result type; int8 kernels
 * decline when a result leaves the safe integers, and the caller repeats the batch exactly.
 */
import { dbError, type DbError } from '../../errors/db-error.ts';
import { floatOverflow, floatUnderflow } from '../../types/float.ts';
import { intOutOfRange } from '../../types/int.ts';
import { type Oid, sqlType } from '../../types/type.ts';
import type { NullMask, Vector } from '../../vector/vector.ts';
import type { KernelArg } from '../function.ts';
import type { Kernel } from './compare.ts';
import { allNullF64, f64Result, joinNulls } from './kernel-arg.ts';

export type ArithmeticOp = 'add' | 'sub' | 'mul' | 'div' | 'mod';

/** How results of a type are checked. */
export type ArithmeticClass = 'int2' | 'int4' | 'int8' | 'float4' | 'float8';

export function divisionByZero(): DbError {
  return dbError('division_by_zero', 'division by zero');
}

const INT_LIMITS: Readonly<
  Record<'int2' | 'int4' | 'int8', readonly [number, 'smallint' | 'integer' | 'bigint']>
> = {
  int2: [32767, 'smallint'],
  int4: [2147483647, 'integer'],
  int8: [Number.MAX_SAFE_INTEGER, 'bigint'],
};

/** Operands as arrays: a constant becomes an array of one that stays at index 0 through a zero stride. */
interface Operands {
  readonly a: Float64Array;
  readonly aStep: 0 | 1;
  readonly b: Float64Array;
  readonly bStep: 0 | 1;
  readonly nulls: NullMask;
}

/** A kernel for `a op b` with results of one class and type; arguments may be constant. */
export function arithmeticKernel(op: ArithmeticOp, kind: ArithmeticClass, result: Oid): Kernel {
  const type = sqlType(result);
  return (args, length) => {
    const operands = readOperands(args, length);
    if (operands === undefined) return undefined;
    if (operands === null) return allNullF64(type, length);
    const out = new Float64Array(length);
    if (kind === 'float4' || kind === 'float8') {
      floatLoop(op, kind === 'float4', operands, out, length);
    } else if (!intLoop(op, kind, operands, out, length)) {
      return undefined;
    }
    return f64Result(type, out, operands.nulls, length);
  };
}

/** null: the result is all NULL; undefined: a representation that the kernels do not know. */
function readOperands(args: readonly KernelArg[], length: number): Operands | null | undefined {
  const [left, right] = args as [KernelArg, KernelArg];
  if (left.rep === 'constant' && left.value === null) return null;
  if (right.rep === 'constant' && right.value === null) return null;
  const a = arrayOf(left);
  const b = arrayOf(right);
  if (a === undefined || b === undefined) return undefined;
  return {
    a,
    aStep: left.rep === 'constant' ? 0 : 1,
    b,
    bStep: right.rep === 'constant' ? 0 : 1,
    nulls: joinNulls(
      left.rep === 'constant' ? undefined : left.nulls,
      right.rep === 'constant' ? undefined : right.nulls,
      length,
    ),
  };
}

function arrayOf(arg: KernelArg): Float64Array | undefined {
  if (arg.rep === 'f64') return arg.data;
  if (arg.rep === 'constant' && typeof arg.value === 'number') return Float64Array.of(arg.value);
  return undefined;
}

function intLoop(
  op: ArithmeticOp,
  kind: 'int2' | 'int4' | 'int8',
  operands: Operands,
  out: Float64Array,
  length: number,
): boolean {
  const { a, aStep, b, bStep } = operands;
  const [limit, typeName] = INT_LIMITS[kind];
  if (op === 'div' || op === 'mod') {
    if (!intDivision(op, operands, out, length)) return false;
  } else if (aStep === 1 && bStep === 1) {
    combineColumns(op, a, b, out, length);
  } else if (op === 'add') {
    for (let i = 0; i < length; i++) out[i] = (a[i * aStep] as number) + (b[i * bStep] as number);
  } else if (op === 'sub') {
    for (let i = 0; i < length; i++) out[i] = (a[i * aStep] as number) - (b[i * bStep] as number);
  } else {
    // Adding 0 turns -0 into 0.
    for (let i = 0; i < length; i++)
      out[i] = (a[i * aStep] as number) * (b[i * bStep] as number) + 0;
  }
  const low = kind === 'int8' ? -limit : -limit - 1;
  const { nulls } = operands;
  for (let i = 0; i < length; i++) {
    const value = out[i] as number;
    if (!(value <= limit && value >= low) && (nulls === undefined || nulls[i] === 0)) {
      if (kind === 'int8') return false;
      throw intOutOfRange(typeName);
    }
  }
  return true;
}

function combineColumns(
  op: 'add' | 'sub' | 'mul',
  a: Float64Array,
  b: Float64Array,
  out: Float64Array,
  length: number,
): void {
  if (op === 'add') {
    for (let i = 0; i < length; i++) out[i] = (a[i] as number) + (b[i] as number);
  } else if (op === 'sub') {
    for (let i = 0; i < length; i++) out[i] = (a[i] as number) - (b[i] as number);
  } else {
    for (let i = 0; i < length; i++) out[i] = (a[i] as number) * (b[i] as number) + 0;
  }
}

function intDivision(
  op: 'div' | 'mod',
  operands: Operands,
  out: Float64Array,
  length: number,
): boolean {
  const { a, aStep, b, bStep, nulls } = operands;
  for (let i = 0; i < length; i++) {
    const y = b[i * bStep] as number;
    if (y === 0) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      throw divisionByZero();
    }
    const x = a[i * aStep] as number;
    // The quotient of two safe integers is never rounded to a whole number that it is not.
    const quotient = Math.trunc(x / y);
    out[i] = op === 'mod' ? x - quotient * y + 0 : quotient + 0;
  }
  return true;
}

function floatLoop(
  op: ArithmeticOp,
  isSingle: boolean,
  operands: Operands,
  out: Float64Array,
  length: number,
): void {
  const { a, aStep, b, bStep, nulls } = operands;
  if (op === 'div') {
    for (let i = 0; i < length; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      out[i] = divideFloats(a[i * aStep] as number, b[i * bStep] as number, isSingle);
    }
    return;
  }
  if (op === 'add') {
    for (let i = 0; i < length; i++) out[i] = (a[i * aStep] as number) + (b[i * bStep] as number);
  } else if (op === 'sub') {
    for (let i = 0; i < length; i++) out[i] = (a[i * aStep] as number) - (b[i * bStep] as number);
  } else {
    for (let i = 0; i < length; i++) out[i] = (a[i * aStep] as number) * (b[i * bStep] as number);
  }
  if (isSingle) for (let i = 0; i < length; i++) out[i] = Math.fround(out[i] as number);
  const isProduct = op === 'mul';
  for (let i = 0; i < length; i++) {
    const value = out[i] as number;
    // value - value is 0 for finite numbers only.
    if (value - value !== 0 || (isProduct && value === 0)) {
      checkFloat(value, a[i * aStep] as number, b[i * bStep] as number, isProduct);
    }
  }
}

/** Throws where a finite computation left the range of its type. */
export function checkFloat(result: number, a: number, b: number, isProduct: boolean): number {
  if (result === Infinity || result === -Infinity) {
    if (Number.isFinite(a) && Number.isFinite(b)) throw floatOverflow();
  } else if (isProduct && result === 0 && a !== 0 && b !== 0) {
    throw floatUnderflow();
  }
  return result;
}

/** float8 / float8 (or float4 / float4) with PostgreSQL's errors. */
export function divideFloats(a: number, b: number, isSingle: boolean): number {
  if (b === 0 && a === a) throw divisionByZero();
  const result = isSingle ? Math.fround(a / b) : a / b;
  if ((result === Infinity || result === -Infinity) && Number.isFinite(a)) throw floatOverflow();
  if (result === 0 && a !== 0 && Number.isFinite(b)) throw floatUnderflow();
  return result;
}

/** A kernel over one f64 argument, for maths that cannot fail on a row that is not NULL. */
export function mapKernel(apply: (value: number) => number, result: Oid): Kernel {
  const type = sqlType(result);
  return (args, length): Vector | undefined => {
    const arg = args[0] as KernelArg;
    if (arg.rep !== 'f64') return undefined;
    const { data, nulls } = arg;
    const out = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      if (nulls === undefined || nulls[i] === 0) out[i] = apply(data[i] as number);
    }
    return { rep: 'f64', type, length, data: out, nulls };
  };
}
