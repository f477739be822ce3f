/** The window functions proper: numbers made of the borders of partitions, and rows picked out of them. */
import { dbError } from '../../errors/db-error.ts';
import { concat } from '../../vector/concat.ts';
import { gather, gatherOrNull, slice } from '../../vector/gather.ts';
import { isNullAt, valueAt, type Vector } from '../../vector/vector.ts';
import { parseSignature } from '../define.ts';
import type { CallInfo, RowStretches, RowValues, WindowFunction, WindowRows } from '../function.ts';

function windowFunction(signature: string, compute: WindowFunction['compute']): WindowFunction {
  const { name, argTypes, returnType } = parseSignature(signature);
  return { kind: 'window', name, argTypes, returnType, volatility: 'immutable', compute };
}

/** Writes a number for each of rows start..end-1 to the front of `into`; NaN stands for NULL. */
type Fill = (into: Float64Array, start: number, end: number) => void;

/** A function whose values are numbers that follow from a row's place. */
function numbering(signature: string, fillOf: (rows: WindowRows) => Fill): WindowFunction {
  return windowFunction(signature, (rows, call) => {
    const fill = fillOf(rows);
    return (start, end) => {
      const data = new Float64Array(end - start);
      fill(data, start, end);
      return numbers(data, call);
    };
  });
}

function numbers(data: Float64Array, { returnType: type }: CallInfo): Vector {
  const { length } = data;
  let nulls: Uint8Array | undefined;
  for (let i = 0; i < length; i++) {
    if (data[i] === data[i]) continue;
    nulls ??= new Uint8Array(length);
    nulls[i] = 1;
    data[i] = 0;
  }
  return { rep: 'f64', type, length, data, nulls };
}

const startOf = ({ groupOf, starts }: RowStretches, row: number): number =>
  starts[groupOf[row] as number] as number;
const endOf = ({ groupOf, starts }: RowStretches, row: number): number =>
  starts[(groupOf[row] as number) + 1] as number;

const rowNumbers =
  ({ partitions }: WindowRows): Fill =>
  (into, start, end) => {
    for (let row = start; row < end; row++) into[row - start] = row - startOf(partitions, row) + 1;
  };

const ranks =
  ({ partitions, peers }: WindowRows): Fill =>
  (into, start, end) => {
    for (let row = start; row < end; row++) {
      into[row - start] = startOf(peers, row) - startOf(partitions, row) + 1;
    }
  };

const denseRanks =
  ({ partitions, peers: { groupOf } }: WindowRows): Fill =>
  (into, start, end) => {
    for (let row = start; row < end; row++) {
      const first = groupOf[startOf(partitions, row)] as number;
      into[row - start] = (groupOf[row] as number) - first + 1;
    }
  };

const percentRanks =
  ({ partitions, peers }: WindowRows): Fill =>
  (into, start, end) => {
    for (let row = start; row < end; row++) {
      const first = startOf(partitions, row);
      const others = endOf(partitions, row) - first - 1;
      into[row - start] = others === 0 ? 0 : (startOf(peers, row) - first) / others;
    }
  };

const shares =
  ({ partitions, peers }: WindowRows): Fill =>
  (into, start, end) => {
    for (let row = start; row < end; row++) {
      const first = startOf(partitions, row);
      into[row - start] = (endOf(peers, row) - first) / (endOf(partitions, row) - first);
    }
  };

/** ntile(n): the first rows make the larger buckets. n is that of the partition's first row. */
const tiles =
  ({ partitions, args }: WindowRows): Fill =>
  (into, start, end) => {
    for (let row = start; row < end; row++) {
      const first = startOf(partitions, row);
      const buckets = valueAt(args[0] as Vector, first) as number | null;
      if (buckets !== null && buckets <= 0) {
        throw dbError(
          'invalid_argument_for_ntile_function',
          'argument of ntile must be greater than zero',
        );
      }
      into[row - start] =
        buckets === null ? NaN : tile(row - first, endOf(partitions, row) - first, buckets);
    }
  };

function tile(row: number, count: number, buckets: number): number {
  const size = Math.floor(count / buckets);
  const larger = count % buckets;
  const border = larger * (size + 1);
  return row < border
    ? Math.floor(row / (size + 1)) + 1
    : larger + Math.floor((row - border) / size) + 1;
}

/** Row that stands for NULL. */
const NO_ROW = -1;

/** Writes for each of rows start..end-1 the row whose value it gets to the front of `into`. */
type Pick = (into: Int32Array, start: number, end: number) => void;

