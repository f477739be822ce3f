/**
 * Groups without hashing: where a batch carries runs and every group expression is constant in a run or
 * a bucket of its ascending time column, groups are stretches of rows. Bucket borders are found by
 * stepping from one to the next, not by looking at every row.
 */
import { bucketOf, type Bucket } from '../../plan/bucket.ts';
import type { Expr } from '../../plan/expr.ts';
import { Interval } from '../../types/interval.ts';
import { OID } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { LaneVector } from '../../vector/lane-vector.ts';
import type { Batch, F64Vector } from '../../vector/vector.ts';
import { fixedValue } from '../expr/fixed-value.ts';
import { isAsync, isVolatile, usedColumns } from '../expr/walk.ts';
import type { ExecContext } from '../operator.ts';
import { LaneTimes } from './lane-times.ts';

const DAY_MICROS = 86_400_000_000;

interface GroupShape {
  readonly used: readonly number[];
  readonly bucket: Bucket | undefined;
}

export interface Segmenter {
  /**
   * Rows at which the segments of the batch start, or undefined where its rows must be hashed. All rows
   * of a segment belong to one group.
   */
  segments(batch: Batch, context: ExecContext): Int32Array | undefined;
}

/** undefined where the group expressions have a shape that no runs can help. */
export function segmenterFor(groups: readonly Expr[]): Segmenter | undefined {
  if (groups.length === 0) return { segments: () => new Int32Array(1) };
  const shapes: GroupShape[] = [];
  for (const expr of groups) {
    if (isAsync(expr) || isVolatile(expr)) return undefined;
    shapes.push({ used: usedColumns([expr]), bucket: bucketOf(expr) });
  }
  return { segments: (batch, context) => segmentsOf(shapes, batch, context) };
}

function segmentsOf(
  shapes: readonly GroupShape[],
  batch: Batch,
  context: ExecContext,
): Int32Array | undefined {
  const { runs } = batch;
  if (runs === undefined) return undefined;
  let bucket: Bucket | undefined;
  for (const shape of shapes) {
    if (shape.used.every((column) => runs.constantColumns.includes(column))) continue;
    if (shape.bucket === undefined || bucket !== undefined) return undefined;
    if (shape.used[0] !== runs.timeColumn) return undefined;
    bucket = shape.bucket;
  }
  if (bucket === undefined) return runs.starts;
  const time = batch.columns[runs.timeColumn];
  if (time.rep !== 'f64' || time.nulls !== undefined) return undefined;
  const borders = new Borders(time, batch.length);
  const { starts } = runs;
  const bucketAt = bucketFunction(bucket, context);
  const width = fixedWidth(bucket, context);
  for (let run = 0; run < starts.length; run++) {
    const end = run + 1 < starts.length ? starts[run + 1] : batch.length;
    if (width !== undefined) borders.stepFixed(starts[run], end, width, bucketAt);
    else borders.search(starts[run], end, bucketAt);
  }
  return borders.finish();
}

/** The buckets as equal steps of time: their width and the start of one. undefined where they are not. */
export function fixedBuckets(
  bucket: Bucket,
  context: ExecContext,
): { width: number; anchor: number } | undefined {
  const width = fixedWidth(bucket, context);
  if (width === undefined) return undefined;
  const anchor = bucketFunction(bucket, context)(0);
  return typeof anchor === 'number' && Number.isFinite(anchor) ? { width, anchor } : undefined;
}

/** The bucket of one time as a number or bigint, which identifies it. */
function bucketFunction(bucket: Bucket, context: ExecContext): (time: number) => Value {
  const { fn, call } = bucket.expr;
  const args = bucket.expr.args.map((arg) => fixedValue(arg, context));
  if (fn.strict && args.some((arg, i) => arg === null && i !== bucket.position)) return () => null;
  return (time) => {
    args[bucket.position] = time;
    return fn.evaluate(args, context.eval, call);
  };
}

const TRUNC_MICROS: ReadonlyMap<string, number> = new Map([
  ['second', 1_000_000],
  ['minute', 60_000_000],
  ['hour', 3_600_000_000],
  ['day', DAY_MICROS],
  ['week', 7 * DAY_MICROS],
]);

const UTC_NAMES: ReadonlySet<string> = new Set(['UTC', 'GMT', 'Etc/UTC', 'Etc/GMT']);

