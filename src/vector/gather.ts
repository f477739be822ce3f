/** Picking rows out of vectors and batches by position. */
import { lowerBound } from '../base/lower-bound.ts';
import type { Value } from '../types/value.ts';
import { LaneVector } from './lane-vector.ts';
import { lazyValues } from './lazy-values.ts';
import { RunVector } from './run-vector.ts';
import type {
  AnyVector,
  Batch,
  BatchRuns,
  BoolVector,
  F64Vector,
  NullMask,
  Vector,
} from './vector.ts';
import { NO_TEXTS } from './string-dictionary.ts';

/** Rows gathered in one step. */
const STEP_ROWS = 65_536;

/** `gather` of many rows in steps of some milliseconds. */
export function* gatherSteps(vector: Vector, selection: Int32Array): Generator<void, Vector, void> {
  const count = selection.length;
  if (count <= STEP_ROWS || lazyValues(vector) !== undefined) {
    return gather(vector, selection);
  }
  const { type } = vector;
  const nulls = vector.nulls === undefined ? undefined : new Uint8Array(count);
  const data = emptyData(vector.rep, count);
  for (let start = 0; start < count; start += STEP_ROWS) {
    const end = Math.min(count, start + STEP_ROWS);
    const part = gather(vector, selection.subarray(start, end));
    if (part.nulls !== undefined) nulls?.set(part.nulls, start);
    if (Array.isArray(data)) for (const value of (part as AnyVector).data) data.push(value);
    else data.set(part.rep === 'text' ? part.codes : (part as F64Vector | BoolVector).data, start);
    yield;
  }
  switch (vector.rep) {
    case 'f64':
      return { rep: 'f64', type, length: count, data: data as Float64Array, nulls };
    case 'bool':
      return { rep: 'bool', type, length: count, data: data as Uint8Array, nulls };
    case 'text': {
      const { dictionary } = vector;
      return { rep: 'text', type, length: count, codes: data as Int32Array, dictionary, nulls };
    }
    case 'any':
      return { rep: 'any', type, length: count, data: data as Value[], nulls };
  }
}

function emptyData(
  rep: Vector['rep'],
  count: number,
): Float64Array | Uint8Array | Int32Array | Value[] {
  if (rep === 'f64') return new Float64Array(count);
  if (rep === 'bool') return new Uint8Array(count);
  return rep === 'text' ? new Int32Array(count) : [];
}

/** Rows of `vector` at the first `count` positions of `selection`, in that order. */
export function gather(vector: Vector, selection: Int32Array, count = selection.length): Vector {
  const { type } = vector;
  const inRuns = RunVector.from(vector);
  if (inRuns !== undefined) return inRuns.gather(selection, count);
  const nulls = gatherNulls(vector.nulls, selection, count);
  switch (vector.rep) {
    case 'f64': {
      const lanes = LaneVector.from(vector);
      if (lanes !== undefined) return lanes.gather(selection, count, nulls);
      const data = new Float64Array(count);
      const source = vector.data;
      for (let i = 0; i < count; i++) data[i] = source[selection[i]];
      return { rep: 'f64', type, length: count, data, nulls };
    }
    case 'bool': {
      const data = new Uint8Array(count);
      const source = vector.data;
      for (let i = 0; i < count; i++) data[i] = source[selection[i]];
      return { rep: 'bool', type, length: count, data, nulls };
    }
    case 'text': {
      const codes = new Int32Array(count);
      const source = vector.codes;
      for (let i = 0; i < count; i++) codes[i] = source[selection[i]];
      return { rep: 'text', type, length: count, codes, dictionary: vector.dictionary, nulls };
    }
    case 'any': {
      const lazy = lazyValues(vector);
      if (lazy !== undefined) return lazy.gather(selection, count, nulls);
      const data: Value[] = [];
      const source = vector.data;
      for (let i = 0; i < count; i++) data.push(source[selection[i]]);
      return { rep: 'any', type, length: count, data, nulls };
    }
  }
}

function gatherNulls(nulls: NullMask, selection: Int32Array, count: number): NullMask {
  if (nulls === undefined) return undefined;
  const picked = new Uint8Array(count);
  let any = 0;
  for (let i = 0; i < count; i++) {
    const flag = nulls[selection[i]];
    picked[i] = flag;
    any |= flag;
  }
  return any === 0 ? undefined : picked;
}

