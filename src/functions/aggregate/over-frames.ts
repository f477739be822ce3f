/**
 * Aggregates over the frames of windows in two passes: one that adds up all rows in their order, and one that
 * takes each frame's value from what was added up where it begins and ends.
 */
import { QUOTIENT_COUNT_MAX, QuotientVector } from '../../vector/quotient-vector.ts';
import type { F64Vector, NullMask, Vector } from '../../vector/vector.ts';
import type { CallInfo, FramedRows, OverFrames, RowValues } from '../function.ts';

/** Rows between two turns. */
const STEP_ROWS = 131_072;

/** count(*) and count(x), over any frames. */
export const countOverFrames: OverFrames = function* ({ args, start, end, length }, call) {
  const counted = yield* countsUpTo(args[0]?.nulls, length);
  return (from, to) => {
    const data = new Float64Array(to - from);
    for (let row = from; row < to; row++) data[row - from] = counted(start, end, row);
    return numbers(call, data, undefined);
  };
};

/** The present rows of a row's frame. */
type Count = (start: Int32Array, end: Int32Array, row: number) => number;

function* countsUpTo(nulls: NullMask, length: number): Generator<void, Count, void> {
  if (nulls === undefined)
    return (start, end, row) => (end[row] as number) - (start[row] as number);
  const before = new Int32Array(length + 1);
  for (let row = 0; row < length; row++) {
    before[row + 1] = (before[row] as number) + 1 - (nulls[row] as number);
    if (row % STEP_ROWS === STEP_ROWS - 1) yield;
  }
  return (start, end, row) =>
    (before[end[row] as number] as number) - (before[start[row] as number] as number);
}

/**
 * Sums and averages of integers over any frames: differences of exact totals. Declines where a total is no
 * safe integer.
 */
export function integersOverFrames(isMean: boolean): OverFrames {
  return function* (rows, call) {
    const { args, start, end, length } = rows;
    const [arg] = args;
    if (arg?.rep !== 'f64') return undefined;
    const before = yield* totals(arg, length);
    if (before === undefined) return undefined;
    const counted = yield* countsUpTo(arg.nulls, length);
    if (isMean && length > QUOTIENT_COUNT_MAX) return undefined;
    return (from, to) => {
      const sums = new Float64Array(to - from);
      const counts = new Float64Array(to - from);
      for (let row = from; row < to; row++) {
        counts[row - from] = counted(start, end, row);
        sums[row - from] =
          (before[end[row] as number] as number) - (before[start[row] as number] as number);
      }
      const nulls = nullsOf(counts);
      if (!isMean) return numbers(call, sums, nulls);
      return new QuotientVector(call.returnType, sums, counts, nulls);
    };
  };
}

/** The sum of the rows before each row; NULL rows hold 0. */
function* totals(
  { data }: F64Vector,
  length: number,
): Generator<void, Float64Array | undefined, void> {
  const before = new Float64Array(length + 1);
  let total = 0;
  for (let row = 0; row < length; row++) {
    total += data[row] as number;
    if (total > Number.MAX_SAFE_INTEGER || total < Number.MIN_SAFE_INTEGER) return undefined;
    before[row + 1] = total;
    if (row % STEP_ROWS === STEP_ROWS - 1) yield;
  }
  return before;
}

function nullsOf(counts: Float64Array): NullMask {
  if (!counts.includes(0)) return undefined;
  const nulls = new Uint8Array(counts.length);
  for (let i = 0; i < counts.length; i++) if (counts[i] === 0) nulls[i] = 1;
  return nulls;
}

/** Takes the value of a row that is not NULL into the running one; `count` such rows came before. */
type Step = (running: number, value: number, count: number) => number;

/**
 * Values of frames that begin with their partitions: the running value at their last rows. Declines for
 * other frames, and for numbers that are not finite: overflows and NaNs have rules of their own.
 */
function runningOverFrames(step: Step, isMean: boolean): OverFrames {
  return function* (rows, call) {
    const [arg] = rows.args;
    if (!rows.isRunning || arg?.rep !== 'f64') return undefined;
    const running = yield* runningValues(rows, arg, step);
    return running === undefined ? undefined : atFrameEnds(rows, running, isMean, call);
  };
}

interface Running {
  /** Of each row: the value of its partition up to it, and the number of rows that are not NULL. */
  readonly values: Float64Array;
  readonly counts: Int32Array;
}

function* runningValues(
  { partitions, length }: FramedRows,
  { data, nulls }: F64Vector,
  step: Step,
): Generator<void, Running | undefined, void> {
  const values = new Float64Array(length);
  const counts = new Int32Array(length);
  const { groupOf } = partitions;
  let running = 0;
  let count = 0;
  for (let row = 0; row < length; row++) {
    if (row === 0 || groupOf[row] !== groupOf[row - 1]) count = 0;
    if (nulls === undefined || nulls[row] === 0) {
      const value = data[row] as number;
      running = step(running, value, count++);
      // A comparison may have passed over a NaN.
      if (running - running !== 0 || value !== value) return undefined;
    }
    values[row] = running;
    counts[row] = count;
    if (row % STEP_ROWS === STEP_ROWS - 1) yield;
  }
  return { values, counts };
}

function atFrameEnds(
  { start, end }: FramedRows,
  { values, counts }: Running,
  isMean: boolean,
  call: CallInfo,
): RowValues {
  return (from, to) => {
    const data = new Float64Array(to - from);
    const present = new Float64Array(to - from);
    for (let row = from; row < to; row++) {
      const last = (end[row] as number) - 1;
      if (last < (start[row] as number) || counts[last] === 0) continue;
      present[row - from] = counts[last] as number;
      const value = values[last] as number;
      data[row - from] = isMean ? value / (counts[last] as number) : value;
    }
    return numbers(call, data, nullsOf(present));
  };
}

const add: Step = (running, value, count) => (count === 0 ? value : running + value);

export const floatSumsOverFrames = runningOverFrames(add, false);
export const floatMeansOverFrames = runningOverFrames(add, true);
/** Of equal ones (0 and -0) the last. */
export const minimaOverFrames = runningOverFrames(
  (running, value, count) => (count === 0 || value <= running ? value : running),
  false,
);
export const maximaOverFrames = runningOverFrames(
  (running, value, count) => (count === 0 || value >= running ? value : running),
  false,
);

function numbers({ returnType: type }: CallInfo, data: Float64Array, nulls: NullMask): Vector {
  return { rep: 'f64', type, length: data.length, data, nulls };
}
