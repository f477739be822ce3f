/**
 * Comparison over whole vectors of numbers (integers, floats, dates, timestamps). NaN equals itself and
 * is greater than every other number, as in PostgreSQL; with no NaN about, the loops cost the same.
 */
import type { KernelArg, ScalarFunction } from '../function.ts';
import { allNullBool, boolResult, joinNulls } from './kernel-arg.ts';

export type CompareOp = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
export type Kernel = NonNullable<ScalarFunction['kernel']>;

/** The operator with its operands swapped. */
export const FLIPPED: Readonly<Record<CompareOp, CompareOp>> = {
  eq: 'eq',
  ne: 'ne',
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
};

/** Whether a three-way comparison result satisfies an operator. */
export function holds(op: CompareOp, order: number): boolean {
  switch (op) {
    case 'eq':
      return order === 0;
    case 'ne':
      return order !== 0;
    case 'lt':
      return order < 0;
    case 'le':
      return order <= 0;
    case 'gt':
      return order > 0;
    case 'ge':
      return order >= 0;
  }
}

/** A kernel comparing two f64 arguments, either of which may be constant. */
export function compareKernel(op: CompareOp): Kernel {
  const flipped = FLIPPED[op];
  return (args, length) => {
    const [left, right] = args as [KernelArg, KernelArg];
    if (left.rep === 'f64' && right.rep === 'f64') {
      const data = new Uint8Array(length);
      compareColumns(op, left.data, right.data, data, length);
      return boolResult(data, joinNulls(left.nulls, right.nulls, length), length);
    }
    if (left.rep === 'f64' && right.rep === 'constant') {
      return withConstant(op, left, right.value, length);
    }
    if (left.rep === 'constant' && right.rep === 'f64') {
      return withConstant(flipped, right, left.value, length);
    }
    return undefined;
  };
}

function withConstant(
  op: CompareOp,
  column: Extract<KernelArg, { rep: 'f64' }>,
  constant: unknown,
  length: number,
): ReturnType<Kernel> {
  if (constant === null) return allNullBool(length);
  const data = new Uint8Array(length);
  if (typeof constant === 'bigint') {
    // Every number of the column is a safe integer or infinite: a float bound keeps the order, and a
    // value outside the safe range equals none of them.
    if (op === 'ne') data.fill(1);
    else if (op !== 'eq') compareConstant(op, column.data, Number(constant), data, length);
  } else if (typeof constant === 'number') {
    compareConstant(op, column.data, constant, data, length);
  } else {
    return undefined;
  }
  return boolResult(data, column.nulls, length);
}

/** Writes 1 into `out` where `column[i] op constant` holds. */
export function compareConstant(
  op: CompareOp,
  column: Float64Array,
  constant: number,
  out: Uint8Array,
  length: number,
): void {
  if (constant !== constant) {
    compareWithNaN(op, column, out, length);
    return;
  }
  switch (op) {
    case 'eq':
      for (let i = 0; i < length; i++) out[i] = column[i] === constant ? 1 : 0;
      return;
    case 'ne':
      for (let i = 0; i < length; i++) out[i] = column[i] !== constant ? 1 : 0;
      return;
    case 'lt':
      for (let i = 0; i < length; i++) out[i] = (column[i] as number) < constant ? 1 : 0;
      return;
    case 'le':
      for (let i = 0; i < length; i++) out[i] = (column[i] as number) <= constant ? 1 : 0;
      return;
    // Written as negations: a NaN in the column is greater than the constant.
    case 'gt':
      for (let i = 0; i < length; i++) out[i] = (column[i] as number) <= constant ? 0 : 1;
      return;
    case 'ge':
      for (let i = 0; i < length; i++) out[i] = (column[i] as number) < constant ? 0 : 1;
      return;
  }
}

function compareWithNaN(
  op: CompareOp,
  column: Float64Array,
  out: Uint8Array,
  length: number,
): void {
  for (let i = 0; i < length; i++) {
    const order = column[i] !== column[i] ? 0 : -1;
    out[i] = holds(op, order) ? 1 : 0;
  }
}

/** Writes 1 into `out` where `a[i] op b[i]` holds. */
export function compareColumns(
  op: CompareOp,
  a: Float64Array,
  b: Float64Array,
  out: Uint8Array,
  length: number,
): void {
  switch (op) {
    case 'eq':
    case 'ne': {
      const whenEqual = op === 'eq' ? 1 : 0;
      for (let i = 0; i < length; i++) {
        const x = a[i] as number;
        const y = b[i] as number;
        out[i] = x === y || (x !== x && y !== y) ? whenEqual : 1 - whenEqual;
      }
      return;
    }
    case 'lt':
      lessThan(a, b, out, length);
      return;
    case 'gt':
      lessThan(b, a, out, length);
      return;
    case 'le':
      lessOrEqual(a, b, out, length);
      return;
    case 'ge':
      lessOrEqual(b, a, out, length);
      return;
  }
}

function lessThan(a: Float64Array, b: Float64Array, out: Uint8Array, length: number): void {
  for (let i = 0; i < length; i++) {
    const x = a[i] as number;
    out[i] = x >= (b[i] as number) || x !== x ? 0 : 1;
  }
}

function lessOrEqual(a: Float64Array, b: Float64Array, out: Uint8Array, length: number): void {
  for (let i = 0; i < length; i++) {
    const y = b[i] as number;
    out[i] = (a[i] as number) <= y || y !== y ? 1 : 0;
  }
}
