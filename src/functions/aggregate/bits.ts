/** bool_and, bool_or, every, and the bitwise aggregates. */
import type { Int64, Value } from '../../types/value.ts';
import { toInt64 } from '../../types/value.ts';
import { aggregate } from '../define.ts';
import type { Accumulator, AggregateFunction, CallInfo } from '../function.ts';
import { StateAccumulator } from './accumulator.ts';

/** Folds the non-NULL values; the first is taken as it is. */
function folding<T extends Value>(call: CallInfo, fold: (a: T, b: T) => T): Accumulator {
  return new StateAccumulator<T | null>({
    type: call.returnType,
    skipNulls: true,
    create: () => null,
    add: (state, args) => (state === null ? (args[0] as T) : fold(state, args[0] as T)),
    finish: (state) => state,
  });
}

const ANY_ORDER = { orderInsensitive: true } as const;

const BIT_FOLDS: readonly (readonly [string, (a: bigint, b: bigint) => bigint])[] = [
  ['bit_and', (a, b) => a & b],
  ['bit_or', (a, b) => a | b],
  ['bit_xor', (a, b) => a ^ b],
];

export const bitAggregates: readonly AggregateFunction[] = [
  ...['bool_and', 'every'].map((name) =>
    aggregate(`${name}(bool) bool`, (call) => folding<boolean>(call, (a, b) => a && b), ANY_ORDER),
  ),
  aggregate('bool_or(bool) bool', (call) => folding<boolean>(call, (a, b) => a || b), ANY_ORDER),
  ...BIT_FOLDS.flatMap(([name, fold]) =>
    ['int2', 'int4', 'int8'].map((type) =>
      aggregate(
        `${name}(${type}) ${type}`,
        (call) =>
          folding<Int64>(call, (a, b) => toInt64(BigInt.asIntN(64, fold(BigInt(a), BigInt(b))))),
        ANY_ORDER,
      ),
    ),
  ),
];
