/** Mathematical functions over integers, float8 and numeric. */
import { dbError } from '../../errors/db-error.ts';
import { floatOverflow, floatUnderflow, roundHalfEven } from '../../types/float.ts';
import { intOutOfRange } from '../../types/int.ts';
import {
  absNumeric,
  ceilNumeric,
  divideTruncate,
  factorialNumeric,
  floorNumeric,
  gcdNumeric,
  lcmNumeric,
  minScaleOf,
  moduloNumeric,
  roundNumeric,
  scaleOf,
  signNumeric,
  trimScaleNumeric,
  truncateNumeric,
} from '../../types/numeric-arithmetic.ts';
import {
  expNumeric,
  lnNumeric,
  logNumeric,
  powerNumeric,
  sqrtNumeric,
} from '../../types/numeric-functions.ts';
import { Numeric } from '../../types/numeric.ts';
import { OID } from '../../types/type.ts';
import type { Int64 } from '../../types/value.ts';
import { scalar } from '../define.ts';
import { preciseExp, preciseLog, preciseLog10 } from '../kernels/double-double.ts';
import type { ScalarFunction } from '../function.ts';
import { arithmeticKernel, mapKernel } from '../kernels/arithmetic.ts';
import { powerFloat, sqrtFloat } from '../operators/float-arithmetic.ts';
import { absoluteInt, checkInt64, intOperation } from '../operators/int-arithmetic.ts';

const INTS = ['int2', 'int4', 'int8'] as const;
const TEN = new Numeric(10n, 0);

function checkLogarithm(value: number): void {
  if (value === 0) throw dbError('invalid_argument_for_logarithm', 'cannot take logarithm of zero');
  if (value < 0) {
    throw dbError('invalid_argument_for_logarithm', 'cannot take logarithm of a negative number');
  }
}

function logFloat(apply: (value: number) => number): (value: number) => number {
  return (value) => {
    checkLogarithm(value);
    return apply(value);
  };
}

function expFloat(value: number): number {
  const result = preciseExp(value);
  if (result === Infinity && value !== Infinity) throw floatOverflow();
  if (result === 0 && value !== -Infinity) throw floatUnderflow();
  return result;
}

/** The greatest common divisor; PostgreSQL's errors for the minimum whose absolute value overflows. */
function gcdInt(a: Int64, b: Int64, type: 'int4' | 'int8'): Int64 {
  let x = BigInt(a);
  let y = BigInt(b);
  while (y !== 0n) [x, y] = [y, x % y];
  return narrow(x < 0n ? -x : x, type);
}

function lcmInt(a: Int64, b: Int64, type: 'int4' | 'int8'): Int64 {
  if (a === 0 || b === 0) return 0;
  const product = (BigInt(a) / BigInt(gcdInt(a, b, 'int8'))) * BigInt(b);
  return narrow(product < 0n ? -product : product, type);
}

function narrow(value: bigint, type: 'int4' | 'int8'): Int64 {
  if (type === 'int4' && value > 2147483647n) throw intOutOfRange('integer');
  return checkInt64(value);
}

/** A float8 function of one argument, with a kernel. */
function unary(name: string, apply: (value: number) => number): ScalarFunction {
  return scalar(`${name}(float8) float8`, apply, { kernel: mapKernel(apply, OID.float8) });
}

function absoluteFunctions(): ScalarFunction[] {
  return [
    ...INTS.map((type) =>
      scalar(`abs(${type}) ${type}`, (value: Int64) => absoluteInt(value, type)),
    ),
    scalar('abs(float4) float4', Math.abs, { kernel: mapKernel(Math.abs, OID.float4) }),
    unary('abs', Math.abs),
    scalar('abs(numeric) numeric', absNumeric),
  ];
}

