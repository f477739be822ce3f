/** The frame of every row of one sorted partition, for all modes. */
import { dbError } from '../errors/db-error.ts';
import type { FrameBound, SortKey, WindowFrame } from '../plan/physical.ts';
import { comparatorFor } from '../types/compare.ts';
import type { Value } from '../types/value.ts';
import { constantVector } from '../vector/builder.ts';
import { valueAt, type Vector } from '../vector/vector.ts';
import { bindValue } from './bind-scan.ts';
import { compileExpr } from './expression.ts';
import type { ExecContext } from './operator.ts';

/** Frames as [start, end) within the partition; start never exceeds end. */
export interface Frames {
  readonly start: Int32Array;
  readonly end: Int32Array;
}

/** Peer groups of a partition: rows with equal ORDER BY keys. */
export class Peers {
  readonly length: number;
  /** Number of the peer group of each row. */
  readonly groupOf: Int32Array;
  /** First row of each group, and the partition's length at the end. */
  readonly starts: Int32Array;

  constructor(length: number, samePeer: (a: number, b: number) => boolean) {
    this.length = length;
    this.groupOf = new Int32Array(length);
    const starts: number[] = [];
    for (let i = 0; i < length; i++) {
      if (i === 0 || !samePeer(i - 1, i)) starts.push(i);
      this.groupOf[i] = starts.length - 1;
    }
    starts.push(length);
    this.starts = Int32Array.from(starts);
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
export function framesOf(
  bound: BoundFrame,
  peers: Peers,
  key: Vector | undefined,
  orderBy: readonly SortKey[],
  context: ExecContext,
): Frames {
  const { frame, startOffset, endOffset } = bound;
  const start = boundRows(frame, frame.start, startOffset, 'start', peers, key, orderBy, context);
  const end = boundRows(frame, frame.end, endOffset, 'end', peers, key, orderBy, context);
  for (let i = 0; i < peers.length; i++) if (end[i] < start[i]) end[i] = start[i];
  return { start, end };
}

function boundRows(
  frame: WindowFrame,
  bound: FrameBound,
  offset: Value,
  side: 'start' | 'end',
  peers: Peers,
  key: Vector | undefined,
  orderBy: readonly SortKey[],
  context: ExecContext,
): Int32Array {
  const { length } = peers;
  const rows = new Int32Array(length);
  if (bound.kind === 'unbounded-preceding') return rows;
  if (bound.kind === 'unbounded-following') return rows.fill(length);
  if (bound.kind === 'current-row') {
    for (let i = 0; i < length; i++) {
      if (frame.mode === 'rows') rows[i] = side === 'start' ? i : i + 1;
      else rows[i] = side === 'start' ? peers.start(i) : peers.end(i);
    }
    return rows;
  }
  const sign = bound.kind === 'preceding' ? -1 : 1;
  if (frame.mode === 'rows') {
    const by = sign * Number(offset) + (side === 'end' ? 1 : 0);
    for (let i = 0; i < length; i++) rows[i] = Math.min(Math.max(i + by, 0), length);
    return rows;
  }
  if (frame.mode === 'groups') {
    const by = sign * Number(offset) + (side === 'end' ? 1 : 0);
    for (let i = 0; i < length; i++) {
      rows[i] = peers.starts[Math.min(Math.max(peers.groupOf[i] + by, 0), peers.groups)];
    }
    return rows;
  }
  return rangeRows(frame, sign, offset, side, peers, key!, orderBy[0], context);
}

/** RANGE with an offset: the bound is where `key ± offset` would stand in the partition. */
function rangeRows(
  frame: WindowFrame,
  sign: number,
  offset: Value,
  side: 'start' | 'end',
  peers: Peers,
  key: Vector,
  { descending }: SortKey,
  context: ExecContext,
): Int32Array {
  const { length } = peers;
  const { plus, minus } = frame.rangeAdd!;
  const expr = sign > 0 !== descending ? plus : minus;
  const bound = side === 'start' ? frame.start : frame.end;
  const type = 'offset' in bound ? bound.offset.type : key.type;
  const offsets = constantVector(type, offset, length);
  const limits = compileExpr(expr).evaluate({ columns: [key, offsets], length }, context);
  const compare = comparatorFor(key.type.oid);
  const [first, last] = presentRows(key, length);
  const rows = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const limit = valueAt(limits, i);
    if (valueAt(key, i) === null || limit === null) {
      rows[i] = side === 'start' ? peers.start(i) : peers.end(i);
      continue;
    }
    let low = first;
    let high = last;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compare(valueAt(key, middle)!, limit) * (descending ? -1 : 1);
      if (side === 'start' ? order < 0 : order <= 0) low = middle + 1;
      else high = middle;
    }
    rows[i] = low;
  }
  return rows;
}

/** The stretch of rows whose key is not NULL: NULLs stand together at one end. */
function presentRows(key: Vector, length: number): [number, number] {
  let first = 0;
  let last = length;
  while (first < last && valueAt(key, first) === null) first++;
  while (last > first && valueAt(key, last - 1) === null) last--;
  return [first, last];
}
