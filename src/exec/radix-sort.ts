/**
 * Least-significant-digit radix sort of row numbers by lanes of doubles. Whole numbers are sorted by
 * their distance from the smallest one, so that small ranges (minutes of delay, dictionary ranks) take
 * one pass; other doubles by their bits. Stable, linear, and it gives the event loop its turns.
 */
import { stretches, type ExecContext } from './operator.ts';

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

const DIGIT_BITS = 16;
const DIGITS = 1 << DIGIT_BITS;
/** Rows handled between two checkpoints, and those that go to places far apart. */
const STEP_ROWS = 131_072;
const SCATTER_ROWS = 32_768;
const TWO_32 = 4_294_967_296;

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
  const digits = new Uint16Array(length);
  const counts = new Int32Array(DIGITS);
  for (let l = lanes.length - 1; l >= 0; l--) {
    const lane = lanes[l] as Float64Array;
    const range = new IntegerRange();
    await inSteps((start, end) => range.include(lane, start, end));
    const { isExact, minimum, maximum } = range;
    const words: Words = { low: new Uint32Array(length), high: new Uint32Array(length) };
    await inSteps((start, end) => {
      if (isExact) integerWords(lane, minimum, words, start, end);
      else floatWords(lane, words, start, end);
    });
    const bits = isExact ? bitsOf(maximum - minimum) : 64;
    for (let shift = 0; shift < bits; shift += DIGIT_BITS) {
      counts.fill(0);
      await inSteps((start, end) => takeDigits(words, shift, digits, counts, start, end));
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

/** Notes and counts the 16 bits above `shift` of rows start..end-1. */
function takeDigits(
  words: Words,
  shift: number,
  digits: Uint16Array,
  counts: Int32Array,
  start: number,
  end: number,
): void {
  const word = shift < 32 ? words.low : words.high;
  const by = shift % 32;
  for (let i = start; i < end; i++) {
    const digit = ((word[i] as number) >>> by) & (DIGITS - 1);
    digits[i] = digit;
    (counts[digit] as number)++;
  }
}

/** For each digit, where its first row goes. */
function toOffsets(counts: Int32Array): void {
  let total = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const count = counts[digit] as number;
    counts[digit] = total;
    total += count;
  }
}

interface Words {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

/** Smallest and largest value, and whether all are whole. */
class IntegerRange {
  minimum = Infinity;
  maximum = -Infinity;
  #isWhole = true;

  include(lane: Float64Array, start: number, end: number): void {
    if (!this.#isWhole) return;
    let { minimum, maximum } = this;
    for (let i = start; i < end; i++) {
      const value = lane[i] as number;
      if (Math.floor(value) !== value) {
        this.#isWhole = false;
        return;
      }
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
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

function integerWords(
  lane: Float64Array,
  minimum: number,
  { low, high }: Words,
  start: number,
  end: number,
): void {
  for (let i = start; i < end; i++) {
    const distance = (lane[i] as number) - minimum;
    const top = Math.floor(distance / TWO_32);
    high[i] = top;
    low[i] = distance - top * TWO_32;
  }
}

/** IEEE bits made to order as unsigned integers; -0 becomes 0. */
function floatWords(lane: Float64Array, { low, high }: Words, start: number, end: number): void {
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