/** The width of all buckets in the time column's unit, where they have one. */
function fixedWidth({ expr, position }: Bucket, context: ExecContext): number | undefined {
  const timeOid = expr.args[position].type.oid;
  const stamps = timeOid === OID.timestamp || timeOid === OID.timestamptz;
  const width = fixedValue(expr.args[0], context);
  if (position !== 1) return undefined;
  if (expr.fn.name === 'date_trunc') {
    const utc = timeOid === OID.timestamp || UTC_NAMES.has(context.eval.format.timeZone);
    if (!stamps || !utc || expr.args.length !== 2 || typeof width !== 'string') return undefined;
    return TRUNC_MICROS.get(width.toLowerCase());
  }
  // A time zone, or an offset that depends on one, makes widths vary.
  const varies = expr.args.some((arg, i) => {
    if (i <= 1) return false;
    const value = fixedValue(arg, context);
    return (
      arg.type.oid === OID.text ||
      (value instanceof Interval && (value.months !== 0 || value.days !== 0))
    );
  });
  if (varies) return undefined;
  let size = NaN;
  if (width instanceof Interval) {
    if (stamps && width.months === 0) size = width.days * DAY_MICROS + Number(width.micros);
  } else if (typeof width === 'number') size = width;
  return size >= 1 && Number.isSafeInteger(size) ? size : undefined;
}

type ReadTime = (row: number) => number;

/** The times of a few rows of a run are looked up where they are. */
function timeReader(time: F64Vector): ReadTime {
  const lanes = LaneVector.from(time);
  if (lanes !== undefined) return lanes.reader();
  const { data } = time;
  return (row) => data[row];
}

/** Collects the starts of the segments of one batch. */
class Borders {
  readonly #time: ReadTime;
  readonly #lanes: LaneTimes | undefined;
  #starts = new Int32Array(64);
  #count = 0;
  /** The start of some bucket; with a fixed width it tells all others. */
  #anchor = NaN;

  constructor(time: F64Vector, length: number) {
    this.#time = timeReader(time);
    const lanes = LaneVector.rowsOf(time);
    this.#lanes = lanes && LaneTimes.of(lanes);
    this.#starts = new Int32Array(Math.min(length, 64) + 1);
  }

  finish(): Int32Array {
    return this.#starts.subarray(0, this.#count);
  }

  stepFixed(start: number, end: number, width: number, bucketAt: (time: number) => Value): void {
    const time = this.#time;
    if (Number.isNaN(this.#anchor)) {
      const bucket = Number.isFinite(time(start)) ? bucketAt(time(start)) : null;
      if (typeof bucket === 'number' && Number.isFinite(bucket)) this.#anchor = bucket;
    }
    const anchor = this.#anchor;
    const last = time(end - 1);
    if (!Number.isFinite(time(start)) || !Number.isFinite(last) || Number.isNaN(anchor)) {
      this.search(start, end, bucketAt);
      return;
    }
    const shift = this.#lanes?.shift(start, end);
    if (shift !== undefined) {
      this.#lanes?.step(start, end, shift, width, anchor, this.#push);
      return;
    }
    let row = start;
    for (;;) {
      this.#push(row);
      const border = anchor + (Math.floor((time(row) - anchor) / width) + 1) * width;
      if (last < border) return;
      row = firstAtLeast(time, row, end, border);
    }
  }

  /** Any monotone bucket: binary search for the end of each. */
  search(start: number, end: number, bucketAt: (time: number) => Value): void {
    const time = this.#time;
    let row = start;
    while (row < end) {
      this.#push(row);
      const bucket = bucketAt(time(row));
      if (bucketAt(time(end - 1)) === bucket) return;
      let low = row + 1;
      let high = end - 1;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (bucketAt(time(middle)) === bucket) low = middle + 1;
        else high = middle;
      }
      row = low;
    }
  }

  readonly #push = (row: number): void => {
    if (this.#count === this.#starts.length) {
      const starts = new Int32Array(this.#count * 2);
      starts.set(this.#starts);
      this.#starts = starts;
    }
    this.#starts[this.#count++] = row;
  };
}

/** First row after `row` whose time is at least `border`; the last row of the run is. */
function firstAtLeast(time: ReadTime, row: number, end: number, border: number): number {
  let low = row + 1;
  let high = end - 1;
  // Times often lie on a grid: look where the border would be, and fall back to halving.
  const guess = row + Math.ceil(((border - time(row)) * (high - row)) / (time(high) - time(row)));
  if (guess > low && guess <= high) {
    if (time(guess) >= border) {
      if (time(guess - 1) < border) return guess;
      high = guess - 1;
    } else low = guess + 1;
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (time(middle) < border) low = middle + 1;
    else high = middle;
  }
  return low;
}
