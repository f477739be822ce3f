/** The window functions proper. Row numbers count within the partition. */
import { dbError } from '../../errors/db-error.ts';
import type { Value } from '../../types/value.ts';
import { isNullAt, valueAt, type Vector } from '../../vector/vector.ts';
import { parseSignature } from '../define.ts';
import type { RowValue, WindowFunction, WindowPartition } from '../function.ts';

function windowFunction(
  signature: string,
  compute: (partition: WindowPartition) => RowValue,
): WindowFunction {
  const { name, argTypes, returnType } = parseSignature(signature);
  return { kind: 'window', name, argTypes, returnType, volatility: 'immutable', compute };
}

function denseRanks(partition: WindowPartition): RowValue {
  let rank = 0;
  return (row) => {
    if (partition.peerStart(row) === row) rank++;
    return rank;
  };
}

/** ntile(n): the first rows make the larger buckets. */
function ntile(partition: WindowPartition): RowValue {
  const count = partition.length;
  const argument = partition.args[0] as Vector;
  if (count === 0) return () => null;
  const buckets = valueAt(argument, 0) as number | null;
  if (buckets === null) return () => null;
  if (buckets <= 0) {
    throw dbError(
      'invalid_argument_for_ntile_function',
      'argument of ntile must be greater than zero',
    );
  }
  const size = Math.floor(count / buckets);
  const larger = count % buckets;
  const border = larger * (size + 1);
  return (row) =>
    row < border
      ? Math.floor(row / (size + 1)) + 1
      : larger + Math.floor((row - border) / size) + 1;
}

/** lag (direction -1) and lead (1) with their optional distance and default. */
function shifted(direction: -1 | 1): (partition: WindowPartition) => RowValue {
  return (partition) => {
    const [value, offset, fallback] = partition.args as readonly [Vector, Vector?, Vector?];
    return (row) => {
      let distance: Value = 1;
      if (offset !== undefined) {
        distance = valueAt(offset, row);
        if (distance === null) return null;
      }
      const target = row + direction * Number(distance);
      if (target >= 0 && target < partition.length) return valueAt(value, target);
      return fallback === undefined ? null : valueAt(fallback, row);
    };
  };
}

/** The n-th row (from 0) of the frame, rows that EXCLUDE removes left out; -1 where there is none. */
function frameRow(partition: WindowPartition, row: number, n: number): number {
  const start = partition.frameStart(row);
  const end = partition.frameEnd(row);
  if (!partition.excludesRows) return start + n < end ? start + n : -1;
  let seen = 0;
  for (let i = start; i < end; i++) {
    if (partition.isExcluded(row, i)) continue;
    if (seen++ === n) return i;
  }
  return -1;
}

function lastFrameRow(partition: WindowPartition, row: number): number {
  const start = partition.frameStart(row);
  for (let i = partition.frameEnd(row) - 1; i >= start; i--) {
    if (!partition.isExcluded(row, i)) return i;
  }
  return -1;
}

function valueOrNull(vector: Vector, row: number): Value {
  return row < 0 ? null : valueAt(vector, row);
}

function nthValue(partition: WindowPartition): RowValue {
  const [value, position] = partition.args as readonly [Vector, Vector];
  return (row) => {
    if (isNullAt(position, row)) return null;
    const n = valueAt(position, row) as number;
    if (n <= 0) {
      throw dbError(
        'invalid_argument_for_nth_value_function',
        'argument of nth_value must be greater than zero',
      );
    }
    return valueOrNull(value, frameRow(partition, row, n - 1));
  };
}

export const windowFunctions: readonly WindowFunction[] = [
  windowFunction('row_number() int8', () => (row) => row + 1),
  windowFunction('rank() int8', (partition) => (row) => partition.peerStart(row) + 1),
  windowFunction('dense_rank() int8', denseRanks),
  windowFunction(
    'percent_rank() float8',
    (partition) => (row) =>
      partition.length <= 1 ? 0 : partition.peerStart(row) / (partition.length - 1),
  ),
  windowFunction(
    'cume_dist() float8',
    (partition) => (row) => partition.peerEnd(row) / partition.length,
  ),
  windowFunction('ntile(int4) int4', ntile),
  windowFunction('lag(anyelement) anyelement', shifted(-1)),
  windowFunction('lag(anyelement, int4) anyelement', shifted(-1)),
  windowFunction('lag(anycompatible, int4, anycompatible) anycompatible', shifted(-1)),
  windowFunction('lead(anyelement) anyelement', shifted(1)),
  windowFunction('lead(anyelement, int4) anyelement', shifted(1)),
  windowFunction('lead(anycompatible, int4, anycompatible) anycompatible', shifted(1)),
  windowFunction(
    'first_value(anyelement) anyelement',
    (partition) => (row) => valueOrNull(partition.args[0] as Vector, frameRow(partition, row, 0)),
  ),
  windowFunction(
    'last_value(anyelement) anyelement',
    (partition) => (row) => valueOrNull(partition.args[0] as Vector, lastFrameRow(partition, row)),
  ),
  windowFunction('nth_value(anyelement, int4) anyelement', nthValue),
];
