/** Trigonometric and hyperbolic functions in radians and degrees. */
import { dbError } from '../../errors/db-error.ts';
import { OID } from '../../types/type.ts';
import { scalar } from '../define.ts';
import type { ScalarFunction } from '../function.ts';
import { mapKernel } from '../kernels/arithmetic.ts';

function outOfRange(): Error {
  return dbError('numeric_value_out_of_range', 'input is out of range');
}

type Apply = (value: number) => number;

function finite(apply: Apply): Apply {
  return (value) => {
    if (value === Infinity || value === -Infinity) throw outOfRange();
    return apply(value);
  };
}

function within(low: number, high: number, apply: Apply): Apply {
  return (value) => {
    if (value < low || value > high) throw outOfRange();
    return apply(value);
  };
}

const RADIANS_PER_DEGREE = Math.PI / 180;
const SIN_30 = Math.sin(30 * RADIANS_PER_DEGREE);
const ONE_MINUS_COS_60 = 1 - Math.cos(60 * RADIANS_PER_DEGREE);

/** sin of 0..30 degrees and cos of 0..60, scaled so that the borders are exactly one half. */
const sinNarrow: Apply = (x) => Math.sin(x * RADIANS_PER_DEGREE) / SIN_30 / 2;
const cosNarrow: Apply = (x) => 1 - (1 - Math.cos(x * RADIANS_PER_DEGREE)) / ONE_MINUS_COS_60 / 2;
const sinFirstQuadrant: Apply = (x) => (x <= 30 ? sinNarrow(x) : cosNarrow(90 - x));
const cosFirstQuadrant: Apply = (x) => (x <= 60 ? cosNarrow(x) : sinNarrow(90 - x));

function sinDegrees(value: number): number {
  let x = value % 360;
  let sign = 1;
  if (x < 0) [x, sign] = [-x, -sign];
  if (x > 180) [x, sign] = [360 - x, -sign];
  if (x > 90) x = 180 - x;
  return sign * sinFirstQuadrant(x);
}

function cosDegrees(value: number): number {
  let x = Math.abs(value % 360);
  let sign = 1;
  if (x > 180) x = 360 - x;
  if (x > 90) [x, sign] = [180 - x, -sign];
  return sign * cosFirstQuadrant(x);
}

const TAN_45 = sinFirstQuadrant(45) / cosFirstQuadrant(45);

function tanDegrees(value: number): number {
  let x = value % 360;
  let sign = 1;
  if (x < 0) [x, sign] = [-x, -sign];
  if (x > 180) [x, sign] = [360 - x, -sign];
  if (x > 90) [x, sign] = [180 - x, -sign];
  const result = sign * (sinFirstQuadrant(x) / cosFirstQuadrant(x) / TAN_45);
  return result === 0 ? 0 : result;
}

function cotDegrees(value: number): number {
  let x = value % 360;
  let sign = 1;
  if (x < 0) [x, sign] = [-x, -sign];
  if (x > 180) [x, sign] = [360 - x, -sign];
  if (x > 90) [x, sign] = [180 - x, -sign];
  const result = sign * (cosFirstQuadrant(x) / sinFirstQuadrant(x) / (1 / TAN_45));
  return result === 0 ? 0 : result;
}

const ASIN_HALF = Math.asin(0.5);
const ACOS_HALF = Math.acos(0.5);
const ATAN_ONE = Math.atan(1);
const asinQuadrant: Apply = (x) =>
  x <= 0.5 ? (Math.asin(x) / ASIN_HALF) * 30 : 90 - (Math.acos(x) / ACOS_HALF) * 60;
const acosQuadrant: Apply = (x) =>
  x <= 0.5 ? 90 - (Math.asin(x) / ASIN_HALF) * 30 : (Math.acos(x) / ACOS_HALF) * 60;

const asinDegrees: Apply = (x) => (x >= 0 ? asinQuadrant(x) : -asinQuadrant(-x));
const acosDegrees: Apply = (x) => (x >= 0 ? acosQuadrant(x) : 90 + asinQuadrant(-x));
const atanDegrees: Apply = (x) => (Math.atan(x) / ATAN_ONE) * 45;

const UNARY: readonly (readonly [string, Apply])[] = [
  ['sin', finite(Math.sin)],
  ['cos', finite(Math.cos)],
  ['tan', finite(Math.tan)],
  ['cot', finite((value) => 1 / Math.tan(value))],
  ['asin', within(-1, 1, Math.asin)],
  ['acos', within(-1, 1, Math.acos)],
  ['atan', Math.atan],
  ['sind', finite(sinDegrees)],
  ['cosd', finite(cosDegrees)],
  ['tand', finite(tanDegrees)],
  ['cotd', finite(cotDegrees)],
  ['asind', within(-1, 1, asinDegrees)],
  ['acosd', within(-1, 1, acosDegrees)],
  ['atand', atanDegrees],
  ['sinh', Math.sinh],
  ['cosh', Math.cosh],
  ['tanh', Math.tanh],
  ['asinh', Math.asinh],
  ['acosh', within(1, Infinity, Math.acosh)],
  ['atanh', within(-1, 1, Math.atanh)],
];

export const trigonometricFunctions: readonly ScalarFunction[] = [
  ...UNARY.map(([name, apply]) =>
    scalar(`${name}(float8) float8`, apply, { kernel: mapKernel(apply, OID.float8) }),
  ),
  scalar('atan2(float8, float8) float8', (y: number, x: number) => Math.atan2(y, x)),
  scalar(
    'atan2d(float8, float8) float8',
    (y: number, x: number) => (Math.atan2(y, x) / ATAN_ONE) * 45,
  ),
];
