/** The sketches of a segment as scans read them: arrays of numbers by interval, loaded when asked for. */
import type { ScanCounters } from '../storage.ts';
import { DamagedBlock } from './damaged-block.ts';
import {
  INTERVAL_PART,
  INTERVALS_ATTNUM,
  SKETCH_PART,
  type SketchHeader,
  type SketchPart,
} from './sketch-parts.ts';
import type { PlainColumn, StoredColumn } from './stored-column.ts';

type Check = (column: PlainColumn) => PlainColumn;
type ReadPart = (
  attnum: number,
  part: number,
  check: Check,
) => StoredColumn | Promise<StoredColumn>;

export interface Intervals {
  readonly width: number;
  readonly count: number;
  /** First row of each, and behind the last the number of rows. */
  readonly starts: Float64Array;
  /** The times of interval i are in [numbers[i] * width, (numbers[i] + 1) * width). */
  readonly numbers: Float64Array;
}

export class SourceSketch {
  readonly width: number;
  readonly #header: SketchHeader;
  readonly #rows: number;
  readonly #read: ReadPart;

  constructor(header: SketchHeader, rows: number, read: ReadPart) {
    this.width = header.width;
    this.#header = header;
    this.#rows = rows;
    this.#read = read;
  }

  /** The same with the parts counted that are asked for. */
  counted(counters: ScanCounters): SourceSketch {
    return new SourceSketch(this.#header, this.#rows, (attnum, part, check) => {
      const found = this.#read(attnum, part, check);
      if (found instanceof Promise) counters.blocksRead++;
      else counters.blocksHit++;
      counters.blockBytes += this.#header.intervals * 8;
      return found;
    });
  }

  /** What there is of a column, a sum of `HAS`. */
  has(attnum: number): number {
    return this.#header.columns.get(attnum) ?? 0;
  }

  intervals(): Intervals | Promise<Intervals> {
    const starts = this.#read(INTERVALS_ATTNUM, INTERVAL_PART.rows, (column) =>
      startsOf(this.#checked(column), this.#rows),
    );
    const numbers = this.#read(INTERVALS_ATTNUM, INTERVAL_PART.numbers, (column) =>
      this.#checked(column),
    );
    const { width, intervals: count } = this.#header;
    const join = (both: readonly StoredColumn[]): Intervals => {
      const [foundStarts, foundNumbers] = both.map(numbersOf);
      return { width, count, starts: foundStarts, numbers: foundNumbers };
    };
    return starts instanceof Promise || numbers instanceof Promise
      ? Promise.all([starts, numbers]).then(join)
      : join([starts, numbers]);
  }

  /** One number an interval. Those of intervals that are all NULL change no total. */
  part(attnum: number, part: SketchPart): Float64Array | Promise<Float64Array> {
    const found = this.#read(attnum, part, (column) => neutral(this.#checked(column), part));
    return found instanceof Promise ? found.then(numbersOf) : numbersOf(found);
  }

  #checked(column: PlainColumn): PlainColumn {
    if (column.rep !== 'f64' || column.data.length !== this.#header.intervals) {
      throw new DamagedBlock('a sketch has another number of intervals');
    }
    return column;
  }
}

function numbersOf(column: StoredColumn): Float64Array {
  if (column.rep !== 'f64') throw new RangeError('sketches are numbers');
  return column.data;
}

/** First rows from how many rows each interval has. */
function startsOf(column: PlainColumn, rows: number): PlainColumn {
  const counts = numbersOf(column);
  const data = new Float64Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) {
    if (!(counts[i] >= 1)) throw new DamagedBlock('an interval without rows');
    data[i + 1] = data[i] + counts[i];
  }
  if (data[counts.length] !== rows) throw new DamagedBlock('intervals of other rows');
  return { rep: 'f64', data, nulls: undefined };
}

/** By part what changes nothing. */
const NEUTRAL: Readonly<Record<SketchPart, number>> = {
  [SKETCH_PART.sums]: -0,
  [SKETCH_PART.minimums]: Infinity,
  [SKETCH_PART.maximums]: -Infinity,
  [SKETCH_PART.counts]: 0,
};

function neutral(column: PlainColumn, part: SketchPart): PlainColumn {
  const data = numbersOf(column);
  const { nulls } = column;
  if (nulls === undefined) return column;
  const value = NEUTRAL[part];
  return {
    rep: 'f64',
    data: data.map((each, i) => (nulls[i] === 1 ? value : each)),
    nulls: undefined,
  };
}
