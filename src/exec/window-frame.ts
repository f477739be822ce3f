/** The frame of every row of sorted partitions, for all modes. */
import { dbError } from '../errors/db-error.ts';
import type { FrameBound, SortKey, WindowFrame } from '../plan/physical.ts';
import { comparatorFor } from '../types/compare.ts';
import type { Interval } from '../types/interval.ts';
import { TimeTz } from '../types/time-tz.ts';
import { OID, type Oid } from '../types/type.ts';
import type { Int64, Value } from '../types/value.ts';
import { constantVector } from '../vector/builder.ts';
import { isNullAt, valueAt, type Vector } from '../vector/vector.ts';
import { bindValue } from './bind-scan.ts';
import { stretches, type ExecContext } from './operator.ts';
import { evaluateInTurns } from './run.ts';
import type { SortedRows } from './window-rows.ts';

/** Frames as [start, end); start never exceeds end, and both lie within the row's partition. */
export interface Frames {
  readonly start: Int32Array;
  readonly end: Int32Array;
}

/** Rows looked at between two checkpoints. */
const STEP_ROWS = 65_536;

/** A frame clause with its offsets evaluated. */
export interface BoundFrame {
  readonly frame: WindowFrame;
  readonly startOffset: Value;
  readonly endOffset: Value;
}

export async function bindFrame(
  frame: WindowFrame,
  orderBy: readonly SortKey[],
  context: ExecContext,
): Promise<BoundFrame> {
  const key = orderBy[0]?.expr.type.oid;
  const startOffset = await boundOffset(frame, frame.start, key, 'starting', context);
  const endOffset = await boundOffset(frame, frame.end, key, 'ending', context);
  return { frame, startOffset, endOffset };
}

async function boundOffset(
  frame: WindowFrame,
  bound: FrameBound,
  key: Oid | undefined,
  which: 'starting' | 'ending',
  context: ExecContext,
): Promise<Value> {
  if (bound.kind !== 'preceding' && bound.kind !== 'following') return null;
  const value = await bindValue(bound.offset, context);
  if (value === null) {
    throw dbError('null_value_not_allowed', `frame ${which} offset must not be null`);
  }
  if (frame.mode === 'range') {
    if (isNegative(isTime(key) ? (value as Interval).micros : value)) {
      throw dbError(
        'invalid_preceding_or_following_size',
        'invalid preceding or following size in window function',
      );
    }
    return value;
  }
  if (Number(value) < 0) {
    throw dbError(
      'invalid_preceding_or_following_size',
      `frame ${which} offset must not be negative`,
    );
  }
  return value;
}

function isNegative(value: NonNullable<Value>): boolean {
  if (typeof value === 'number' || typeof value === 'bigint') return value < 0 || value !== value;
  if (typeof value !== 'object') return false;
  if ('unscaled' in value)
    return value.unscaled < 0n || value.kind === '-infinity' || value.kind === 'nan';
  if ('months' in value) {
    const { months, days, micros } = value;
    return (BigInt(months) * 30n + BigInt(days)) * 86_400_000_000n + BigInt(micros) < 0n;
  }
  return false;
}

/** Times of day: of an offset only what is less than days counts. */
const isTime = (oid: Oid | undefined): boolean => oid === OID.time || oid === OID.timetz;

/** The frames of all rows. */
export async function framesOf(
  bound: BoundFrame,
  rows: SortedRows,
  orderBy: readonly SortKey[],
  context: ExecContext,
): Promise<Frames> {
  const { frame, startOffset, endOffset } = bound;
  const input = { frame, rows, orderBy, context };
  const start = await boundRows(input, frame.start, startOffset, 'start');
  const end = await boundRows(input, frame.end, endOffset, 'end');
  await stretches(rows.batch.length, STEP_ROWS, context, (first, last) => {
    for (let i = first; i < last; i++) if (end[i] < start[i]) end[i] = start[i];
  });
  return { start, end };
}

type Side = 'start' | 'end';

interface BoundInput {
  readonly frame: WindowFrame;
  readonly rows: SortedRows;
  readonly orderBy: readonly SortKey[];
  readonly context: ExecContext;
}

async function boundRows(
  input: BoundInput,
  bound: FrameBound,
  offset: Value,
  side: Side,
): Promise<Int32Array> {
  const { frame, rows, context } = input;
  const { length } = rows.batch;
  const bounds = new Int32Array(length);
  const fill =
    bound.kind === 'preceding' || bound.kind === 'following'
      ? await distantRows(input, bound.kind === 'preceding' ? -1 : 1, offset, side)
      : nearRows(frame, bound.kind, rows, side);
  await stretches(length, STEP_ROWS, context, (start, end) => fill(bounds, start, end));
  return bounds;
}

/** Writes the bounds of rows start..end-1. */
type Fill = (bounds: Int32Array, start: number, end: number) => void;

/** Bounds without an offset. */
function nearRows(
  { mode }: WindowFrame,
  kind: Exclude<FrameBound['kind'], 'preceding' | 'following'>,
  { partitions, peers }: SortedRows,
  side: Side,
): Fill {
  if (kind === 'current-row' && mode === 'rows') {
    const by = side === 'start' ? 0 : 1;
    return (bounds, start, end) => {
      for (let i = start; i < end; i++) bounds[i] = i + by;
    };
  }
  const { groupOf, starts } = kind === 'current-row' ? peers : partitions;
  const isStart = kind === 'current-row' ? side === 'start' : kind === 'unbounded-preceding';
  const by = isStart ? 0 : 1;
  return (bounds, start, end) => {
    for (let i = start; i < end; i++) bounds[i] = starts[groupOf[i] + by];
  };
}

