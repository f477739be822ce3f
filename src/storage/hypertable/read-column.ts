/** Whole columns over the kept rows of all sources that a segment is written from. */
import { lowerBound } from '../../base/lower-bound.ts';
import { finishInTurns, finishNow } from '../../base/steps.ts';
import type { Timers } from '../../base/env.ts';
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { Value } from '../../types/value.ts';
import { putDoubles } from '../../vector/wide-vector.ts';
import { missingValue } from './any-values.ts';
import { PIECE_ROWS, pieceCount, type RowSource } from './row-source.ts';
import { gatherColumn, plainColumn, storedValueAt, type PlainColumn } from './stored-column.ts';
import { TextDictionary } from './text-dictionary.ts';
import { WideColumn } from './wide-column.ts';

/** Rows of a source that are not deleted; undefined for all of them. */
export function keptRows(source: RowSource): Int32Array | undefined {
  const { deleted, numbers, rows } = source;
  if (deleted === undefined || deleted.count === 0) return undefined;
  const kept = new Int32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const number = numbers === undefined ? row : numbers[row];
    if (((deleted.bits[number >> 3] ?? 0) & (1 << (number & 7))) === 0) kept[count++] = row;
  }
  return kept.subarray(0, count);
}

/** A column over the kept rows of all sources; undefined where none of them has it. */
export async function readColumn(
  table: TableDescriptor,
  sources: readonly RowSource[],
  kept: readonly (Int32Array | undefined)[],
  attnum: number,
  rows: number,
  timers: Timers,
): Promise<PlainColumn | undefined> {
  const [only] = sources;
  if (sources.length === 1 && only.whole !== undefined && kept[0] === undefined) {
    const whole = await only.whole(attnum);
    return whole === undefined ? undefined : plainColumn(whole);
  }
  const parts: ColumnPart[] = [];
  let present = false;
  for (let s = 0; s < sources.length; s++) {
    for (let index = 0; index < pieceCount(sources[s]); index++) {
      const piece = await sources[s].piece(attnum, index);
      const first = index * PIECE_ROWS;
      const count = Math.min(PIECE_ROWS, sources[s].rows - first);
      const picked = pickedIn(kept[s], first, first + count);
      const column =
        piece === undefined || picked === undefined
          ? piece && plainColumn(piece)
          : gatherColumn(piece, picked, picked.length);
      parts.push({ column, rows: picked?.length ?? count });
      present ||= piece !== undefined;
      await timers.yield();
    }
  }
  if (!present) return undefined;
  if (parts.length === 1) return parts[0].column;
  const { type, missingText } = table.columns[attnum - 1];
  const steps = joinSteps(parts, rows, missingValue(type, missingText));
  return await finishInTurns(steps, () => timers.yield());
}

/** The kept rows between two rows, counted from the first. */
function pickedIn(kept: Int32Array | undefined, from: number, to: number): Int32Array | undefined {
  if (kept === undefined) return undefined;
  const low = lowerBound(kept, from);
  return kept.subarray(low, lowerBound(kept, to)).map((row) => row - from);
}

interface ColumnPart {
  readonly column: PlainColumn | undefined;
  readonly rows: number;
}

/** Columns one after the other; where the rows lack it, the missing value. */
export function joinColumns(
  parts: readonly ColumnPart[],
  rows: number,
  missing: Value,
): PlainColumn {
  return finishNow(joinSteps(parts, rows, missing));
}

