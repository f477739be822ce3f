/**
 * Ranks of many texts by their UTF-8, whose order is that of code points. What all have in common at their start
 * is left out; the next bytes become two lanes of numbers and are sorted as numbers are, which asks for each text
 * twice and compares none. Only texts that agree so far are compared.
 */
import { compareSpans, equalSpans } from '../vector/text-bytes.ts';
import { newSpan } from '../vector/dictionary.ts';
import type { TextEntries } from '../vector/text-entries.ts';
import { mergeSort } from './merge-sort.ts';
import { stretches, turn, type ExecContext } from './operator.ts';
import { radixSort } from './radix-sort.ts';

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

/** Texts looked at between two checkpoints. */
const STEP_ROWS = 8192;
/** A lane holds bytes as digits of this base: 0 is the end of the text. */
const BASE = 257;
/** BASE ** LANE_BYTES is below 2 ** 53. */
const LANE_BYTES = 6;
/** What texts have in common is looked for up to here. */
const COMMON_MAX = 1024;
/** Below this, comparing costs less than making lanes. */
const LANES_MIN = 500;

/** Texts at hand. */
const one = newSpan();
const other = newSpan();

/** The rank of each text; equal texts share one. */
export async function rankTexts(texts: TextEntries, context: Checkpoint): Promise<Float64Array> {
  const { length } = texts;
  if (length < LANES_MIN) return await rankFew(texts, context);
  const { common, longest } = await shapeOf(texts, context);
  const first = new Float64Array(length);
  const second = longest > common + LANE_BYTES ? new Float64Array(length) : undefined;
  await stretches(length, STEP_ROWS, context, (start, end) => {
    for (let row = start; row < end; row++) {
      texts.spanAt(row, one);
      const from = one.start + common;
      first[row] = laneOf(one.bytes, from, one.end);
      if (second !== undefined) second[row] = laneOf(one.bytes, from + LANE_BYTES, one.end);
    }
  });
  const lanes = second === undefined ? [first] : [first, second];
  const covered = common + lanes.length * LANE_BYTES;
  const order = await radixSort(lanes, length, context);
  const hasRest = longest > covered;
  if (hasRest) await sortTies(texts, order, lanes, covered, context);
  return await ranksOf(order, context, (before, row) => {
    return !agree(lanes, before, row) || (hasRest && !areEqual(texts, before, row));
  });
}

async function rankFew(texts: TextEntries, context: Checkpoint): Promise<Float64Array> {
  const rows = new Int32Array(texts.length);
  for (let i = 0; i < rows.length; i++) rows[i] = i;
  const order = await mergeSort(rows, comparison(texts, 0), context);
  return await ranksOf(order, context, (before, row) => !areEqual(texts, before, row));
}

/** The ranks of rows in their order, given which are above the one before. */
async function ranksOf(
  order: Int32Array,
  context: Checkpoint,
  isAbove: (before: number, row: number) => boolean,
): Promise<Float64Array> {
  const ranks = new Float64Array(order.length);
  let rank = 0;
  await stretches(order.length, STEP_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) {
      const row = order[i];
      if (i > 0 && isAbove(order[i - 1], row)) rank++;
      ranks[row] = rank;
    }
  });
  return ranks;
}

interface Shape {
  /** Bytes that all texts begin with, as far as they are counted. */
  readonly common: number;
  readonly longest: number;
}

async function shapeOf(texts: TextEntries, context: Checkpoint): Promise<Shape> {
  texts.spanAt(0, other);
  let common = Math.min(COMMON_MAX, other.end - other.start);
  const first = other.bytes.slice(other.start, other.start + common);
  let longest = 0;
  await stretches(texts.length, STEP_ROWS, context, (from, to) => {
    for (let i = from; i < to; i++) {
      texts.spanAt(i, one);
      const { bytes, start, end } = one;
      longest = Math.max(longest, end - start);
      common = Math.min(common, end - start);
      for (let at = 0; at < common; at++) if (bytes[start + at] !== first[at]) common = at;
    }
  });
  return { common, longest };
}

/** The bytes at `from`, as many as a lane has, of a text that ends at `end`. */
function laneOf(bytes: Uint8Array, from: number, end: number): number {
  let number = 0;
  for (let at = from; at < from + LANE_BYTES; at++) {
    number *= BASE;
    if (at < end) number += bytes[at] + 1;
  }
  return number;
}

function agree(lanes: readonly Float64Array[], a: number, b: number): boolean {
  for (const numbers of lanes) if (numbers[a] !== numbers[b]) return false;
  return true;
}

function areEqual(texts: TextEntries, a: number, b: number): boolean {
  texts.spanAt(a, one);
  texts.spanAt(b, other);
  return equalSpans(one, other);
}

/** Compares texts that are known to agree in so many bytes. */
function comparison(texts: TextEntries, known: number): (a: number, b: number) => number {
  return (a, b) => {
    texts.spanAt(a, one);
    texts.spanAt(b, other);
    return compareSpans(one, other, known);
  };
}

/** Sorts each stretch of rows whose lanes agree by what is behind the bytes in lanes. */
async function sortTies(
  texts: TextEntries,
  order: Int32Array,
  lanes: readonly Float64Array[],
  covered: number,
  context: Checkpoint,
): Promise<void> {
  const compare = comparison(texts, covered);
  let seen = 0;
  for (let start = 0, end = 1; start < order.length; start = end++) {
    while (end < order.length && agree(lanes, order[start], order[end])) end++;
    if (end - start > 1) {
      const ties = order.subarray(start, end);
      const sorted = await mergeSort(ties, compare, context);
      if (sorted !== ties) order.set(sorted, start);
    }
    seen += end - start;
    if (seen < STEP_ROWS) continue;
    seen = 0;
    await turn(context);
  }
}