function integerFunctions(): ScalarFunction[] {
  return [
    ...INTS.map((type) =>
      scalar(`mod(${type}, ${type}) ${type}`, intOperation('mod', type), {
        kernel: arithmeticKernel('mod', type, OID[type]),
      }),
    ),
    ...(['int4', 'int8'] as const).flatMap((type) => [
      scalar(`gcd(${type}, ${type}) ${type}`, (a: Int64, b: Int64) => gcdInt(a, b, type)),
      scalar(`lcm(${type}, ${type}) ${type}`, (a: Int64, b: Int64) => lcmInt(a, b, type)),
    ]),
    scalar('factorial(int8) numeric', factorialNumeric),
  ];
}

function numericFunctions(): ScalarFunction[] {
  return [
    scalar('mod(numeric, numeric) numeric', moduloNumeric),
    scalar('gcd(numeric, numeric) numeric', gcdNumeric),
    scalar('lcm(numeric, numeric) numeric', lcmNumeric),
    scalar('div(numeric, numeric) numeric', divideTruncate),
    scalar('ceil(numeric) numeric', ceilNumeric),
    scalar('ceiling(numeric) numeric', ceilNumeric),
    scalar('floor(numeric) numeric', floorNumeric),
    scalar('sign(numeric) numeric', signNumeric),
    scalar('round(numeric) numeric', (value: Numeric) => roundNumeric(value, 0)),
    scalar('round(numeric, int4) numeric', roundNumeric),
    scalar('trunc(numeric) numeric', (value: Numeric) => truncateNumeric(value, 0)),
    scalar('trunc(numeric, int4) numeric', truncateNumeric),
    scalar('sqrt(numeric) numeric', sqrtNumeric),
    scalar('exp(numeric) numeric', expNumeric),
    scalar('ln(numeric) numeric', lnNumeric),
    scalar('log(numeric) numeric', (value: Numeric) => logNumeric(TEN, value)),
    scalar('log10(numeric) numeric', (value: Numeric) => logNumeric(TEN, value)),
    scalar('log(numeric, numeric) numeric', logNumeric),
    scalar('power(numeric, numeric) numeric', powerNumeric),
    scalar('pow(numeric, numeric) numeric', powerNumeric),
    scalar('scale(numeric) int4', (value: Numeric) => scaleOf(value) ?? null),
    scalar('min_scale(numeric) int4', (value: Numeric) => minScaleOf(value) ?? null),
    scalar('trim_scale(numeric) numeric', trimScaleNumeric),
  ];
}

/** sign() of NaN is 0, as of zero. */
const signFloat = (value: number): number => (value > 0 ? 1 : value < 0 ? -1 : 0);

function floatFunctions(): ScalarFunction[] {
  return [
    unary('ceil', Math.ceil),
    unary('ceiling', Math.ceil),
    unary('floor', Math.floor),
    unary('round', roundFloat),
    unary('trunc', Math.trunc),
    unary('sign', signFloat),
    unary('sqrt', sqrtFloat),
    unary('cbrt', Math.cbrt),
    unary('exp', expFloat),
    unary('ln', logFloat(preciseLog)),
    unary('log', logFloat(preciseLog10)),
    unary('log10', logFloat(preciseLog10)),
    unary('degrees', (value) => value / (Math.PI / 180)),
    unary('radians', (value) => value * (Math.PI / 180)),
    scalar('power(float8, float8) float8', powerFloat),
    scalar('pow(float8, float8) float8', powerFloat),
    scalar('pi() float8', () => Math.PI),
  ];
}

/** rint() of any double: ties to even, and -0, NaN and infinities stay. */
export function roundFloat(value: number): number {
  if (!Number.isFinite(value)) return value;
  const rounded = roundHalfEven(value);
  return rounded === 0 && (value < 0 || Object.is(value, -0)) ? -0 : rounded;
}

export const mathFunctions: readonly ScalarFunction[] = [
  ...absoluteFunctions(),
  ...integerFunctions(),
  ...numericFunctions(),
  ...floatFunctions(),
];