async function distantRows(
  input: BoundInput,
  sign: number,
  offset: Value,
  side: Side,
): Promise<Fill> {
  const { frame, rows } = input;
  if (frame.mode === 'range') return await rangeRows(input, sign, offset, side);
  const by = sign * Number(offset) + (side === 'end' ? 1 : 0);
  return frame.mode === 'rows' ? rowsAway(rows, by) : groupsAway(rows, by);
}

/** ROWS with an offset. */
function rowsAway({ partitions }: SortedRows, by: number): Fill {
  return (bounds, start, end) => {
    for (let i = start; i < end; i++) {
      bounds[i] = Math.min(Math.max(i + by, partitions.start(i)), partitions.end(i));
    }
  };
}

/** GROUPS with an offset. */
function groupsAway({ partitions, peers }: SortedRows, by: number): Fill {
  const { groupOf, starts } = peers;
  return (bounds, start, end) => {
    for (let i = start; i < end; i++) {
      const first = groupOf[partitions.start(i)];
      const last = groupOf[partitions.end(i) - 1] + 1;
      bounds[i] = starts[Math.min(Math.max(groupOf[i] + by, first), last)];
    }
  };
}

/** RANGE with an offset: the bound is where `key ± offset` would stand in the partition. */
async function rangeRows(
  { frame, rows, orderBy, context }: BoundInput,
  sign: number,
  offset: Value,
  side: Side,
): Promise<Fill> {
  const { partitions, peers } = rows;
  const { descending } = orderBy[0];
  const isAdded = sign > 0 !== descending;
  const { key, limitOf } = await limitsOf(rows.key!, frame, isAdded, offset, side, context);
  const compare = comparatorFor(key.type.oid);
  let partition = -1;
  let [first, last] = [0, 0];
  const rowOf = (row: number): number => {
    const limit = limitOf(row);
    if (limit === null) {
      return side === 'start' ? peers.start(row) : peers.end(row);
    }
    if (partitions.groupOf[row] !== partition) {
      partition = partitions.groupOf[row];
      [first, last] = presentRows(key, partitions.start(row), partitions.end(row));
    }
    // Infinity less Infinity is no border: all that are numbers lie within.
    const isOpen = isNaNValue(limit) && !isNaNValue(valueAt(key, row)!);
    if (isOpen && (side === 'start') !== descending) return side === 'start' ? first : last;
    const isStrict = (side === 'start') !== isOpen;
    let low = first;
    let high = last;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compare(valueAt(key, middle)!, limit) * (descending ? -1 : 1);
      if (isStrict ? order < 0 : order <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return (bounds, start, end) => {
    for (let i = start; i < end; i++) bounds[i] = rowOf(i);
  };
}

interface Limits {
  /** The sort key as it compares with borders. */
  readonly key: Vector;
  /** The value at a row's border, `key + offset` or `key - offset`; null where there is no key. */
  readonly limitOf: (row: number) => Value;
}

async function limitsOf(
  key: Vector,
  frame: WindowFrame,
  isAdded: boolean,
  offset: Value,
  side: Side,
  context: ExecContext,
): Promise<Limits> {
  const { rangeBorders } = frame;
  if (rangeBorders === undefined) {
    const sum = borderSum(key.type.oid, offset, isAdded);
    const limitOf = (row: number) => {
      const value = valueAt(key, row);
      return value === null ? null : sum(value);
    };
    return { key, limitOf };
  }
  const bound = side === 'start' ? frame.start : frame.end;
  const type = 'offset' in bound ? bound.offset.type : key.type;
  const { length } = key;
  const batch = { columns: [key, constantVector(type, offset, length)], length };
  const [limits, compared] = await evaluateInTurns(
    [isAdded ? rangeBorders.plus : rangeBorders.minus, rangeBorders.key],
    batch,
    context,
  );
  return { key: compared, limitOf: (row) => valueAt(limits, row) };
}

/** A border may lie beyond what its type holds: integers grow, floats become infinite, times do not wrap. */
function borderSum(
  oid: Oid,
  offset: Value,
  isAdded: boolean,
): (value: NonNullable<Value>) => Value {
  if (oid === OID.float4 || oid === OID.float8) {
    const by = isAdded ? (offset as number) : -(offset as number);
    return (value) => (value as number) + by;
  }
  const amount = isTime(oid) ? (offset as Interval).micros : (offset as Int64);
  const by = isAdded ? amount : negated(amount);
  if (oid !== OID.timetz) return (value) => integerSum(value as Int64, by);
  return (value) => {
    const { micros, zoneSecondsWest } = value as TimeTz;
    return new TimeTz(micros + Number(by), zoneSecondsWest);
  };
}

const negated = (value: Int64): Int64 => (typeof value === 'number' ? -value : -value);

function integerSum(a: Int64, b: Int64): Int64 {
  const sum = Number(a) + Number(b);
  return Number.isSafeInteger(sum) ? sum : BigInt(a) + BigInt(b);
}

function isNaNValue(value: NonNullable<Value>): boolean {
  if (typeof value === 'number') return Number.isNaN(value);
  return typeof value === 'object' && 'unscaled' in value && value.kind === 'nan';
}

/** The rows of a partition whose key is not NULL: NULLs stand together at one end. */
function presentRows(key: Vector, start: number, end: number): [number, number] {
  let [first, last] = [start, end];
  while (first < last && isNullAt(key, first)) first++;
  while (last > first && isNullAt(key, last - 1)) last--;
  return [first, last];
}