/** Like gather, but a position of -1 gives NULL (the missing side of an outer join). */
export function gatherOrNull(
  vector: Vector,
  selection: Int32Array,
  count = selection.length,
): Vector {
  let missing = false;
  for (let i = 0; i < count && !missing; i++) missing = selection[i] < 0;
  if (!missing) return gather(vector, selection, count);
  const { type } = vector;
  const source = vector.nulls;
  const nulls = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const row = selection[i];
    nulls[i] = row < 0 || (source !== undefined && source[row] === 1) ? 1 : 0;
  }
  switch (vector.rep) {
    case 'f64': {
      const data = new Float64Array(count);
      const from = vector.data;
      for (let i = 0; i < count; i++) if (selection[i] >= 0) data[i] = from[selection[i]];
      return { rep: 'f64', type, length: count, data, nulls };
    }
    case 'bool': {
      const data = new Uint8Array(count);
      for (let i = 0; i < count; i++) if (selection[i] >= 0) data[i] = vector.data[selection[i]];
      return { rep: 'bool', type, length: count, data, nulls };
    }
    case 'text': {
      const codes = new Int32Array(count);
      const from = vector.codes;
      for (let i = 0; i < count; i++) if (selection[i] >= 0) codes[i] = from[selection[i]];
      const dictionary = vector.dictionary.length === 0 ? NO_TEXTS : vector.dictionary;
      return { rep: 'text', type, length: count, codes, dictionary, nulls };
    }
    case 'any': {
      const data: Value[] = [];
      for (let i = 0; i < count; i++) {
        data.push(selection[i] < 0 ? null : vector.data[selection[i]]);
      }
      return { rep: 'any', type, length: count, data, nulls };
    }
  }
}

/** Rows start..end-1 of a vector; shares the memory of typed arrays. */
export function slice(vector: Vector, start: number, end: number): Vector {
  if (start === 0 && end === vector.length) return vector;
  const { type } = vector;
  const length = end - start;
  const inRuns = RunVector.from(vector);
  if (inRuns !== undefined) return inRuns.slice(start, end);
  const nulls = vector.nulls?.subarray(start, end);
  switch (vector.rep) {
    case 'f64': {
      const lanes = LaneVector.from(vector);
      if (lanes !== undefined) return lanes.slice(start, end, nulls);
      return { rep: 'f64', type, length, data: vector.data.subarray(start, end), nulls };
    }
    case 'bool':
      return { rep: 'bool', type, length, data: vector.data.subarray(start, end), nulls };
    case 'text': {
      const codes = vector.codes.subarray(start, end);
      return { rep: 'text', type, length, codes, dictionary: vector.dictionary, nulls };
    }
    case 'any': {
      const lazy = lazyValues(vector);
      if (lazy !== undefined) return lazy.slice(start, end, nulls);
      return { rep: 'any', type, length, data: vector.data.slice(start, end), nulls };
    }
  }
}

/** Rows start..end-1 of a batch, without its runs. */
export function sliceBatch(batch: Batch, start: number, end: number): Batch {
  if (start === 0 && end === batch.length) return batch;
  return {
    columns: batch.columns.map((column) => slice(column, start, end)),
    length: end - start,
  };
}

/** Rows start..end-1 of a batch with what they hold of its runs. */
export function sliceWithRuns(batch: Batch, start: number, end: number): Batch {
  const rows = sliceBatch(batch, start, end);
  const { runs } = batch;
  if (runs === undefined || rows === batch || start === end) return rows;
  const first = lowerBound(runs.starts, start + 1, 0, runs.starts.length);
  const last = lowerBound(runs.starts, end, first, runs.starts.length);
  const starts = new Int32Array(last - first + 1);
  for (let run = first; run < last; run++) starts[run - first + 1] = runs.starts[run] - start;
  return { columns: rows.columns, length: rows.length, runs: { ...runs, starts } };
}

/**
 * Rows of a batch at the given positions. Where they ascend, pass `ascending` to keep the batch's runs:
 * what is left of a run is still one.
 */
export function gatherBatch(
  batch: Batch,
  selection: Int32Array,
  ascending = false,
  count = selection.length,
): Batch {
  if (ascending && count === batch.length) return batch;
  const columns = batch.columns.map((column) => gather(column, selection, count));
  if (!ascending || batch.runs === undefined || count === 0) return { columns, length: count };
  return { columns, length: count, runs: gatherRuns(batch.runs, selection, count) };
}

/**
 * The same for an ascending selection that nobody changes any more. Columns that nobody reads, such as those
 * that only a condition was about, are not gathered.
 */
export function pickBatch(batch: Batch, selection: Int32Array): Batch {
  const { length } = selection;
  if (length === batch.length) return batch;
  const columns = batch.columns.map((column) => {
    const inRuns = RunVector.from(column);
    if (inRuns !== undefined) return inRuns.pick(selection);
    const lanes = LaneVector.from(column);
    if (lanes === undefined) return gather(column, selection);
    return lanes.pick(selection, gatherNulls(column.nulls, selection, length));
  });
  if (batch.runs === undefined || length === 0) return { columns, length };
  return { columns, length, runs: gatherRuns(batch.runs, selection, length) };
}

/** Borders of the runs among the rows kept; `selection` ascends. */
export function gatherRuns(runs: BatchRuns, selection: Int32Array, count: number): BatchRuns {
  const { starts } = runs;
  const kept = new Int32Array(Math.min(starts.length, count));
  let length = 0;
  let row = 0;
  for (let run = 0; run < starts.length && row < count; run++) {
    const end = run + 1 < starts.length ? starts[run + 1] : Infinity;
    if (selection[row] >= end) continue;
    kept[length++] = row;
    row = lowerBound(selection, end, row, count);
  }
  return { ...runs, starts: kept.subarray(0, length) };
}
