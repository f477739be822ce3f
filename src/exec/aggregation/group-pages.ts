/**
 * The accumulators of one aggregate call, one for each page of groups: with millions of groups no state
 * has to grow as a whole, and results come out a page at a time. Pages are large where states are numbers.
 */
import { finishSteps, MANY_GROUPS } from '../../functions/aggregate/accumulator.ts';
import type { Accumulator } from '../../functions/function.ts';
import { gather } from '../../vector/gather.ts';
import type { ColumnSummary, Summaries } from '../../vector/summary.ts';
import type { Vector } from '../../vector/vector.ts';

const PAGE_BITS = 14;
/** Groups whose results come at a time. */
export const PAGE_GROUPS = 1 << PAGE_BITS;
/** What a group takes as a guess. */
export const GROUP_BYTES = 48;

export class GroupPages {
  readonly #create: () => Accumulator;
  readonly #pages: Accumulator[];
  /** Of a group's number in its page. */
  readonly #bits: number;
  readonly #mask: number;
  /** What a group takes in memory. */
  readonly groupBytes: number;
  /** Groups that there is room for. */
  #count = 0;
  /** Scratch. */
  #local = new Int32Array(0);

  constructor(create: () => Accumulator) {
    this.#create = create;
    const first = create();
    this.#pages = [first];
    this.#bits = first.finishRange === undefined ? PAGE_BITS : Math.log2(MANY_GROUPS);
    this.#mask = (1 << this.#bits) - 1;
    this.groupBytes = first.groupBytes ?? GROUP_BYTES;
  }

