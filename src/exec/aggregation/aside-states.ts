/** The states of groups whose rows were put aside, as calls take them: summaries, or the values of extremes. */
import { kernels } from '../../kernels/kernels.ts';
import { freeBlock, kernelViews, type KernelBlock } from '../../kernels/memory.ts';
import { allocate } from '../packed-keys/packed-table.ts';
import type { KeyStretch } from '../packed-keys/packed-keys.ts';
import type { GroupedRecords } from '../packed-keys/group-records.ts';
import type { KeyField } from '../packed-keys/key-field.ts';
import type { PartGroups } from '../packed-keys/record-layout.ts';
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import type { NullMask, Vector } from '../../vector/vector.ts';
import type { AsidePlan } from './aside-plan.ts';
import type { AsideRecords } from './aside-records.ts';
import type { CallState } from './call-input.ts';

const HIGH = 2 ** 32;

/** Some groups of a part. */
export interface GroupRange {
  readonly part: GroupedRecords;
  readonly first: number;
  readonly count: number;
}

/** Groups of some parts. */
export interface GroupPiece {
  readonly ranges: readonly GroupRange[];
  readonly length: number;
}

/** Pieces of at most so many groups. */
export function* rangePieces(
  ranges: readonly GroupRange[],
  groupsMax: number,
): Generator<GroupPiece, void, void> {
  let some: GroupRange[] = [];
  let length = 0;
  for (const { part, first, count } of ranges) {
    for (let at = 0; at < count;) {
      const taken = Math.min(count - at, groupsMax - length);
      some.push({ part, first: first + at, count: taken });
      length += taken;
      at += taken;
      if (length < groupsMax) continue;
      yield { ranges: some, length };
      some = [];
      length = 0;
    }
  }
  if (length > 0) yield { ranges: some, length };
}

export class AsideStates {
  readonly #plan: AsidePlan;
  readonly #records: AsideRecords;
  #stage: KernelBlock | undefined;

  constructor(plan: AsidePlan, records: AsideRecords) {
    this.#plan = plan;
    this.#records = records;
  }

  keys({ ranges }: GroupPiece): KeyStretch[] {
    const { layout } = this.#records;
    return ranges.map(({ part, first, count }) => {
      return [layout.keysAt(part) + first * layout.width, count];
    });
  }

  /** How many rows the groups have. */
  rows(piece: GroupPiece): Float64Array {
    return this.#counts(piece, (part) => this.#records.layout.countsAt(part));
  }

  /** What a call takes as summaries: nothing is added to these afterwards. */
  summaries(i: number, piece: GroupPiece, rows: Float64Array): Summaries | undefined {
    const { kind, state: stateKind } = this.#plan.calls[i];
    const isSum = stateKind === 'sum32';
    if (kind !== 'rows' && kind !== 'known' && !isSum) return undefined;
    const sums = isSum ? this.#longs(piece, this.#records.calls[i].state, 0, 8) : undefined;
    return summaries(this.#known(i, piece, rows), sums);
  }

  /** Adds what is known of the groups to a call that has them at these numbers among `count`. */
  feed(
    i: number,
    call: CallState,
    piece: GroupPiece,
    rows: Float64Array,
    numbers: Int32Array,
    count: number,
  ): void {
    const found = this.summaries(i, piece, rows);
    if (found !== undefined) {
      call.addSummaries(numbers, found.columns.length - 1, found, count);
      return;
    }
    const { kind, input } = this.#plan.calls[i];
    const { state } = this.#records.calls[i];
    const counts = this.#known(i, piece, rows);
    if (kind === 'extreme') {
      const values = this.#values(this.#records.fields[input] as KeyField, piece, state, counts);
      call.addValues?.(numbers, [values], piece.length, count);
      return;
    }
    // Sums of words of so few rows are exact, and those of the upper ones are so when they are moved.
    const upper = this.#longs(piece, state, 8, 16);
    for (let g = 0; g < upper.length; g++) upper[g] *= HIGH;
    call.addSummaries(numbers, 0, summaries(counts, upper), count);
    const lower = this.#longs(piece, state, 0, 16);
    call.addSummaries(numbers, 0, summaries(new Float64Array(piece.length), lower), count);
  }

  free(): void {
    if (this.#stage !== undefined) freeBlock(this.#stage);
    this.#stage = undefined;
  }

  /** Rows in which a call's argument is not NULL. */
  #known(i: number, piece: GroupPiece, rows: Float64Array): Float64Array {
    const { known } = this.#records.calls[i];
    const { layout } = this.#records;
    return known < 0 ? rows : this.#counts(piece, (part) => layout.stateAt(part, known));
  }

  #counts({ ranges, length }: GroupPiece, countsAt: (part: PartGroups) => number): Float64Array {
    const stage = this.#room(length);
    let target = stage;
    for (const { part, first, count } of ranges) {
      kernels.widenU32(countsAt(part) + first * 4, target, count, 0, 1, 1);
      target += count * 8;
    }
    return kernelViews().f64.slice(stage >>> 3, (stage >>> 3) + length);
  }

  /** Numbers of 64 bits that are exact as doubles. */
  #longs(piece: GroupPiece, state: number, offset: number, stride: number): Float64Array {
    const { length } = piece;
    const stage = this.#room(length);
    this.#collect(piece, state, offset, stride, 8, stage);
    const doubles = stage + length * 8;
    kernels.wholeDoubles(stage, length, doubles);
    return kernelViews().f64.slice(doubles >>> 3, (doubles >>> 3) + length);
  }

  #values(field: KeyField, piece: GroupPiece, state: number, counts: Float64Array): Vector {
    const { bytes } = field;
    const stage = this.#room(piece.length);
    this.#collect(piece, state, 0, bytes, bytes, stage);
    return field.decode(piece.length, stage, nullsOf(counts));
  }

  #collect(
    { ranges }: GroupPiece,
    state: number,
    offset: number,
    stride: number,
    bytes: number,
    target: number,
  ): void {
    const { layout } = this.#records;
    const collect = bytes === 8 ? kernels.collectLongs : kernels.collectWords;
    for (const { part, first, count } of ranges) {
      collect(layout.stateAt(part, state) + first * stride + offset, stride, count, target);
      target += count * bytes;
    }
  }

  /** Twice 8 bytes for each group. */
  #room(groups: number): number {
    if (this.#stage === undefined || this.#stage.bytes < groups * 16) {
      this.free();
      this.#stage = allocate(groups * 16);
    }
    return (this.#stage as KernelBlock).pointer;
  }
}

const NONE = new Float64Array(0);

function summaries(rows: Float64Array, sums?: Float64Array): Summaries {
  const column: ColumnSummary = {
    sums,
    squares: undefined,
    minimums: undefined,
    maximums: undefined,
    firsts: undefined,
    lasts: undefined,
  };
  const times = { buckets: NONE, firstTimes: NONE, lastTimes: NONE };
  const columns = sums === undefined ? [] : [column];
  return { length: rows.length, rows, ...times, groups: [], columns };
}

function nullsOf(counts: Float64Array): NullMask {
  if (!counts.includes(0)) return undefined;
  const nulls = new Uint8Array(counts.length);
  for (let i = 0; i < nulls.length; i++) if (counts[i] === 0) nulls[i] = 1;
  return nulls;
}
