/** count(*) and count(x). */
import { OID, sqlType } from '../../types/type.ts';
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import type { NullMask, Vector } from '../../vector/vector.ts';
import { aggregate } from '../define.ts';
import type { Accumulator, AggregateFunction } from '../function.ts';
import { growF64 } from './accumulator.ts';
import { countOverFrames } from './over-frames.ts';

class CountAccumulator implements Accumulator {
  readonly groupBytes = 8;
  #counts = new Float64Array(0);

  ensureGroups(count: number): void {
    this.#counts = growF64(this.#counts, count);
  }

  add(groups: Int32Array, args: readonly Vector[], start: number, end: number): void {
    const counts = this.#counts;
    const nulls = args[0]?.nulls;
    if (nulls === undefined) {
      for (let i = start; i < end; i++) counts[groups[i] as number] += 1;
      return;
    }
    for (let i = start; i < end; i++) {
      counts[groups[i] as number] += 1 - (nulls[i] as number);
    }
  }

  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    const nulls = args[0]?.nulls;
    this.#counts[group] += nulls === undefined ? end - start : present(nulls, start, end);
  }

  addSummaries(groups: Int32Array, _column: ColumnSummary | undefined, all: Summaries): void {
    const counts = this.#counts;
    const { length, rows } = all;
    for (let i = 0; i < length; i++) counts[groups[i] as number] += rows[i] as number;
  }

  finish(count: number): Vector {
    return this.finishRange(0, count);
  }

  finishRange(first: number, end: number): Vector {
    return countVector(this.#counts.slice(first, end));
  }
}

function countVector(data: Float64Array): Vector {
  return { rep: 'f64', type: sqlType(OID.int8), length: data.length, data, nulls: undefined };
}

/** Rows from start to end - 1 that are not NULL. */
export function present(nulls: NullMask, start: number, end: number): number {
  if (nulls === undefined) return end - start;
  let count = end - start;
  for (let i = start; i < end; i++) count -= nulls[i] as number;
  return count;
}

const COUNTED = {
  orderInsensitive: true,
  statistics: [],
  ofSummaries: ({ rows }: Summaries) => countVector(rows),
  overFrames: countOverFrames,
} as const;

export const countAggregates: readonly AggregateFunction[] = [
  aggregate('count() int8', () => new CountAccumulator(), COUNTED),
  aggregate('count(any) int8', () => new CountAccumulator(), COUNTED),
];
