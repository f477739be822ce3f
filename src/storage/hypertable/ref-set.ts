/** Row refs that a transaction has deleted: bits, in pages of neighbours. */

const PAGE_REFS = 1024;
const WORD_BITS = 32;

export class RefSet {
  readonly #pages = new Map<number, Uint32Array>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(ref: number): boolean {
    const page = this.#pages.get(Math.floor(ref / PAGE_REFS));
    if (page === undefined) return false;
    const at = ref % PAGE_REFS;
    return (page[at >>> 5] & (1 << (at & 31))) !== 0;
  }

  add(ref: number): void {
    const number = Math.floor(ref / PAGE_REFS);
    let page = this.#pages.get(number);
    if (page === undefined) {
      this.#pages.set(number, (page = new Uint32Array(PAGE_REFS / WORD_BITS)));
    }
    const at = ref % PAGE_REFS;
    const bit = 1 << (at & 31);
    if ((page[at >>> 5] & bit) !== 0) return;
    page[at >>> 5] |= bit;
    this.#size++;
  }

  addAll(refs: Float64Array): void {
    for (let i = 0; i < refs.length; i++) this.add(refs[i]);
  }

  /** Those of [from, to), each less `from`; in order within a page. */
  within(from: number, to: number): number[] {
    const found: number[] = [];
    const [first, last] = [Math.floor(from / PAGE_REFS), Math.floor((to - 1) / PAGE_REFS)];
    for (const [number, page] of this.#pages) {
      if (number < first || number > last) continue;
      for (let at = 0; at < PAGE_REFS; at++) {
        if ((page[at >>> 5] & (1 << (at & 31))) === 0) continue;
        const ref = number * PAGE_REFS + at;
        if (ref >= from && ref < to) found.push(ref - from);
      }
    }
    return found;
  }

  copy(): RefSet {
    const copy = new RefSet();
    for (const [number, page] of this.#pages) copy.#pages.set(number, page.slice());
    copy.#size = this.#size;
    return copy;
  }
}
