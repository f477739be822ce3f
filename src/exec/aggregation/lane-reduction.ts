/** What the calls of an aggregate take of one batch, by the batch's segments. */
import type { Summaries } from '../../vector/summary.ts';
import type { Batch } from '../../vector/vector.ts';
import type { LaneOutput, LaneProgram, Register } from '../lanes/lane-program.ts';
import { isInteger } from '../lanes/lane-tree.ts';
import {
  NumberReducer,
  RowCounter,
  Stretches,
  ValueCounter,
  type Reducer,
} from '../lanes/reducers.ts';
import type { LaneCall } from './lane-plan.ts';

/** Different values that may be counted: those of 8 bits, or so many as there are rows in a segment. */
const VALUES_MIN = 256;
const VALUES_MAX = 65_536;
/** Rows of a segment on average below which looking at all counters takes longer than at the rows. */
const COUNTED_ROWS_MIN = 16;

export class LaneReduction {
  readonly starts: Int32Array;
  /** Bytes that the counters of values take. */
  readonly tail: number;
  readonly #segments: Stretches;
  readonly #condition: RowCounter;
  readonly #counters = new Map<Register, RowCounter>();
  readonly #numbers: (NumberReducer | undefined)[] = [];
  readonly #values: (ValueCounter | undefined)[] = [];
  readonly #outputs: readonly LaneOutput[];
  /** Runs, cut at the borders of segments, for calls over columns that are constant in them. */
  readonly #runs: Stretches | undefined;
  readonly #runCounters = new Map<Register, RowCounter>();

  /** Undefined where some call cannot be reduced. */
  static of(
    calls: readonly LaneCall[],
    inRuns: readonly boolean[],
    program: LaneProgram,
    starts: Int32Array,
    batch: Batch,
  ): LaneReduction | undefined {
    const average = batch.length / starts.length;
    const valuesMax =
      average < COUNTED_ROWS_MIN ? 0 : Math.min(VALUES_MAX, Math.max(VALUES_MIN, average));
    for (let i = 0; i < calls.length; i++) {
      const output = program.outputs[i];
      const { kind, call } = calls[i];
      if (inRuns[i]) continue;
      if (kind === 'distinct' || kind === 'counts') {
        if (output.high - output.low >= valuesMax) return undefined;
      } else if (kind === 'numbers' && call.fn.statistics?.includes('squares') === true) {
        const isExact = isInteger(call.args[0].type.oid);
        if (!NumberReducer.takesSquares(output, batch.length, isExact)) return undefined;
      }
    }
    return new LaneReduction(calls, inRuns, program, starts, batch);
  }

