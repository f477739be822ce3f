/** float4 and float8 arithmetic, and numeric's operators. */
import { dbError } from '../../errors/db-error.ts';
import { floatOverflow, floatUnderflow } from '../../types/float.ts';
import {
  absNumeric,
  addNumeric,
  divideNumeric,
  moduloNumeric,
  multiplyNumeric,
  negateNumeric,
  subtractNumeric,
} from '../../types/numeric-arithmetic.ts';
import { powerNumeric } from '../../types/numeric-functions.ts';
import type { Numeric } from '../../types/numeric.ts';
import { OID } from '../../types/type.ts';
import { operator } from '../define.ts';
import type { SqlOperator } from '../function.ts';
import {
  arithmeticKernel,
  type ArithmeticOp,
  checkFloat,
  divideFloats,
  mapKernel,
} from '../kernels/arithmetic.ts';
import { precisePower } from '../kernels/double-double.ts';

type FloatName = 'float4' | 'float8';
const FLOAT_NAMES: readonly FloatName[] = ['float4', 'float8'];
const SYMBOL: Readonly<Record<Exclude<ArithmeticOp, 'mod'>, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
};

function floatOperation(op: ArithmeticOp, isSingle: boolean): (a: number, b: number) => number {
  const round = isSingle ? Math.fround : (value: number) => value;
  switch (op) {
    case 'add':
      return (a, b) => checkFloat(round(a + b), a, b, false);
    case 'sub':
      return (a, b) => checkFloat(round(a - b), a, b, false);
    case 'mul':
      return (a, b) => checkFloat(round(a * b), a, b, true);
    default:
      return (a, b) => divideFloats(a, b, isSingle);
  }
}

/** a ^ b over float8 with the special cases that PostgreSQL takes from POSIX, and its errors. */
export function powerFloat(base: number, exponent: number): number {
  if (base === 1 || exponent === 0) return 1;
  if (Number.isNaN(base) || Number.isNaN(exponent)) return NaN;
  if (base === 0 && exponent < 0) {
    throw dbError(
      'invalid_argument_for_power_function',
      'zero raised to a negative power is undefined',
    );
  }
  if (base < 0 && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    throw dbError(
      'invalid_argument_for_power_function',
      'a negative number raised to a non-integer power yields a complex result',
    );
  }
  if (base === -1 && !Number.isFinite(exponent)) return 1;
  const result = precisePower(base, exponent);
  if (!Number.isFinite(base) || !Number.isFinite(exponent)) return result;
  if (!Number.isFinite(result)) throw floatOverflow();
  if (result === 0 && base !== 0) throw floatUnderflow();
  return result;
}

export function sqrtFloat(value: number): number {
  if (value < 0) {
    throw dbError(
      'invalid_argument_for_power_function',
      'cannot take square root of a negative number',
    );
  }
  return Math.sqrt(value);
}

function floatOperators(): SqlOperator[] {
  const operators: SqlOperator[] = [];
  for (const left of FLOAT_NAMES) {
    for (const right of FLOAT_NAMES) {
      const isSingle = left === 'float4' && right === 'float4';
      const result = isSingle ? 'float4' : 'float8';
      for (const op of ['add', 'sub', 'mul', 'div'] as const) {
        operators.push(
          operator(`${left} ${SYMBOL[op]} ${right} = ${result}`, floatOperation(op, isSingle), {
            kernel: arithmeticKernel(op, result, OID[result]),
          }),
        );
      }
    }
  }
  for (const type of FLOAT_NAMES) {
    const kernelOf = (apply: (value: number) => number) => ({
      kernel: mapKernel(apply, OID[type]),
    });
    const negate = (value: number): number => -value;
    operators.push(
      operator(`- ${type} = ${type}`, negate, kernelOf(negate)),
      operator(`+ ${type} = ${type}`, (value: number) => value),
      operator(`@ ${type} = ${type}`, Math.abs, kernelOf(Math.abs)),
    );
  }
  operators.push(
    operator('float8 ^ float8 = float8', powerFloat),
    operator('|/ float8 = float8', sqrtFloat),
    operator('||/ float8 = float8', (value: number) => Math.cbrt(value)),
  );
  return operators;
}

const numericOperators: readonly SqlOperator[] = [
  operator('numeric + numeric = numeric', addNumeric),
  operator('numeric - numeric = numeric', subtractNumeric),
  operator('numeric * numeric = numeric', multiplyNumeric),
  operator('numeric / numeric = numeric', divideNumeric),
  operator('numeric % numeric = numeric', moduloNumeric),
  operator('numeric ^ numeric = numeric', powerNumeric),
  operator('- numeric = numeric', negateNumeric),
  operator('+ numeric = numeric', (value: Numeric) => value),
  operator('@ numeric = numeric', absNumeric),
];

export const floatArithmeticOperators: readonly SqlOperator[] = [
  ...floatOperators(),
  ...numericOperators,
];
