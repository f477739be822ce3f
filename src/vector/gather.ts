/** Picking rows out of vectors and batches by position. */
import type { Value } from '../types/value.ts';
import type { Batch, BatchRuns, NullMask, Vector } from './vector.ts';

/** Rows of `vector` at the first `count` positions of `selection`, in that order. */
export function gather(vector: Vector, selection: Int32Array, count = selection.length): Vector {
  const { type } = vector;
  const nulls = gatherNulls(vector.nulls, selection, count);
  switch (vector.rep) {
    case 'f64': {
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
      for (let i = 0; i < count; i++) if (selection[i] >= 0) data[i] = vector.data[selection[i]];
      return { rep: 'f64', type, length: count, data, nulls };
    }
    case 'bool': {
      const data = new Uint8Array(count);
      for (let i = 0; i < count; i++) if (selection[i] >= 0) data[i] = vector.data[selection[i]];
      return { rep: 'bool', type, length: count, data, nulls };
    }
    case 'text': {
      const codes = new Int32Array(count);
      for (let i = 0; i < count; i++) if (selection[i] >= 0) codes[i] = vector.codes[selection[i]];
      const dictionary = vector.dictionary.length === 0 ? [''] : vector.dictionary;
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
  const nulls = vector.nulls?.subarray(start, end);
  switch (vector.rep) {
    case 'f64':
      return { rep: 'f64', type, length, data: vector.data.subarray(start, end), nulls };
    case 'bool':
      return { rep: 'bool', type, length, data: vector.data.subarray(start, end), nulls };
    case 'text': {
      const codes = vector.codes.subarray(start, end);
      return { rep: 'text', type, length, codes, dictionary: vector.dictionary, nulls };
    }
    case 'any':
      return { rep: 'any', type, length, data: vector.data.slice(start, end), nulls };
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

function lowerBound(ascending: Int32Array, bound: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
