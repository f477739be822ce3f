/** The ranks of a column's values among its distinct ones, as lanes to sort rows by. */
import { comparatorFor } from '../types/compare.ts';
import { hashKey, isHashable } from '../types/hash.ts';
import { compareText } from '../types/text.ts';
import type { Value } from '../types/value.ts';
import type { LongColumn } from '../vector/long-column.ts';
import { LongList } from '../vector/long-list.ts';
import { TextEntries } from '../vector/text-entries.ts';
import { TextTable } from '../vector/text-table.ts';
import { valueAt, type TextVector } from '../vector/vector.ts';
import { mergeSort } from './merge-sort.ts';
import { stretches, type ExecContext } from './operator.ts';
import { rankTexts } from './text-ranks.ts';
import type { Dictionary } from '../vector/dictionary.ts';

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

/** Values looked at between two checkpoints. */
const STEP_ROWS = 8192;
/** Rows between two checkpoints where each takes some nanoseconds. */
const COPY_ROWS = 131_072;

/** Strings of one dictionary above which their ranks are not kept. */
const KEPT_MAX = 262_144;
/** How many strings a row all may be ranked for those in use. */
const STRINGS_PER_ROW = 2;

/** Ranks by code of dictionaries, which never change: who sorts by a column once often does again. */
const kept = new WeakMap<Dictionary, Float64Array>();

/** Ranks by row; NULLs have 0. */
export async function valueRanks(column: LongColumn, context: Checkpoint): Promise<Float64Array> {
  const texts = plainTexts(column);
  const dictionary = texts && oneDictionary(texts, column.length);
  if (dictionary !== undefined) return await ranksByCode(column, dictionary, context);
  if (texts !== undefined) {
    const { entries, numbers } = await usedTexts(texts, column.length, context);
    return await lanesOf(numbers, await rankTexts(entries, context), context);
  }
  const { distinct, numbers } = await distinctValues(column, context);
  return await lanesOf(numbers, await rankValues(distinct, column.type.oid, context), context);
}

async function lanesOf(
  numbers: Int32Array,
  ranks: Float64Array,
  context: Checkpoint,
): Promise<Float64Array> {
  const lane = new Float64Array(numbers.length);
  await stretches(numbers.length, COPY_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) if (numbers[i] > 0) lane[i] = ranks[numbers[i] - 1];
  });
  return lane;
}

/** The column's parts where all are of texts that are ordered as they are. */
function plainTexts({ parts, type }: LongColumn): readonly TextVector[] | undefined {
  if ((comparatorFor(type.oid) as unknown) !== compareText) return undefined;
  return parts.every((part) => part.rep === 'text') ? parts : undefined;
}

/** The dictionary of a whole column, where ranking all of it pays. */
function oneDictionary(parts: readonly TextVector[], length: number): Dictionary | undefined {
  const [{ dictionary }] = parts;
  const isOne = parts.every((part) => part.dictionary === dictionary);
  const most = kept.has(dictionary) ? KEPT_MAX : Math.min(KEPT_MAX, length * STRINGS_PER_ROW);
  return isOne && dictionary.length <= most ? dictionary : undefined;
}

async function ranksByCode(
  { parts, length }: LongColumn,
  dictionary: Dictionary,
  context: Checkpoint,
): Promise<Float64Array> {
  let ranks = kept.get(dictionary);
  if (ranks === undefined) {
    const entries = new TextEntries(dictionary.length);
    await stretches(dictionary.length, STEP_ROWS, context, (start, end) => {
      for (let code = start; code < end; code++) entries.push(dictionary, code);
    });
    kept.set(dictionary, (ranks = await rankTexts(entries, context)));
  }
  const lane = new Float64Array(length);
  let first = 0;
  for (const part of parts) {
    const { codes, nulls, length: rows } = part as TextVector;
    const from = first;
    const byCode = ranks;
    await stretches(rows, COPY_ROWS, context, (start, end) => {
      for (let i = start; i < end; i++) {
        if (nulls === undefined || nulls[i] === 0) lane[from + i] = byCode[codes[i]];
      }
    });
    first += rows;
  }
  return lane;
}

/** The texts in use and, for each row, the position of its own plus 1; 0 for NULL. */
async function usedTexts(
  parts: readonly TextVector[],
  length: number,
  context: Checkpoint,
): Promise<{ readonly entries: TextEntries; readonly numbers: Int32Array }> {
  const entries = new TextEntries(length);
  const numbers = new Int32Array(length);
  let first = 0;
  for (const { codes, dictionary, nulls, length: rows } of parts) {
    const used = new Int32Array(dictionary.length);
    const from = first;
    // Bytes may have to be made of strings.
    await stretches(rows, STEP_ROWS, context, (start, end) => {
      for (let i = start; i < end; i++) {
        if (nulls !== undefined && nulls[i] === 1) continue;
        const code = codes[i];
        if (used[code] === 0) {
          entries.push(dictionary, code);
          used[code] = entries.length;
        }
        numbers[from + i] = used[code];
      }
    });
    first += rows;
  }
  return { entries, numbers };
}

/** Values and, for each row, the position of its value plus 1; 0 for NULL. */
interface Numbered {
  readonly distinct: LongList<NonNullable<Value>>;
  readonly numbers: Int32Array;
}

async function distinctValues(column: LongColumn, context: Checkpoint): Promise<Numbered> {
  const { oid } = column.type;
  const distinct = new LongList<NonNullable<Value>>();
  const numbers = new Int32Array(column.length);
  const seen = isHashable(oid) ? new TextTable() : undefined;
  let first = 0;
  for (const part of column.parts) {
    const from = first;
    await stretches(part.length, STEP_ROWS, context, (start, end) => {
      for (let i = start; i < end; i++) {
        const value = valueAt(part, i);
        if (value === null) continue;
        const at = seen === undefined ? distinct.length : seen.add(String(hashKey(oid, value)));
        if (at === distinct.length) distinct.push(value);
        numbers[from + i] = at + 1;
      }
    });
    first += part.length;
  }
  return { distinct, numbers };
}

/** The rank of each value; equal values share one. */
async function rankValues(
  values: LongList<NonNullable<Value>>,
  oid: number,
  context: Checkpoint,
): Promise<Float64Array> {
  const { length } = values;
  const compare = comparatorFor(oid);
  const order = new Int32Array(length);
  await stretches(length, COPY_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) order[i] = i;
  });
  const sorted = await mergeSort(order, (a, b) => compare(values.at(a), values.at(b)), context);
  const ranks = new Float64Array(length);
  let rank = 0;
  await stretches(length, STEP_ROWS, context, (start, end) => {
    for (let i = start; i < end; i++) {
      const row = sorted[i];
      if (i > 0 && compare(values.at(sorted[i - 1]), values.at(row)) !== 0) rank++;
      ranks[row] = rank;
    }
  });
  return ranks;
}
