/**
 * Numbers of entries in an order that comparing gives, as sorted runs of which each is longer than those
 * after it: new entries are sorted on their own, and runs of like length are merged.
 */

/** Entries that are sorted in one go; it takes some milliseconds. */
const BLOCK_ENTRIES = 2_048;
/** Entries merged between two looks at the clock. */
const STEP_ENTRIES = 8_192;

type Compare = (a: number, b: number) => number;

export class SortedEntries {
  readonly #compare: Compare;
  readonly #runs: Int32Array[] = [];
  #length = 0;
  /** Entries that are to be taken in, and the work on it that is under way, whoever began it. */
  #wanted = 0;
  #work: Generator<void, void> | undefined;

  constructor(compare: Compare) {
    this.#compare = compare;
  }

  /** Takes in the entries up to `length`, with a pause now and then. */
  *takeIn(length: number): Generator<void, void> {
    this.#wanted = Math.max(this.#wanted, length);
    while (this.#work !== undefined || this.#length < this.#wanted) {
      this.#work ??= this.#steps();
      if (this.#work.next().done === true) this.#work = undefined;
      yield;
    }
  }

  *#steps(): Generator<void, void> {
    while (this.#length < this.#wanted) {
      const block = new Int32Array(Math.min(BLOCK_ENTRIES, this.#wanted - this.#length));
      for (let i = 0; i < block.length; i++) block[i] = this.#length + i;
      block.sort(this.#compare);
      this.#runs.push(block);
      this.#length += block.length;
      yield;
      yield* this.#mergeAlike();
    }
  }

  /** Merges the last runs until each is longer than the one after it. */
  *#mergeAlike(): Generator<void, void> {
    for (;;) {
      const [a, b] = this.#runs.slice(-2);
      if (a === undefined || b === undefined || a.length > b.length) return;
      const merged = yield* this.#merge(a, b);
      this.#runs.splice(-2, 2, merged);
    }
  }

  *#merge(a: Int32Array, b: Int32Array): Generator<void, Int32Array> {
    const merged = new Int32Array(a.length + b.length);
    let [i, j] = [0, 0];
    for (let at = 0; at < merged.length; at++) {
      if (at % STEP_ENTRIES === STEP_ENTRIES - 1) yield;
      const takesA =
        j === b.length || (i < a.length && this.#compare(a[i] as number, b[j] as number) <= 0);
      merged[at] = (takesA ? a[i++] : b[j++]) as number;
    }
    return merged;
  }

  /** The entries that come after those `isBefore` and are among those `isWithin`, in order. */
  *range(
    isBefore: (entry: number) => boolean,
    isWithin: (entry: number) => boolean,
    reverse: boolean,
  ): Generator<number, void> {
    const parts = this.#runs
      .map((run) => run.subarray(partition(run, isBefore), partition(run, isWithin)))
      .filter(({ length }) => length > 0)
      .map((run) => ({ run, used: 0 }));
    const direction = reverse ? -1 : 1;
    const headOf = ({ run, used }: Part): number =>
      run[reverse ? run.length - 1 - used : used] as number;
    while (parts.length > 0) {
      let best = parts[0] as Part;
      for (let i = 1; i < parts.length; i++) {
        const part = parts[i] as Part;
        if (this.#compare(headOf(part), headOf(best)) * direction < 0) best = part;
      }
      yield headOf(best);
      if (++best.used === best.run.length) parts.splice(parts.indexOf(best), 1);
    }
  }
}

/** What a range takes of a run, and how much of it came already. */
interface Part {
  readonly run: Int32Array;
  used: number;
}

/** Position of the first entry that is not `isFirst`; those that are come before all others. */
function partition(run: Int32Array, isFirst: (entry: number) => boolean): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isFirst(run[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
