/**
 * Least-significant-digit radix sort of row numbers by lanes of doubles. Whole numbers are sorted by how
 * many steps they are from the smallest one, where the step divides all distances, so that small ranges
 * (minutes of delay, dictionary ranks) and full hours take one pass; other doubles by their bits.
 * Stable, linear, and it gives the event loop its turns.
 */
import { stretches, type ExecContext } from './operator.ts';

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

/** Bits of a digit: with more there are more counts than rows, or than the nearest caches hold. */
const DIGIT_BITS_MIN = 8;
const DIGIT_BITS_MAX = 16;
/** Rows handled between two checkpoints, and those that go to places far apart. */
const STEP_ROWS = 131_072;
const SCATTER_ROWS = 32_768;
const TWO_31 = 2_147_483_648;
const TWO_32 = 4_294_967_296;
/** Up to here a common step of all values would hardly save a pass. */
const SMALL_RANGE = 4096;

/** Row numbers 0..length-1 ordered by the first lane, then the second, and so on; no NaN in lanes. */
export async function radixSort(
  lanes: readonly Float64Array[],
  length: number,
  context: Checkpoint,
): Promise<Int32Array> {
  const inSteps = (work: (start: number, end: number) => void): Promise<void> =>
    stretches(length, STEP_ROWS, context, work);
  let rows = new Int32Array(length);
  await inSteps((start, end) => {
    for (let i = start; i < end; i++) rows[i] = i;
  });
  let spare = new Int32Array(length);
  let isInOrder = true;
  const digits = new Uint16Array(length);
  const words = new Words(length);
  for (let l = lanes.length - 1; l >= 0; l--) {
    const lane = lanes[l] as Float64Array;
    const range = new IntegerRange();
    await inSteps((start, end) => range.include(lane, start, end));
    // As the keys of groups by series often are.
    if (isInOrder && range.isAscending) continue;
    isInOrder = false;
    const { minimum } = range;
    if (range.isExact) {
      const step = new Step(lane, minimum);
      if (range.maximum - minimum > SMALL_RANGE) {
        await inSteps((start, end) => step.include(start, end));
      }
      const most = (range.maximum - minimum) / step.size;
      await inSteps((start, end) => words.fillWhole(lane, minimum, step.size, most, start, end));
      words.bits = bitsOf(most);
    } else {
      await inSteps((start, end) => words.fillBits(lane, start, end));
      words.bits = 64;
    }
    for (const digit of digitsOf(words.bits, length)) {
      const counts = new Int32Array(digit.mask + 1);
      await inSteps((start, end) => words.take(digit, digits, counts, start, end));
      toOffsets(counts);
      const [from, into] = [rows, spare];
      await stretches(length, SCATTER_ROWS, context, (start, end) =>
        scatter(from, into, digits, counts, start, end),
      );
      [rows, spare] = [into, from];
    }
  }
  return rows;
}

function scatter(
  rows: Int32Array,
  into: Int32Array,
  digits: Uint16Array,
  offsets: Int32Array,
  start: number,
  end: number,
): void {
  for (let i = start; i < end; i++) {
    const row = rows[i] as number;
    const digit = digits[row] as number;
    into[offsets[digit] as number] = row;
    (offsets[digit] as number)++;
  }
}

/** Bits of the words that a pass sorts by. */
interface Digit {
  readonly shift: number;
  readonly mask: number;
}

/** Digits from the lowest to the highest, all about as wide. */
function digitsOf(bits: number, length: number): Digit[] {
  const most = Math.min(DIGIT_BITS_MAX, Math.max(DIGIT_BITS_MIN, 32 - Math.clz32(length)));
  const passes = Math.ceil(bits / most);
  const width = Math.ceil(bits / passes);
  return Array.from({ length: passes }, (_, pass) => ({
    shift: pass * width,
    mask: 2 ** Math.min(width, bits - pass * width) - 1,
  }));
}

/** For each digit, where its first row goes. */
function toOffsets(counts: Int32Array): void {
  let total = 0;
  for (let digit = 0; digit < counts.length; digit++) {
    const count = counts[digit] as number;
    counts[digit] = total;
    total += count;
  }
}

/** Smallest and largest value, whether all are whole, and whether each is at least the one before. */
class IntegerRange {
  minimum = Infinity;
  maximum = -Infinity;
  isAscending = true;
  #isWhole = true;
  #last = -Infinity;

