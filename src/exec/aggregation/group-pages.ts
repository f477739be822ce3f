/**
 * The accumulators of one aggregate call, one for each page of groups: with millions of groups no state
 * has to grow as a whole, and results come out a page at a time.
 */
import type { Accumulator } from '../../functions/function.ts';
import { gather } from '../../vector/gather.ts';
import type { Vector } from '../../vector/vector.ts';

const PAGE_BITS = 14;
/** Groups of one page. */
export const PAGE_GROUPS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_GROUPS - 1;

export class GroupPages {
  readonly #create: () => Accumulator;
  readonly #pages: Accumulator[] = [];
  /** Groups that there is room for. */
  #count = 0;

  constructor(create: () => Accumulator) {
    this.#create = create;
  }

  ensureGroups(count: number): void {
    while (this.#count < count) {
      const page = this.#count >>> PAGE_BITS;
      const first = page << PAGE_BITS;
      const end = Math.min(count, first + PAGE_GROUPS);
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
    this.#pages[group >>> PAGE_BITS].addRun(group & PAGE_MASK, args, start, end);
  }

  /** The results of groups `first` and following, at most of one page, which is given up. */
  finish(first: number, count: number): Vector {
    this.ensureGroups(first + count);
    const page = first >>> PAGE_BITS;
    const vector = this.#pages[page].finish(count);
    delete this.#pages[page];
    return vector;
  }

  /** Brings the rows of each page together, in their order. */
  #addByPage(groups: Int32Array, args: readonly Vector[], length: number): void {
    if (length === 0) return;
    const ends = new Int32Array(this.#pages.length);
    for (let i = 0; i < length; i++) ends[groups[i] >>> PAGE_BITS]++;
    for (let page = 1; page < ends.length; page++) ends[page] += ends[page - 1];
    const next = new Int32Array(ends.length);
    next.set(ends.subarray(0, ends.length - 1), 1);
    const rows = new Int32Array(length);
    const local = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      const at = next[groups[i] >>> PAGE_BITS]++;
      rows[at] = i;
      local[at] = groups[i] & PAGE_MASK;
    }
    const isOnePage = groups[rows[0]] >>> PAGE_BITS === groups[rows[length - 1]] >>> PAGE_BITS;
    const sorted = isOnePage ? args : args.map((arg) => gather(arg, rows));
    for (let page = 0, start = 0; page < ends.length; start = ends[page++]) {
      if (ends[page] > start) this.#pages[page].add(local, sorted, start, ends[page]);
    }
  }
}