function picking(pick: Pick, source: Vector): RowValues {
  return (start, end) => {
    const picked = new Int32Array(end - start);
    pick(picked, start, end);
    return gatherOrNull(source, picked);
  };
}

/** lag (direction -1) and lead (1) with their optional distance and default. */
function shifted(direction: -1 | 1): WindowFunction['compute'] {
  return ({ partitions, args }) => {
    const [value, distance, fallback] = args as readonly [Vector, Vector?, Vector?];
    const pick: Pick = (into, start, end) => {
      for (let row = start; row < end; row++) {
        const by = distance === undefined ? 1 : (valueAt(distance, row) as number | null);
        const target = by === null ? NO_ROW : row + direction * by;
        const isInside = target >= startOf(partitions, row) && target < endOf(partitions, row);
        into[row - start] = isInside ? target : NO_ROW;
      }
    };
    const values = picking(pick, value);
    if (distance === undefined || fallback === undefined) return values;
    return (start, end) => withDefaults(values(start, end), distance, fallback, pick, start, end);
  };
}

/** Rows whose target lies outside their partition get the default of their own row. */
function withDefaults(
  values: Vector,
  distance: Vector,
  fallback: Vector,
  pick: Pick,
  start: number,
  end: number,
): Vector {
  const length = end - start;
  const from = new Int32Array(length);
  pick(from, start, end);
  let outside = 0;
  for (let i = 0; i < length; i++) {
    const isOutside = from[i] === NO_ROW && !isNullAt(distance, start + i);
    from[i] = isOutside ? length + i : i;
    if (isOutside) outside++;
  }
  if (outside === 0) return values;
  return gather(concat(values.type, [values, slice(fallback, start, end)]), from);
}

/** The n-th row (from 0) of the frame, rows that EXCLUDE removes left out. */
function frameRow(rows: WindowRows, row: number, n: number): number {
  const start = rows.frames.start[row] as number;
  const end = rows.frames.end[row] as number;
  if (!rows.excludesRows) return start + n < end ? start + n : NO_ROW;
  let seen = 0;
  for (let i = start; i < end; i++) {
    if (rows.isExcluded(row, i)) continue;
    if (seen++ === n) return i;
  }
  return NO_ROW;
}

function lastFrameRow(rows: WindowRows, row: number): number {
  const start = rows.frames.start[row] as number;
  for (let i = (rows.frames.end[row] as number) - 1; i >= start; i--) {
    if (!rows.isExcluded(row, i)) return i;
  }
  return NO_ROW;
}

/** The value at a row of each row's frame. */
function framePick(find: (rows: WindowRows, row: number) => number): WindowFunction['compute'] {
  return (rows) =>
    picking((into, start, end) => {
      for (let row = start; row < end; row++) into[row - start] = find(rows, row);
    }, rows.args[0] as Vector);
}

function nthRow(rows: WindowRows, row: number): number {
  const n = valueAt(rows.args[1] as Vector, row) as number | null;
  if (n === null) return NO_ROW;
  if (n <= 0) {
    throw dbError(
      'invalid_argument_for_nth_value_function',
      'argument of nth_value must be greater than zero',
    );
  }
  return frameRow(rows, row, n - 1);
}

const firstRow = (rows: WindowRows, row: number): number => frameRow(rows, row, 0);

export const windowFunctions: readonly WindowFunction[] = [
  numbering('row_number() int8', rowNumbers),
  numbering('rank() int8', ranks),
  numbering('dense_rank() int8', denseRanks),
  numbering('percent_rank() float8', percentRanks),
  numbering('cume_dist() float8', shares),
  numbering('ntile(int4) int4', tiles),
  windowFunction('lag(anyelement) anyelement', shifted(-1)),
  windowFunction('lag(anyelement, int4) anyelement', shifted(-1)),
  windowFunction('lag(anycompatible, int4, anycompatible) anycompatible', shifted(-1)),
  windowFunction('lead(anyelement) anyelement', shifted(1)),
  windowFunction('lead(anyelement, int4) anyelement', shifted(1)),
  windowFunction('lead(anycompatible, int4, anycompatible) anycompatible', shifted(1)),
  windowFunction('first_value(anyelement) anyelement', framePick(firstRow)),
  windowFunction('last_value(anyelement) anyelement', framePick(lastFrameRow)),
  windowFunction('nth_value(anyelement, int4) anyelement', framePick(nthRow)),
];
