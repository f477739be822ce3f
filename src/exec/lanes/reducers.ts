/** What aggregate calls need of a batch's stretches, gathered from a program's registers. */
import { grown } from '../../base/grown.ts';
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import type { ReduceRows } from '../../kernels/register-kernels.ts';
import type { ColumnSummary, Statistic } from '../../vector/summary.ts';
import { scaledNumber, type LaneOutput, type Register } from './lane-program.ts';

type Address = (register: Register) => number;

/** Takes rows [from, to) of the registers, which belong to one stretch. */
export interface Reducer {
  reduce(address: Address, stretch: number, from: number, to: number): void;
  /** The stretch has no more rows. */
  end?(stretch: number): void;
}

/** Cuts blocks of rows at the borders of stretches. */
export class Stretches {
  readonly starts: Int32Array;
  readonly #length: number;
  readonly #reducers: readonly Reducer[];
  #current = 0;

  constructor(starts: Int32Array, length: number, reducers: readonly Reducer[]) {
    this.starts = starts;
    this.#length = length;
    this.#reducers = reducers;
  }

  take(address: Address, from: number, count: number): void {
    const { starts } = this;
    const end = from + count;
    for (let row = from; row < end;) {
      const s = this.#current;
      const border = s + 1 < starts.length ? starts[s + 1] : this.#length;
      const stop = Math.min(end, border);
      for (const reducer of this.#reducers) reducer.reduce(address, s, row - from, stop - from);
      if (stop === border) {
        for (const reducer of this.#reducers) reducer.end?.(s);
        this.#current++;
      }
      row = stop;
    }
  }
}

/** The rows of each stretch where a condition holds. */
export class RowCounter implements Reducer {
  readonly counts: Float64Array;
  readonly #truth: Register;

  constructor(truth: Register, stretches: number) {
    this.#truth = truth;
    this.counts = new Float64Array(stretches);
  }

  reduce(address: Address, stretch: number, from: number, to: number): void {
    this.counts[stretch] += kernels.countRows(address(this.#truth), from, to);
  }
}

/** Adds up, or finds the ends of, the values of each stretch. */
export class NumberReducer implements Reducer {
  readonly sums: Float64Array;
  readonly minimums: Float64Array | undefined;
  readonly maximums: Float64Array | undefined;
  /** Sums of (value - low)^2. */
  readonly distances: Float64Array | undefined;
  readonly #output: LaneOutput;

  constructor(output: LaneOutput, statistics: readonly Statistic[], stretches: number) {
    this.#output = output;
    this.sums = new Float64Array(stretches);
    if (statistics.includes('extremes')) {
      this.minimums = new Float64Array(stretches).fill(Infinity);
      this.maximums = new Float64Array(stretches).fill(-Infinity);
    }
    if (statistics.includes('squares')) this.distances = new Float64Array(stretches);
  }

  /**
   * Whether squares can be summed. Where the result must be exact it has to be a double that gives
   * n * squares back, which is at most (n * (high - low))^2 / 4.
   */
  static takesSquares({ low, high, scale }: LaneOutput, rows: number, isExact: boolean): boolean {
    return high - low < 2 ** 16 && (!isExact || rows * (high - low) * scale.factor < 2 ** 26);
  }

  reduce(address: Address, stretch: number, from: number, to: number): void {
    const { truth, value, low } = this.#output;
    const [values, rows] = [address(value), address(truth)];
    const { minimums, maximums, distances } = this;
    const of = (kernel: ReduceRows): number => kernel(values, rows, from, to);
    if (minimums !== undefined && maximums !== undefined) {
      minimums[stretch] = Math.min(minimums[stretch], of(kernels.minimumRows));
      maximums[stretch] = Math.max(maximums[stretch], of(kernels.maximumRows));
      return;
    }
    this.sums[stretch] += of(kernels.sumRows);
    if (distances !== undefined) {
      distances[stretch] += kernels.squareRows(values, rows, from, to, low);
    }
  }

  /** What the stretches' values come to; `counts` are the rows of each. */
  summary(counts: Float64Array): ColumnSummary {
    const { scale } = this.#output;
    const { base, factor, divisor } = scale;
    const scaled = (number: number): number => scaledNumber(scale, number);
    return {
      sums: this.sums.map((sum, s) => (base * counts[s] + sum * factor) / divisor),
      squares: this.distances?.map((distance, s) => this.#squares(distance, s, counts[s])),
      minimums: this.minimums?.map(scaled),
      maximums: this.maximums?.map(scaled),
      firsts: undefined,
      lasts: undefined,
    };
  }

  /** The sum of the squared distances from a stretch's mean. */
  #squares(distance: number, stretch: number, count: number): number {
    if (count === 0) return 0;
    const { low, scale } = this.#output;
    const unit = scale.factor / scale.divisor;
    const sum = BigInt(this.sums[stretch] - low * count);
    const numerator = BigInt(count) * BigInt(distance) - sum * sum;
    return (Number(numerator) / count) * (unit * unit);
  }
}

/** Bytes of the counters of one value. */
const COUNTER_BYTES = 16;

/** How often each value comes in each stretch. */
export class ValueCounter implements Reducer {
  /** Pairs of a stretch and a value with their counts, by stretch. */
  stretches = new Int32Array(64);
  values = new Float64Array(64);
  counts = new Float64Array(64);
  length = 0;
  readonly #output: LaneOutput;
  #counters = 0;

  constructor(output: LaneOutput) {
    this.#output = output;
  }

  static bytes({ low, high }: LaneOutput): number {
    return (high - low + 1) * COUNTER_BYTES;
  }

  /** Takes memory for its counters; gives back where it ends. */
  begin(counters: number): number {
    this.#counters = counters;
    this.#clear();
    return counters + ValueCounter.bytes(this.#output);
  }

  reduce(address: Address, _: number, from: number, to: number): void {
    const { truth, value, low } = this.#output;
    kernels.countValues(address(value), address(truth), from, to, low, this.#counters);
  }

  end(stretch: number): void {
    const { low, high } = this.#output;
    const { u32 } = kernelViews();
    let at = this.#counters >>> 2;
    for (let value = low; value <= high; value++, at += 4) {
      const count = u32[at] + u32[at + 1] + u32[at + 2] + u32[at + 3];
      if (count > 0) this.#put(stretch, value, count);
    }
    this.#clear();
  }

  #clear(): void {
    const { u8 } = kernelViews();
    u8.fill(0, this.#counters, this.#counters + ValueCounter.bytes(this.#output));
  }

  #put(stretch: number, value: number, count: number): void {
    const at = this.length++;
    if (at === this.counts.length) {
      this.stretches = grown(this.stretches, new Int32Array(at * 2));
      this.values = grown(this.values, new Float64Array(at * 2));
      this.counts = grown(this.counts, new Float64Array(at * 2));
    }
    this.stretches[at] = stretch;
    this.values[at] = scaledNumber(this.#output.scale, value);
    this.counts[at] = count;
  }
}
