/**
 * Ranks of many strings by code point. What all have in common at their start is left out; the next
 * characters become two lanes of numbers and are sorted as numbers are, which asks for each string twice
 * and compares none. Only strings that agree so far are compared.
 */
import { codePointRank, compareText } from '../types/text.ts';
import type { LongList } from '../vector/long-list.ts';
import { mergeSort } from './merge-sort.ts';
import { stretches, turn, type ExecContext } from './operator.ts';
import { radixSort } from './radix-sort.ts';

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

/** Strings looked at between two checkpoints. */
const STEP_ROWS = 8192;

/** How a lane holds characters: numbers of base `base`, 0 for the end of the string. */
interface Packing {
  readonly base: number;
  /** base ** characters is below 2 ** 53. */
  readonly characters: number;
}

const LATIN: Packing = { base: 257, characters: 6 };
const WIDE: Packing = { base: 65_537, characters: 3 };
const LATIN_MAX = 255;

/** The rank of each string; equal strings share one. */
export async function rankTexts(
  texts: LongList<string>,
  context: Checkpoint,
): Promise<Float64Array> {
  const { length } = texts;
  const shape = await shapeOf(texts, context);
  const { characters } = shape.packing;
  const lanes = [await lane(texts, shape.common, shape.packing, context)];
  let covered = shape.common + characters;
  if (shape.longest > covered) {
    lanes.push(await lane(texts, covered, shape.packing, context));
    covered += characters;
  }
  const order = await radixSort(lanes, length, context);
  if (shape.longest > covered) await sortTies(texts, order, lanes, context);
  const ranks = new Float64Array(length);
  let rank = 0;
  await stretches(length, STEP_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) {
      const row = order[i];
      if (i > 0 && isAbove(texts, lanes, order[i - 1], row, covered)) rank++;
      ranks[row] = rank;
    }
  });
  return ranks;
}

interface Shape {
  /** Characters that all strings begin with. */
  readonly common: number;
  readonly longest: number;
  readonly packing: Packing;
}

async function shapeOf(texts: LongList<string>, context: Checkpoint): Promise<Shape> {
  const { length } = texts;
  const first = texts.at(0);
  let common = first.length;
  let longest = 0;
  await stretches(length, STEP_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) {
      const text = texts.at(i);
      longest = Math.max(longest, text.length);
      common = commonLength(first, text, common);
    }
  });
  let isLatin = true;
  await stretches(length, STEP_ROWS, context, (start, end) => {
    for (let i = start; i < end && isLatin; i++) isLatin = hasOnlyLatin(texts.at(i), common);
  });
  return { common, longest, packing: isLatin ? LATIN : WIDE };
}

function commonLength(a: string, b: string, max: number): number {
  const end = Math.min(max, b.length);
  let i = 0;
  while (i < end && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i;
}

/** Whether the characters that go to lanes fit a byte. */
function hasOnlyLatin(text: string, from: number): boolean {
  const end = Math.min(text.length, from + 2 * LATIN.characters);
  for (let i = from; i < end; i++) if (text.charCodeAt(i) > LATIN_MAX) return false;
  return true;
}

async function lane(
  texts: LongList<string>,
  from: number,
  { base, characters }: Packing,
  context: Checkpoint,
): Promise<Float64Array> {
  const numbers = new Float64Array(texts.length);
  await stretches(texts.length, STEP_ROWS, context, (start, end) => {
    for (let row = start; row < end; row++) {
      const text = texts.at(row);
      let number = 0;
      for (let i = from; i < from + characters; i++) {
        number *= base;
        if (i < text.length) number += codePointRank(text.charCodeAt(i)) + 1;
      }
      numbers[row] = number;
    }
  });
  return numbers;
}

/** Whether a row's string is not equal to that of the row before it in order. */
function isAbove(
  texts: LongList<string>,
  lanes: readonly Float64Array[],
  before: number,
  row: number,
  covered: number,
): boolean {
  if (!agree(lanes, before, row)) return true;
  const [a, b] = [texts.at(before), texts.at(row)];
  return (a.length > covered || b.length > covered) && a !== b;
}

function agree(lanes: readonly Float64Array[], a: number, b: number): boolean {
  for (const numbers of lanes) if (numbers[a] !== numbers[b]) return false;
  return true;
}

/** Sorts each stretch of rows whose lanes agree by the whole strings. */
async function sortTies(
  texts: LongList<string>,
  order: Int32Array,
  lanes: readonly Float64Array[],
  context: Checkpoint,
): Promise<void> {
  const compare = (a: number, b: number): number => compareText(texts.at(a), texts.at(b));
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
