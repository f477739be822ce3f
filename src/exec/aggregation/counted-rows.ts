/**
 * How often each number comes in each group: all that an aggregate needs which takes its rows in order,
 * and far less than the rows where they repeat. Numbers are told apart by their bits.
 */

/** Distinct pairs of a group and a number above which counting is not worth it. */
const PAIRS_MAX = 131_072;
const FIRST_SLOTS = 1024;
/** Whole numbers below this are counted in an array per group, for as long as there are few groups. */
const SMALL_NUMBERS = 1024;
const SMALL_GROUPS = 256;

/** Numbers with their groups and counts, in no order. */
export interface Counts {
  readonly groups: Int32Array;
  readonly numbers: Float64Array;
  readonly counts: Float64Array;
}

export class CountedRows {
  readonly #small: Float64Array[] = [];
  #groups = new Int32Array(FIRST_SLOTS);
  #numbers = new Float64Array(FIRST_SLOTS);
  #counts = new Float64Array(FIRST_SLOTS);
  #pairs = 0;

  /**
   * Counts rows from `start` on that are not NULL; gives back the row at which there are too many pairs,
   * or `end`.
   */
  add(
    groups: Int32Array,
    numbers: Float64Array,
    nulls: Uint8Array | undefined,
    start: number,
    end: number,
  ): number {
    for (let i = start; i < end; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const group = groups[i];
      const number = numbers[i];
      const whole = number | 0;
      if (whole === number && whole >= 0 && whole < SMALL_NUMBERS && group < SMALL_GROUPS) {
        if (whole !== 0 || 1 / number > 0) {
          const small = this.#small[group] ?? this.#smallOf(group);
          small[whole]++;
          continue;
        }
      }
      if (!this.#addPair(group, number, 1)) return i + 1;
    }
    return end;
  }

  /** Adds numbers that are counted already; gives back the first that there is no room for. */
  addCounts(groups: Int32Array, numbers: Float64Array, counts: Float64Array): number {
    for (let i = 0; i < counts.length; i++) {
      if (!this.#addPair(groups[i], numbers[i], counts[i])) return i + 1;
    }
    return counts.length;
  }

  /** False where there are too many pairs now. */
  #addPair(group: number, number: number, count: number): boolean {
    const at = this.#slotOf(group, number);
    const isNew = this.#counts[at] === 0;
    this.#counts[at] += count;
    if (!isNew) return true;
    this.#groups[at] = group;
    this.#numbers[at] = number;
    if (++this.#pairs > PAIRS_MAX) return false;
    if (this.#pairs * 2 > this.#counts.length) this.#grow();
    return true;
  }

  #smallOf(group: number): Float64Array {
    while (this.#small.length <= group) this.#small.push(new Float64Array(SMALL_NUMBERS));
    return this.#small[group];
  }

  /** The slot of a pair, free (count 0) where it is new. */
  #slotOf(group: number, number: number): number {
    const mask = this.#counts.length - 1;
    BITS_F64[0] = number;
    const [low, high] = [BITS_I32[0], BITS_I32[1]];
    let hash = Math.imul(
      low ^ Math.imul(high, 0x85ebca6b) ^ Math.imul(group, 0x9e3779b1),
      0xc2b2ae35,
    );
    hash ^= hash >>> 15;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      if (this.#counts[at] === 0) return at;
      if (this.#groups[at] !== group) continue;
      BITS_F64[0] = this.#numbers[at];
      if (BITS_I32[0] === low && BITS_I32[1] === high) return at;
    }
  }

  #grow(): void {
    const [groups, numbers, counts] = [this.#groups, this.#numbers, this.#counts];
    const size = counts.length * 2;
    this.#groups = new Int32Array(size);
    this.#numbers = new Float64Array(size);
    this.#counts = new Float64Array(size);
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue;
      const at = this.#slotOf(groups[i], numbers[i]);
      this.#groups[at] = groups[i];
      this.#numbers[at] = numbers[i];
      this.#counts[at] = counts[i];
    }
  }

  /** All pairs so far. */
  counts(): Counts {
    const size = this.#pairs + this.#small.length * SMALL_NUMBERS;
    const groups = new Int32Array(size);
    const numbers = new Float64Array(size);
    const counts = new Float64Array(size);
    let length = 0;
    const put = (group: number, number: number, count: number): void => {
      groups[length] = group;
      numbers[length] = number;
      counts[length++] = count;
    };
    this.#small.forEach((small, group) => {
      for (let n = 0; n < SMALL_NUMBERS; n++) if (small[n] > 0) put(group, n, small[n]);
    });
    for (let at = 0; at < this.#counts.length; at++) {
      if (this.#counts[at] > 0) put(this.#groups[at], this.#numbers[at], this.#counts[at]);
    }
    return {
      groups: groups.subarray(0, length),
      numbers: numbers.subarray(0, length),
      counts: counts.subarray(0, length),
    };
  }
}

const BITS_F64 = new Float64Array(1);
const BITS_I32 = new Int32Array(BITS_F64.buffer);
