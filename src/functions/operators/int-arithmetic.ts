/** Integer arithmetic with PostgreSQL's range checks: smallint, integer and bigint in all mixtures. */
import { OID } from '../../types/type.ts';
import { intOutOfRange } from '../../types/int.ts';
import { INT8_MAX, INT8_MIN, type Int64, toInt64 } from '../../types/value.ts';
import { operator } from '../define.ts';
import type { SqlOperator } from '../function.ts';
import {
  arithmeticKernel,
  type ArithmeticOp,
  divisionByZero,
  mapKernel,
} from '../kernels/arithmetic.ts';

type IntName = 'int2' | 'int4' | 'int8';
const INT_NAMES: readonly IntName[] = ['int2', 'int4', 'int8'];
const LIMIT = { int2: 32768, int4: 2147483648 } as const;
const LABEL = { int2: 'smallint', int4: 'integer', int8: 'bigint' } as const;
const SYMBOL: Readonly<Record<ArithmeticOp, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
};

/** Checks an exact 64-bit result and brings it into canonical form. */
export function checkInt64(value: bigint): Int64 {
  if (value < INT8_MIN || value > INT8_MAX) throw intOutOfRange('bigint');
  return toInt64(value);
}

/** Checks the result of smallint or integer arithmetic; -0 becomes 0. */
function checkNarrow(value: number, type: 'int2' | 'int4'): number {
  const limit = LIMIT[type];
  if (value >= limit || value < -limit) throw intOutOfRange(LABEL[type]);
  return value + 0;
}

export function addInt64(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return checkInt64(BigInt(a) + BigInt(b));
}

export function subtractInt64(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return checkInt64(BigInt(a) - BigInt(b));
}

export function multiplyInt64(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return checkInt64(BigInt(a) * BigInt(b));
}

export function divideInt64(a: Int64, b: Int64): Int64 {
  if (b === 0) throw divisionByZero();
  if (typeof a === 'number' && typeof b === 'number') return (a - (a % b)) / b + 0;
  return checkInt64(BigInt(a) / BigInt(b));
}

export function moduloInt64(a: Int64, b: Int64): Int64 {
  if (b === 0) throw divisionByZero();
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  return toInt64(BigInt(a) % BigInt(b));
}

const WIDE = {
  add: addInt64,
  sub: subtractInt64,
  mul: multiplyInt64,
  div: divideInt64,
  mod: moduloInt64,
} as const;

function narrow(op: ArithmeticOp, type: 'int2' | 'int4'): (a: number, b: number) => number {
  switch (op) {
    case 'add':
      return (a, b) => checkNarrow(a + b, type);
    case 'sub':
      return (a, b) => checkNarrow(a - b, type);
    case 'mul':
      return (a, b) => checkNarrow(a * b, type);
    case 'div':
      return (a, b) => {
        if (b === 0) throw divisionByZero();
        return checkNarrow(Math.trunc(a / b), type);
      };
    case 'mod':
      return (a, b) => {
        if (b === 0) throw divisionByZero();
        return (a % b) + 0;
      };
  }
}

/** a op b for a result type, as functions like mod() use it too. */
export function intOperation(op: ArithmeticOp, type: IntName): (a: number, b: number) => Int64 {
  return type === 'int8' ? WIDE[op] : narrow(op, type);
}

function binaryOperators(): SqlOperator[] {
  const operators: SqlOperator[] = [];
  for (const left of INT_NAMES) {
    for (const right of INT_NAMES) {
      const result = INT_NAMES[
        Math.max(INT_NAMES.indexOf(left), INT_NAMES.indexOf(right))
      ] as IntName;
      for (const op of ['add', 'sub', 'mul', 'div', 'mod'] as const) {
        if (op === 'mod' && left !== right) continue;
        operators.push(
          operator(`${left} ${SYMBOL[op]} ${right} = ${result}`, intOperation(op, result), {
            kernel: arithmeticKernel(op, result, OID[result]),
          }),
        );
      }
    }
  }
  return operators;
}

export function absoluteInt(value: Int64, type: IntName): Int64 {
  return value < 0 ? negateInt(value, type) : value;
}

export function negateInt(value: Int64, type: IntName): Int64 {
  if (typeof value === 'bigint') return checkInt64(-value);
  return type === 'int8' ? 0 - value : checkNarrow(0 - value, type);
}

function bitOperators(type: IntName): SqlOperator[] {
  const isWide = type === 'int8';
  const binary = (
    symbol: string,
    apply: (a: number, b: number) => number,
    wide: Wide,
  ): SqlOperator =>
    operator(`${type} ${symbol} ${type} = ${type}`, isWide ? wideBits(apply, wide) : apply);
  const bits = isWide ? 64 : 32;
  const shift = (
    symbol: string,
    apply: (a: number, b: number) => number,
    wide: Wide,
  ): SqlOperator =>
    operator(
      `${type} ${symbol} int4 = ${type}`,
      isWide
        ? (a: Int64, b: number) =>
            toInt64(BigInt.asIntN(64, wide(BigInt(a), BigInt(b & (bits - 1)))))
        : (a: number, b: number) => (type === 'int2' ? (apply(a, b) << 16) >> 16 : apply(a, b)),
    );
  return [
    binary(
      '&',
      (a, b) => a & b,
      (a, b) => a & b,
    ),
    binary(
      '|',
      (a, b) => a | b,
      (a, b) => a | b,
    ),
    binary(
      '#',
      (a, b) => a ^ b,
      (a, b) => a ^ b,
    ),
    shift(
      '<<',
      (a, b) => a << b,
      (a, b) => a << b,
    ),
    shift(
      '>>',
      (a, b) => a >> b,
      (a, b) => a >> b,
    ),
    operator(`~ ${type} = ${type}`, (a: Int64) => (isWide ? toInt64(~BigInt(a)) : ~(a as number))),
  ];
}

type Wide = (a: bigint, b: bigint) => bigint;

function wideBits(
  apply: (a: number, b: number) => number,
  wide: Wide,
): (a: Int64, b: Int64) => Int64 {
  return (a, b) =>
    isInt32(a) && isInt32(b) ? apply(a, b) : toInt64(BigInt.asIntN(64, wide(BigInt(a), BigInt(b))));
}

function isInt32(value: Int64): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

function unaryOperators(type: IntName): SqlOperator[] {
  return [
    operator(`- ${type} = ${type}`, (value: Int64) => negateInt(value, type), {
      // Only int8 holds values whose negation always fits a vector.
      kernel: type === 'int8' ? mapKernel((value) => 0 - value, OID.int8) : undefined,
    }),
    operator(`+ ${type} = ${type}`, (value: Int64) => value),
    operator(`@ ${type} = ${type}`, (value: Int64) => absoluteInt(value, type)),
  ];
}

export const intArithmeticOperators: readonly SqlOperator[] = [
  ...binaryOperators(),
  ...INT_NAMES.flatMap(bitOperators),
  ...INT_NAMES.flatMap(unaryOperators),
];