/** The same, with a step for each part whose strings get other codes. */
function* joinSteps(
  parts: readonly ColumnPart[],
  rows: number,
  missing: Value,
): Generator<void, PlainColumn> {
  const first = parts.find(({ column }) => column !== undefined)?.column as PlainColumn;
  const alike = parts.every(({ column }) => column?.rep === first.rep);
  if (!alike || first.rep === 'any') {
    return joinIntegers(parts, rows) ?? joinValues(parts, first, rows, missing);
  }
  const hasNulls = parts.some(({ column }) => column?.nulls !== undefined);
  const nulls = hasNulls ? new Uint8Array(rows) : undefined;
  const numbers = new Float64Array(first.rep === 'f64' ? rows : 0);
  const flags = new Uint8Array(first.rep === 'bool' ? rows : 0);
  const codes = new Int32Array(first.rep === 'text' ? rows : 0);
  const shared = parts.every(
    ({ column }) =>
      column?.rep === 'text' && first.rep === 'text' && column.dictionary === first.dictionary,
  );
  const dictionary = shared && first.rep === 'text' ? first.dictionary : new TextDictionary();
  let at = 0;
  for (const { column, rows: count } of parts) {
    if (nulls !== undefined && column?.nulls !== undefined) {
      nulls.set(column.nulls.subarray(0, count), at);
    }
    if (column?.rep === 'f64') numbers.set(column.data.subarray(0, count), at);
    else if (column?.rep === 'bool') flags.set(column.data.subarray(0, count), at);
    else if (column?.rep === 'text') {
      if (shared) codes.set(column.codes.subarray(0, count), at);
      else yield* takeTexts(dictionary, column, count, codes, at);
    }
    at += count;
  }
  if (first.rep === 'f64') return { rep: 'f64', data: numbers, nulls };
  if (first.rep === 'bool') return { rep: 'bool', data: flags, nulls };
  return { rep: 'text', codes, dictionary, nulls };
}

/** Texts that may be new to a dictionary, taken over at a time. */
const STEP_TEXTS = 4_096;

function* takeTexts(
  dictionary: TextDictionary,
  column: PlainColumn & { rep: 'text' },
  rows: number,
  target: Int32Array,
  at: number,
): Generator<void, void, void> {
  for (let start = 0; start < rows; start += STEP_TEXTS) {
    const end = Math.min(rows, start + STEP_TEXTS);
    const codes = column.codes.subarray(start, end);
    const nulls = column.nulls?.subarray(start, end);
    const piece = { codes, nulls, dictionary: column.dictionary };
    dictionary.takeOver(piece, end - start, target, at + start);
    yield;
  }
}

/** Joins integers of which some are in no double; undefined where there are other values, or parts are missing. */
function joinIntegers(parts: readonly ColumnPart[], rows: number): PlainColumn | undefined {
  const isWide = parts.some(({ column }) => column instanceof WideColumn);
  if (!isWide) return undefined;
  const words = new Int32Array(2 * rows);
  let nulls: Uint8Array | undefined;
  let at = 0;
  for (const { column, rows: count } of parts) {
    if (column instanceof WideColumn) words.set(column.words.subarray(0, 2 * count), 2 * at);
    else if (column?.rep === 'f64') putDoubles(column.data, count, words, 2 * at);
    else return undefined;
    if (column.nulls !== undefined) {
      nulls ??= new Uint8Array(rows);
      nulls.set(column.nulls.subarray(0, count), at);
    }
    at += count;
  }
  return new WideColumn(words, nulls);
}

/** Joins columns of different forms, or with missing parts. */
function joinValues(
  parts: readonly ColumnPart[],
  first: PlainColumn,
  rows: number,
  missing: Value,
): PlainColumn {
  const values: Value[] = [];
  for (const { column, rows: count } of parts) {
    for (let i = 0; i < count; i++) {
      values.push(column === undefined ? missing : storedValueAt(column, i));
    }
  }
  const nulls = values.includes(null)
    ? Uint8Array.from(values, (value) => (value === null ? 1 : 0))
    : undefined;
  const forms = new Set(parts.map(({ column }) => column?.rep ?? first.rep));
  if (forms.size > 1 || first.rep === 'any') return { rep: 'any', data: values, nulls };
  if (first.rep === 'f64' && values.every((value) => typeof value === 'number' || value === null)) {
    return {
      rep: 'f64',
      data: Float64Array.from(values, (value) => (value as number) ?? 0),
      nulls,
    };
  }
  if (first.rep === 'bool') {
    return {
      rep: 'bool',
      data: Uint8Array.from(values, (value) => (value === true ? 1 : 0)),
      nulls,
    };
  }
  if (first.rep === 'text') {
    const dictionary = new TextDictionary();
    const codes = new Int32Array(rows);
    for (let i = 0; i < rows; i++) codes[i] = dictionary.intern((values[i] as string | null) ?? '');
    return { rep: 'text', codes, dictionary, nulls };
  }
  return { rep: 'any', data: values, nulls };
}