  include(lane: Float64Array, start: number, end: number): void {
    let { minimum, maximum } = this;
    let isWhole = this.#isWhole;
    let last = this.#last;
    let i = start;
    if (this.isAscending) {
      for (; i < end; i++) {
        const value = lane[i] as number;
        if (value < last) break;
        if (Math.floor(value) !== value) isWhole = false;
        if (value < minimum) minimum = value;
        last = value;
      }
      if (last > maximum) maximum = last;
      this.isAscending = i === end;
    }
    for (; i < end && isWhole; i++) {
      const value = lane[i] as number;
      if (Math.floor(value) !== value) isWhole = false;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
    this.#isWhole = isWhole;
    this.#last = last;
    this.minimum = minimum;
    this.maximum = maximum;
  }

  /** Whether distances from the smallest value are exact. */
  get isExact(): boolean {
    return this.#isWhole && Number.isSafeInteger(this.maximum - this.minimum);
  }
}

function bitsOf(range: number): number {
  return range < TWO_32 ? 32 - Math.clz32(range) : 64 - Math.clz32(Math.floor(range / TWO_32));
}

/** The largest number that divides all distances from the smallest value; 1 where they are all 0. */
class Step {
  readonly #lane: Float64Array;
  readonly #minimum: number;
  #size = 0;

  constructor(lane: Float64Array, minimum: number) {
    this.#lane = lane;
    this.#minimum = minimum;
  }

  get size(): number {
    return Math.max(1, this.#size);
  }

  include(start: number, end: number): void {
    const lane = this.#lane;
    const minimum = this.#minimum;
    let size = this.#size;
    let inverse = 1 / size;
    for (let i = start; i < end && size !== 1; i++) {
      const distance = (lane[i] as number) - minimum;
      // Products of whole numbers that are not exact are above 2^53, and no distance is.
      if (distance === 0 || Math.round(distance * inverse) * size === distance) continue;
      size = divisorOf(size, distance);
      inverse = 1 / size;
    }
    this.#size = size;
  }
}

function divisorOf(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

/** A lane's values as unsigned integers of 64 bits in the same order. */
class Words {
  /** How many of the lowest bits the values take. */
  bits = 64;
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;

  constructor(length: number) {
    this.#low = new Uint32Array(length);
    this.#high = new Uint32Array(length);
  }

  /** Steps from the smallest value, of which there are `most`, of rows start..end-1. */
  fillWhole(
    lane: Float64Array,
    minimum: number,
    step: number,
    most: number,
    start: number,
    end: number,
  ): void {
    const low = this.#low;
    const high = this.#high;
    if (most < TWO_31) {
      // What division would give, but for less than a half.
      const inverse = 1 / step;
      for (let i = start; i < end; i++) {
        low[i] = (((lane[i] as number) - minimum) * inverse + 0.5) | 0;
      }
      high.fill(0, start, end);
      return;
    }
    for (let i = start; i < end; i++) {
      const steps = ((lane[i] as number) - minimum) / step;
      const top = Math.floor(steps / TWO_32);
      high[i] = top;
      low[i] = steps - top * TWO_32;
    }
  }

  /** IEEE bits made to order as unsigned integers; -0 becomes 0. */
  fillBits(lane: Float64Array, start: number, end: number): void {
    const low = this.#low;
    const high = this.#high;
    const normal = new Float64Array(end - start);
    for (let i = start; i < end; i++) normal[i - start] = (lane[i] as number) + 0;
    const words = new Uint32Array(normal.buffer);
    for (let i = start; i < end; i++) {
      const at = 2 * (i - start);
      const top = words[at + 1] as number;
      const negative = top >= 0x8000_0000;
      high[i] = negative ? ~top : top ^ 0x8000_0000;
      low[i] = negative ? ~(words[at] as number) : (words[at] as number);
    }
  }

  /** Notes and counts a digit of rows start..end-1. */
  take(
    { shift, mask }: Digit,
    digits: Uint16Array,
    counts: Int32Array,
    start: number,
    end: number,
  ): void {
    const low = this.#low;
    const high = this.#high;
    const isLow = shift < 32;
    const isSplit = isLow && shift > 0 && shift + DIGIT_BITS_MAX > 32;
    const word = isLow ? low : high;
    const by = shift & 31;
    for (let i = start; i < end; i++) {
      let bits = (word[i] as number) >>> by;
      if (isSplit) bits |= (high[i] as number) << (32 - by);
      const digit = bits & mask;
      digits[i] = digit;
      (counts[digit] as number)++;
    }
  }
}