  private constructor(
    calls: readonly LaneCall[],
    inRuns: readonly boolean[],
    { outputs, condition }: LaneProgram,
    starts: Int32Array,
    batch: Batch,
  ) {
    this.starts = starts;
    this.#outputs = outputs;
    const cuts = inRuns.includes(true) ? merged(starts, batch.runs?.starts ?? starts) : starts;
    const reducers: Reducer[] = [];
    const runReducers: Reducer[] = [];
    this.#condition = new RowCounter(condition, starts.length);
    this.#counters.set(condition, this.#condition);
    reducers.push(this.#condition);
    let tail = 0;
    calls.forEach(({ kind, call }, i) => {
      const output = outputs[i];
      if (inRuns[i]) counterOf(this.#runCounters, output.truth, cuts.length, runReducers);
      else if (kind === 'distinct' || kind === 'counts') {
        this.#values[i] = new ValueCounter(output);
        reducers.push(this.#values[i]);
        tail += ValueCounter.bytes(output);
      } else {
        counterOf(this.#counters, output.truth, starts.length, reducers);
        if (kind === 'rows') return;
        this.#numbers[i] = new NumberReducer(output, call.fn.statistics ?? [], starts.length);
        reducers.push(this.#numbers[i]);
      }
    });
    this.tail = tail;
    this.#segments = new Stretches(starts, batch.length, reducers);
    if (runReducers.length > 0) this.#runs = new Stretches(cuts, batch.length, runReducers);
  }

  begin(tail: number): void {
    let at = tail;
    for (const values of this.#values) {
      if (values !== undefined) at = values.begin(at);
    }
  }

  take(address: (register: Register) => number, from: number, count: number): void {
    this.#segments.take(address, from, count);
    this.#runs?.take(address, from, count);
  }

  /** Segments with rows that satisfy the condition. */
  get segments(): Int32Array {
    return nonZero(this.#condition.counts);
  }

  get rowCount(): number {
    return this.#condition.counts.reduce((sum, count) => sum + count, 0);
  }

  /** By segment, the rows that a call takes. */
  counts(call: number): Float64Array {
    return (this.#counters.get(this.#outputs[call].truth) as RowCounter).counts;
  }

  numbers(call: number): NumberReducer | undefined {
    return this.#numbers[call];
  }

  pairs(call: number): ValueCounter {
    return this.#values[call] as ValueCounter;
  }

  /** The first row of each run where a call takes any, with its segment. */
  runRows(call: number): { rows: Int32Array; stretches: Int32Array } {
    const cuts = (this.#runs as Stretches).starts;
    const { counts } = this.#runCounters.get(this.#outputs[call].truth) as RowCounter;
    const rows = nonZero(counts).map((cut) => cuts[cut]);
    const stretches = new Int32Array(rows.length);
    for (let i = 0, segment = 0; i < rows.length; i++) {
      while (segment + 1 < this.starts.length && this.starts[segment + 1] <= rows[i]) segment++;
      stretches[i] = segment;
    }
    return { rows, stretches };
  }
}

function counterOf(
  counters: Map<Register, RowCounter>,
  truth: Register,
  stretches: number,
  reducers: Reducer[],
): void {
  if (counters.has(truth)) return;
  const counter = new RowCounter(truth, stretches);
  counters.set(truth, counter);
  reducers.push(counter);
}

function nonZero(counts: Float64Array): Int32Array {
  const found = new Int32Array(counts.length);
  let length = 0;
  for (let i = 0; i < counts.length; i++) if (counts[i] > 0) found[length++] = i;
  return found.subarray(0, length);
}

/** Both lists of ascending rows in one, each row once. */
function merged(a: Int32Array, b: Int32Array): Int32Array {
  const rows = new Int32Array(a.length + b.length);
  let length = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const next = Math.min(i < a.length ? a[i] : Infinity, j < b.length ? b[j] : Infinity);
    if (a[i] === next) i++;
    if (b[j] === next) j++;
    rows[length++] = next;
  }
  return rows.subarray(0, length);
}

const NO_TIMES = new Float64Array(0);

/** Segments with rows for a call, as summaries. */
export function numberSummaries(
  reduction: LaneReduction,
  call: number,
  groupOf: Int32Array,
): { summaries: Summaries; groups: Int32Array } {
  const counts = reduction.counts(call);
  const segments = nonZero(counts);
  const pick = (numbers: Float64Array): Float64Array => {
    const picked = new Float64Array(segments.length);
    for (let i = 0; i < picked.length; i++) picked[i] = numbers[segments[i]];
    return picked;
  };
  const found = reduction.numbers(call)?.summary(counts);
  const column = found && {
    sums: found.sums && pick(found.sums),
    squares: found.squares && pick(found.squares),
    minimums: found.minimums && pick(found.minimums),
    maximums: found.maximums && pick(found.maximums),
    firsts: undefined,
    lasts: undefined,
  };
  const summaries = {
    length: segments.length,
    rows: pick(counts),
    buckets: NO_TIMES,
    firstTimes: NO_TIMES,
    lastTimes: NO_TIMES,
    groups: [],
    columns: column === undefined ? [] : [column],
  };
  return { summaries, groups: segments.map((segment) => groupOf[segment]) };
}
