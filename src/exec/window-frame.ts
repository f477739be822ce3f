/** The frame of every row of one sorted partition, for all modes. */
import { dbError } from '../errors/db-error.ts';
import type { FrameBound, SortKey, WindowFrame } from '../plan/physical.ts';
import { comparatorFor } from '../types/compare.ts';
import type { Value } from '../types/value.ts';
import { constantVector } from '../vector/builder.ts';
import { valueAt, type Vector } from '../vector/vector.ts';
import { bindValue } from './bind-scan.ts';
import { stretches, type ExecContext } from './operator.ts';
import { evaluateInTurns } from './run.ts';

/** Frames as [start, end) within the partition; start never exceeds end. */
export interface Frames {
  readonly start: Int32Array;
  readonly end: Int32Array;
}

/** Rows looked at between two checkpoints. */
const STEP_ROWS = 65_536;

/** Peer groups of a partition: rows with equal ORDER BY keys. */
export class Peers {
  readonly length: number;
  /** Number of the peer group of each row. */
  readonly groupOf: Int32Array;
  /** First row of each group, and the partition's length at the end. */
  readonly starts: Int32Array;

  private constructor(groupOf: Int32Array, starts: Int32Array) {
    this.length = groupOf.length;
    this.groupOf = groupOf;
    this.starts = starts;
  }

  static async of(
    length: number,
    samePeer: (a: number, b: number) => boolean,
    context: ExecContext,
  ): Promise<Peers> {
    const groupOf = new Int32Array(length);
    let groups = 0;
    await stretches(length, STEP_ROWS, context, (start, end) => {
      for (let i = start; i < end; i++) {
        if (i === 0 || !samePeer(i - 1, i)) groups++;
        groupOf[i] = groups - 1;
      }
    });
    const starts = new Int32Array(groups + 1).fill(length, groups);
    await stretches(length, STEP_ROWS, context, (start, end) => {
      for (let i = end - 1; i >= start; i--) {
        if (i === 0 || groupOf[i - 1] !== groupOf[i]) starts[groupOf[i]] = i;
      }
    });
    return new Peers(groupOf, starts);
  }

  start(row: number): number {
    return this.starts[this.groupOf[row]];
  }

  end(row: number): number {
    return this.starts[this.groupOf[row] + 1];
  }

  get groups(): number {
    return this.starts.length - 1;
  }
}

/** A frame clause with its offsets evaluated. */
export interface BoundFrame {
  readonly frame: WindowFrame;
  readonly startOffset: Value;
  readonly endOffset: Value;
}

export async function bindFrame(frame: WindowFrame, context: ExecContext): Promise<BoundFrame> {
  const startOffset = await boundOffset(frame, frame.start, 'starting', context);
  const endOffset = await boundOffset(frame, frame.end, 'ending', context);
  return { frame, startOffset, endOffset };
}

async function boundOffset(
  frame: WindowFrame,
  bound: FrameBound,
  which: 'starting' | 'ending',
  context: ExecContext,
): Promise<Value> {
  if (bound.kind !== 'preceding' && bound.kind !== 'following') return null;
  const value = await bindValue(bound.offset, context);
  if (value === null) {
    throw dbError('null_value_not_allowed', `frame ${which} offset must not be null`);
  }
  if (frame.mode === 'range') {
    if (isNegative(value)) {
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

/** The frames of all rows; `key` is the partition's single sort key for RANGE with offsets. */
export async function framesOf(
  bound: BoundFrame,
  peers: Peers,
  key: Vector | undefined,
  orderBy: readonly SortKey[],
  context: ExecContext,
): Promise<Frames> {
  const { frame, startOffset, endOffset } = bound;
  const input = { frame, peers, key, orderBy, context };
  const start = await boundRows(input, frame.start, startOffset, 'start');
  const end = await boundRows(input, frame.end, endOffset, 'end');
  await stretches(peers.length, STEP_ROWS, context, (first, last) => {
    for (let i = first; i < last; i++) if (end[i] < start[i]) end[i] = start[i];
  });
  return { start, end };
}

type Side = 'start' | 'end';

interface BoundInput {
  readonly frame: WindowFrame;
  readonly peers: Peers;
  readonly key: Vector | undefined;
  readonly orderBy: readonly SortKey[];
  readonly context: ExecContext;
}

async function boundRows(
  input: BoundInput,
  bound: FrameBound,
  offset: Value,
  side: Side,
): Promise<Int32Array> {
  const { frame, peers, context } = input;
  const { length } = peers;
  const rows = new Int32Array(length);
  if (bound.kind === 'unbounded-preceding') return rows;
  if (bound.kind === 'unbounded-following') return rows.fill(length);
  const rowOf =
    bound.kind === 'current-row'
      ? currentRow(frame, peers, side)
      : frame.mode === 'range'
        ? await rangeRow(input, bound.kind === 'preceding' ? -1 : 1, offset, side)
        : distantRow(frame, peers, bound.kind === 'preceding' ? -1 : 1, offset, side);
  await stretches(length, STEP_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) rows[i] = rowOf(i);
  });
  return rows;
}

function currentRow({ mode }: WindowFrame, peers: Peers, side: Side): (row: number) => number {
  if (mode === 'rows') return side === 'start' ? (row) => row : (row) => row + 1;
  return side === 'start' ? (row) => peers.start(row) : (row) => peers.end(row);
}

/** ROWS and GROUPS with an offset. */
function distantRow(
  { mode }: WindowFrame,
  peers: Peers,
  sign: number,
  offset: Value,
  side: Side,
): (row: number) => number {
  const { length, starts, groupOf, groups } = peers;
  const by = sign * Number(offset) + (side === 'end' ? 1 : 0);
  if (mode === 'rows') return (row) => Math.min(Math.max(row + by, 0), length);
  return (row) => starts[Math.min(Math.max(groupOf[row] + by, 0), groups)];
}

/** RANGE with an offset: the bound is where `key ± offset` would stand in the partition. */
async function rangeRow(
  { frame, peers, key, orderBy, context }: BoundInput,
  sign: number,
  offset: Value,
  side: Side,
): Promise<(row: number) => number> {
  const sortKey = key!;
  const { length } = peers;
  const { descending } = orderBy[0];
  const { plus, minus } = frame.rangeAdd!;
  const expr = sign > 0 !== descending ? plus : minus;
  const bound = side === 'start' ? frame.start : frame.end;
  const type = 'offset' in bound ? bound.offset.type : sortKey.type;
  const columns = [sortKey, constantVector(type, offset, length)];
  const [limits] = await evaluateInTurns([expr], { columns, length }, context);
  const compare = comparatorFor(sortKey.type.oid);
  const [first, last] = presentRows(sortKey, length);
  return (row) => {
    const limit = valueAt(limits, row);
    if (valueAt(sortKey, row) === null || limit === null) {
      return side === 'start' ? peers.start(row) : peers.end(row);
    }
    let low = first;
    let high = last;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compare(valueAt(sortKey, middle)!, limit) * (descending ? -1 : 1);
      if (side === 'start' ? order < 0 : order <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** The stretch of rows whose key is not NULL: NULLs stand together at one end. */
function presentRows(key: Vector, length: number): [number, number] {
  let first = 0;
  let last = length;
  while (first < last && valueAt(key, first) === null) first++;
  while (last > first && valueAt(key, last - 1) === null) last--;
  return [first, last];
}
