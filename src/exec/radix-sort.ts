/**
 * Least-significant-digit radix sort of row numbers by lanes of doubles. Whole numbers are sorted by
 * their distance from the smallest one, so that small ranges (minutes of delay, dictionary ranks) take
 * one pass; other doubles by their bits. Stable, linear, and it gives the event loop its turns.
 */
import { turn, type ExecContext } from './operator.ts';

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

const DIGIT_BITS = 16;
const DIGITS = 1 << DIGIT_BITS;
/** Rows handled between two checkpoints. */
const STEP_ROWS = 262_144;
const TWO_32 = 4_294_967_296;

/** Row numbers 0..length-1 ordered by the first lane, then the second, and so on; no NaN in lanes. */
export async function radixSort(
  lanes: readonly Float64Array[],
  length: number,
  context: Checkpoint,
): Promise<Int32Array> {
  let rows = new Int32Array(length);
  for (let i = 0; i < length; i++) rows[i] = i;
  let spare = new Int32Array(length);
  const counts = new Int32Array(DIGITS);
  for (let i = lanes.length - 1; i >= 0; i--) {
    const lane = lanes[i] as Float64Array;
    await turn(context);
    const range = integerRange(lane, length);
    await turn(context);
    const words =
      range === undefined ? floatWords(lane, length) : integerWords(lane, length, range.minimum);
    const bits = range === undefined ? 64 : bitsOf(range.maximum - range.minimum);
    for (let shift = 0; shift < bits; shift += DIGIT_BITS) {
      await turn(context);
      const digits = digitsOf(words, shift, length);
      await turn(context);
      countOffsets(digits, counts, length);
      for (let start = 0; start < length; start += STEP_ROWS) {
        scatter(rows, spare, digits, counts, start, Math.min(length, start + STEP_ROWS));
        await turn(context);
      }
      [rows, spare] = [spare, rows];
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

/** The 16 bits above `shift` of every row. */
function digitsOf(words: Words, shift: number, length: number): Uint16Array {
  const digits = new Uint16Array(length);
  const word = shift < 32 ? words.low : words.high;
  const by = shift % 32;
  for (let i = 0; i < length; i++) digits[i] = (word[i] as number) >>> by;
  return digits;
}

/** For each digit, where its first row goes. */
function countOffsets(digits: Uint16Array, counts: Int32Array, length: number): void {
  counts.fill(0);
  for (let i = 0; i < length; i++) (counts[digits[i] as number] as number)++;
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

/** Smallest and largest value where all are whole and their distance is exact; undefined otherwise. */
function integerRange(
  lane: Float64Array,
  length: number,
): { readonly minimum: number; readonly maximum: number } | undefined {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let i = 0; i < length; i++) {
    const value = lane[i] as number;
    if (Math.floor(value) !== value) return undefined;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  return Number.isSafeInteger(maximum - minimum) ? { minimum, maximum } : undefined;
}

function bitsOf(range: number): number {
  return range < TWO_32 ? 32 - Math.clz32(range) : 64 - Math.clz32(Math.floor(range / TWO_32));
}

function integerWords(lane: Float64Array, length: number, minimum: number): Words {
  const low = new Uint32Array(length);
  const high = new Uint32Array(length);
  for (let i = 0; i < length; i++) {
    const distance = (lane[i] as number) - minimum;
    const top = Math.floor(distance / TWO_32);
    high[i] = top;
    low[i] = distance - top * TWO_32;
  }
  return { low, high };
}

/** IEEE bits made to order as unsigned integers; -0 becomes 0. */
function floatWords(lane: Float64Array, length: number): Words {
  const low = new Uint32Array(length);
  const high = new Uint32Array(length);
  const normal = new Float64Array(length);
  for (let i = 0; i < length; i++) normal[i] = (lane[i] as number) + 0;
  const words = new Uint32Array(normal.buffer);
  for (let i = 0; i < length; i++) {
    const top = words[2 * i + 1] as number;
    const negative = top >= 0x8000_0000;
    high[i] = negative ? ~top : top ^ 0x8000_0000;
    low[i] = negative ? ~(words[2 * i] as number) : (words[2 * i] as number);
  }
  return { low, high };
}
