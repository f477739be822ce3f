/** random() and setseed(): after setseed a session gets the very sequence that PostgreSQL 15 gives. */
import { dbError } from '../../errors/db-error.ts';
import type { PgArray } from '../../types/pg-array.ts';
import { widthBucketNumeric } from '../../types/numeric-arithmetic.ts';
import { comparatorFor } from '../../types/compare.ts';
import type { Value } from '../../types/value.ts';
import { scalar } from '../define.ts';
import type { CallInfo, EvalContext, ScalarFunction } from '../function.ts';

const MASK = 0xffffffffffffffffn;

/** xoroshiro128**, seeded through splitmix64. */
class SeededRandom {
  #s0: bigint;
  #s1: bigint;

  constructor(seed: number) {
    let state = BigInt.asUintN(64, BigInt(Math.trunc(seed * (2 ** 52 - 1))));
    const splitMix = (): bigint => {
      state = (state + 0x9e3779b97f4a7c15n) & MASK;
      let z = state;
      z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
      z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
      return z ^ (z >> 31n);
    };
    this.#s0 = splitMix();
    this.#s1 = splitMix();
  }

  next(): number {
    const s0 = this.#s0;
    const mixed = this.#s1 ^ s0;
    const value = (rotate((s0 * 5n) & MASK, 7n) * 9n) & MASK;
    this.#s0 = rotate(s0, 24n) ^ mixed ^ ((mixed << 16n) & MASK);
    this.#s1 = rotate(mixed, 37n);
    return Number(value >> 12n) / 2 ** 52;
  }
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}

/** By the session's key. */
const seeded = new WeakMap<object, SeededRandom>();

function random(context: EvalContext): number {
  return seeded.get(context.session.key)?.next() ?? context.random.float();
}

function setSeed(seed: number, context: EvalContext): string {
  if (!(seed >= -1 && seed <= 1)) {
    throw dbError('invalid_parameter_value', {
      message: `setseed parameter ${seed} is out of allowed range [-1,1]`,
    });
  }
  seeded.set(context.session.key, new SeededRandom(seed));
  return '';
}

function bucketError(message: string): Error {
  return dbError('invalid_argument_for_width_bucket_function', message);
}

/** width_bucket over float8: 0 below the range, count + 1 above it. */
export function widthBucket(operand: number, low: number, high: number, count: number): number {
  if (count <= 0) throw bucketError('count must be greater than zero');
  if (Number.isNaN(operand) || Number.isNaN(low) || Number.isNaN(high)) {
    throw bucketError('operand, lower bound, and upper bound cannot be NaN');
  }
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    throw bucketError('lower and upper bounds must be finite');
  }
  if (low === high) throw bucketError('lower bound cannot equal upper bound');
  const [from, to, value] = low < high ? [low, high, operand] : [-low, -high, -operand];
  if (value < from) return 0;
  if (value >= to) {
    if (count === 2147483647) {
      throw dbError('numeric_value_out_of_range', 'integer out of range');
    }
    return count + 1;
  }
  return Math.min(Math.floor((count * (value - from)) / (to - from)) + 1, count);
}

/** width_bucket(value, thresholds): how many of the sorted thresholds the value reaches. */
function widthBucketArray(
  value: Value,
  thresholds: PgArray,
  _context: EvalContext,
  call: CallInfo,
): number {
  if (thresholds.dimensions.length > 1) {
    throw dbError('array_subscript_error', 'thresholds must be one-dimensional array');
  }
  if (thresholds.values.includes(null)) {
    throw dbError('null_value_not_allowed', 'thresholds array must not contain NULLs');
  }
  const compare = comparatorFor((call.argTypes[0] as { oid: number }).oid);
  let low = 0;
  let high = thresholds.values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compare(value as never, thresholds.values[middle] as never);
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

export const randomFunctions: readonly ScalarFunction[] = [
  scalar('random() float8', random, { volatility: 'volatile' }),
  scalar('setseed(float8) void', setSeed, { volatility: 'volatile' }),
  scalar('width_bucket(float8, float8, float8, int4) int4', widthBucket),
  scalar('width_bucket(numeric, numeric, numeric, int4) int4', widthBucketNumeric),
  scalar('width_bucket(anycompatible, anycompatiblearray) int4', widthBucketArray),
];