  ensureGroups(count: number): void {
    while (this.#count < count) {
      const page = this.#count >>> this.#bits;
      const first = page << this.#bits;
      const end = Math.min(count, first + this.#mask + 1);
      if (page === this.#pages.length) this.#pages.push(this.#create());
      this.#pages[page].ensureGroups(end - first);
      this.#count = end;
    }
  }

  /** Adds rows 0..length-1; row i belongs to group groups[i]. */
  add(groups: Int32Array, args: readonly Vector[], length: number): void {
    if (this.#pages.length === 1) this.#pages[0].add(groups, args, 0, length);
    else this.#addByPage(groups, args, length);
  }

  /** Adds rows start..end-1, all of one group. */
  addRun(group: number, args: readonly Vector[], start: number, end: number): void {
    this.#pages[group >>> this.#bits].addRun(group & this.#mask, args, start, end);
  }

  /** Adds summaries; summary i belongs to group groups[i]. */
  addSummaries(groups: Int32Array, column: number, all: Summaries): void {
    if (this.#pages.length === 1) {
      this.#pages[0].addSummaries?.(groups, all.columns[column], all);
      return;
    }
    if (pageChanges(groups, all.length, this.#bits) * RUN_SUMMARIES > all.length) {
      this.#addSummariesByPage(groups, column, all);
      return;
    }
    // New groups come one after the other, so that most summaries in a row belong to one page.
    for (let start = 0; start < all.length;) {
      const page = groups[start] >>> this.#bits;
      const local = this.#localGroups(groups, start, all.length);
      const end = start + local.length;
      const slice = (values: Float64Array): Float64Array => values.subarray(start, end);
      const some = oneColumn(all, column, slice, local.length);
      this.#pages[page].addSummaries?.(local, some.columns[0], some);
      start = end;
    }
  }

  #addSummariesByPage(groups: Int32Array, column: number, all: Summaries): void {
    const { rows, local, ends } = this.#byPage(groups, all.length);
    const pick = (values: Float64Array): Float64Array => {
      const picked = new Float64Array(values.length === 0 ? 0 : rows.length);
      for (let i = 0; i < picked.length; i++) picked[i] = values[rows[i]];
      return picked;
    };
    const sorted = oneColumn(all, column, pick, rows.length);
    for (let page = 0, start = 0; page < ends.length; start = ends[page++]) {
      if (ends[page] === start) continue;
      const slice = (values: Float64Array): Float64Array => values.subarray(start, ends[page]);
      const some = oneColumn(sorted, 0, slice, ends[page] - start);
      this.#pages[page].addSummaries?.(local.subarray(start, ends[page]), some.columns[0], some);
    }
  }

  /** Groups in their page, from `start` on as long as they are of one page. */
  #localGroups(groups: Int32Array, start: number, end: number): Int32Array {
    const page = groups[start] >>> this.#bits;
    if (this.#local.length < end - start) this.#local = new Int32Array(end - start);
    const local = this.#local;
    let count = 0;
    for (let i = start; i < end && groups[i] >>> this.#bits === page; i++) {
      local[count++] = groups[i] & this.#mask;
    }
    return local.subarray(0, count);
  }

  /** The results of groups `first` and following, at most of one page, which is given up. */
  *finishSteps(first: number, count: number): Generator<void, Vector, void> {
    this.ensureGroups(first + count);
    const page = first >>> this.#bits;
    const accumulator = this.#pages[page];
    const at = first & this.#mask;
    const vector =
      accumulator.finishRange === undefined
        ? yield* finishSteps(accumulator, count)
        : accumulator.finishRange(at, at + count);
    if (at + PAGE_GROUPS > this.#mask) delete this.#pages[page];
    return vector;
  }

  /** Brings the rows of each page together, in their order. */
  #addByPage(groups: Int32Array, args: readonly Vector[], length: number): void {
    if (length === 0) return;
    const { rows, local, ends } = this.#byPage(groups, length);
    const isOnePage = groups[rows[0]] >>> this.#bits === groups[rows[length - 1]] >>> this.#bits;
    const sorted = isOnePage ? args : args.map((arg) => gather(arg, rows));
    for (let page = 0, start = 0; page < ends.length; start = ends[page++]) {
      if (ends[page] > start) this.#pages[page].add(local, sorted, start, ends[page]);
    }
  }

  /** Rows by page, in their order: which they are, their groups in the page, and where each page ends. */
  #byPage(
    groups: Int32Array,
    length: number,
  ): { rows: Int32Array; local: Int32Array; ends: Int32Array } {
    const ends = new Int32Array(this.#pages.length);
    for (let i = 0; i < length; i++) ends[groups[i] >>> this.#bits]++;
    for (let page = 1; page < ends.length; page++) ends[page] += ends[page - 1];
    const next = new Int32Array(ends.length);
    next.set(ends.subarray(0, ends.length - 1), 1);
    const rows = new Int32Array(length);
    const local = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      const at = next[groups[i] >>> this.#bits]++;
      rows[at] = i;
      local[at] = groups[i] & this.#mask;
    }
    return { rows, local, ends };
  }
}

/** Summaries in a row of one page from which on they are taken as they lie. */
const RUN_SUMMARIES = 64;

function pageChanges(groups: Int32Array, length: number, bits: number): number {
  let changes = 0;
  for (let i = 1; i < length; i++) {
    if (groups[i] >>> bits !== groups[i - 1] >>> bits) changes++;
  }
  return changes;
}

/** Some of the summaries, with one of their columns (none for -1). */
function oneColumn(
  all: Summaries,
  column: number,
  some: (values: Float64Array) => Float64Array,
  length: number,
): Summaries {
  const { sums, squares, minimums, maximums, firsts, lasts } = all.columns[column] ?? NO_COLUMN;
  return {
    length,
    rows: some(all.rows),
    buckets: some(all.buckets),
    firstTimes: some(all.firstTimes),
    lastTimes: some(all.lastTimes),
    groups: [],
    columns: [
      {
        sums: sums && some(sums),
        squares: squares && some(squares),
        minimums: minimums && some(minimums),
        maximums: maximums && some(maximums),
        firsts: firsts && some(firsts),
        lasts: lasts && some(lasts),
      },
    ],
  };
}

const NO_COLUMN: ColumnSummary = {
  sums: undefined,
  squares: undefined,
  minimums: undefined,
  maximums: undefined,
  firsts: undefined,
  lasts: undefined,
};
