/**
 * Numbers by row id, without an object for each. Neighbours share a page: a list while they are few, then
 * one number for every row id of the page. Read in the order of pages, new rows come in that of their
 * arrival.
 */

const PAGE_ROWS = 512;
/** Rows of the full pages that share memory. */
const SLAB_ROWS = 64 * PAGE_ROWS;
/** Rows that a page lists one by one. */
const LISTED_ROWS = 8;
/** In a full page: no such row. No number is this one. */
const NONE = -1;

interface Page {
  readonly first: number;
  /** Offsets of listed rows, in order of arrival; undefined in a full page. */
  offsets: Int16Array | undefined;
  numbers: Float64Array;
  size: number;
}

export class RowNumbers {
  readonly #pages = new Map<number, Page>();
  #size = 0;
  /** Where the row before was, as most neighbours follow one another. */
  #latest: Page | undefined;
  /** Memory for the next full pages. */
  #slab = new Float64Array(0);
  #slabUsed = 0;

  get size(): number {
    return this.#size;
  }

  get(rowId: number): number | undefined {
    const page = this.#page(rowId);
    if (page === undefined) return undefined;
    const offset = rowId - page.first;
    const { offsets, numbers } = page;
    if (offsets === undefined) {
      const number = numbers[offset] as number;
      return number === NONE ? undefined : number;
    }
    for (let i = 0; i < page.size; i++) if (offsets[i] === offset) return numbers[i];
    return undefined;
  }

  has(rowId: number): boolean {
    return this.get(rowId) !== undefined;
  }

  set(rowId: number, number: number): void {
    const page = this.#page(rowId) ?? this.#addPage(rowId);
    const offset = rowId - page.first;
    if (page.offsets !== undefined) {
      const i = page.offsets.subarray(0, page.size).indexOf(offset);
      if (i >= 0) {
        page.numbers[i] = number;
        return;
      }
      if (page.size < LISTED_ROWS) {
        page.offsets[page.size] = offset;
        page.numbers[page.size++] = number;
        this.#size++;
        return;
      }
      this.#fill(page);
    }
    if (page.numbers[offset] === NONE) {
      page.size++;
      this.#size++;
    }
    page.numbers[offset] = number;
  }

  delete(rowId: number): void {
    const page = this.#page(rowId);
    if (page === undefined) return;
    const offset = rowId - page.first;
    if (page.offsets === undefined) {
      if (page.numbers[offset] === NONE) return;
      page.numbers[offset] = NONE;
    } else {
      const i = page.offsets.subarray(0, page.size).indexOf(offset);
      if (i < 0) return;
      page.offsets.copyWithin(i, i + 1, page.size);
      page.numbers.copyWithin(i, i + 1, page.size);
    }
    this.#size--;
    if (--page.size > 0) return;
    this.#pages.delete(page.first / PAGE_ROWS);
    this.#latest = undefined;
  }

  *keys(): Generator<number, void> {
    for (const { first, offsets, numbers, size } of this.#pages.values()) {
      if (offsets !== undefined) {
        for (let i = 0; i < size; i++) yield first + (offsets[i] as number);
        continue;
      }
      for (let offset = 0; offset < PAGE_ROWS; offset++) {
        if (numbers[offset] !== NONE) yield first + offset;
      }
    }
  }

  *entries(): Generator<[rowId: number, value: number], void> {
    for (const rowId of this.keys()) yield [rowId, this.get(rowId) as number];
  }

  #page(rowId: number): Page | undefined {
    const latest = this.#latest;
    if (latest !== undefined && rowId >= latest.first && rowId < latest.first + PAGE_ROWS) {
      return latest;
    }
    const page = this.#pages.get(Math.floor(rowId / PAGE_ROWS));
    if (page !== undefined) this.#latest = page;
    return page;
  }

  #addPage(rowId: number): Page {
    const number = Math.floor(rowId / PAGE_ROWS);
    const page: Page = {
      first: number * PAGE_ROWS,
      offsets: new Int16Array(LISTED_ROWS),
      numbers: new Float64Array(LISTED_ROWS),
      size: 0,
    };
    this.#pages.set(number, page);
    this.#latest = page;
    return page;
  }

  /** Gives every row of a listed page its place. */
  #fill(page: Page): void {
    const numbers = this.#takePage().fill(NONE);
    const offsets = page.offsets as Int16Array;
    for (let i = 0; i < page.size; i++) numbers[offsets[i] as number] = page.numbers[i] as number;
    page.numbers = numbers;
    page.offsets = undefined;
  }

  /** Many pages share memory: an allocation for each would be thousands. */
  #takePage(): Float64Array {
    if (this.#slabUsed === this.#slab.length) {
      const length = Math.min(SLAB_ROWS, Math.max(PAGE_ROWS, this.#slab.length * 4));
      this.#slab = new Float64Array(length);
      this.#slabUsed = 0;
    }
    const start = this.#slabUsed;
    this.#slabUsed += PAGE_ROWS;
    return this.#slab.subarray(start, start + PAGE_ROWS);
  }
}
