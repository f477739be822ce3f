/**
 * The index of a hash table that grows without ever copying all of itself: a directory, by the upper bits
 * of the hash, of pages with open addressing by the lower ones. A page that is full splits in two, so that
 * no single insertion does more than a page's work, however many entries there are.
 */

/** Entries of the first page, and of the largest one. */
const FIRST_SLOTS = 128;
const PAGE_SLOTS = 8192;
/** Pages whose hashes agree in so many bits grow instead of splitting. */
const DEPTH_MAX = 18;
/** Sixteenths of its slots that a page fills at least, and by how many more some pages go on. */
const FILL_MIN = 8;
const FILL_SPREAD = 3;

export class HashPage {
  /** Pairs of a hash and an entry's number plus 1; 0 for a free slot. */
  slots: Int32Array;
  count = 0;
  /** Upper bits that all hashes of the page have in common. */
  depth: number;
  /** Entries from which on the page is full. Hashes fill all pages alike: with one limit all would split at once. */
  limit = 0;
  readonly #fill: number;

  /** `hash`: one that belongs here. */
  constructor(slots: number, depth: number, hash: number) {
    this.slots = new Int32Array(2 * slots);
    this.depth = depth;
    const prefix = depth === 0 ? 0 : hash >>> (32 - depth);
    const spread = (Math.imul(prefix, 0x9e3779b1) >>> 24) / 256;
    this.#fill = (FILL_MIN + FILL_SPREAD * spread) / 16;
    this.#setLimit();
  }

  /** Twice as many slots, without the entries. */
  widen(): void {
    this.slots = new Int32Array(2 * this.slots.length);
    this.count = 0;
    this.#setLimit();
  }

  #setLimit(): void {
    this.limit = Math.floor((this.slots.length / 2) * this.#fill);
  }
}

export class HashPages {
  /** Page by `hash >>> shift`; neighbours may share one. */
  directory: HashPage[];
  shift = 31;
  bytes: number;

  constructor() {
    const first = new HashPage(FIRST_SLOTS, 0, 0);
    this.directory = [first, first];
    this.bytes = first.slots.byteLength;
  }

  /** Fills the free slot at `at` of the page that the hash belongs to. */
  put(page: HashPage, at: number, hash: number, entry: number): void {
    page.slots[at] = hash;
    page.slots[at + 1] = entry;
    if (++page.count > page.limit) this.#grow(page, hash);
  }

  #grow(page: HashPage, hash: number): void {
    const size = page.slots.length / 2;
    if (size < PAGE_SLOTS || page.depth === DEPTH_MAX) {
      const before = page.slots;
      page.widen();
      this.bytes += 4 * before.length;
      for (let i = 0; i < before.length; i += 2) {
        if (before[i + 1] !== 0) place(page, before[i], before[i + 1]);
      }
      return;
    }
    if (page.depth === 32 - this.shift) this.#doubleDirectory();
    this.#split(page, hash);
  }

  #doubleDirectory(): void {
    const directory: HashPage[] = [];
    for (const page of this.directory) directory.push(page, page);
    this.directory = directory;
    this.shift--;
  }

  #split(page: HashPage, hash: number): void {
    const { slots } = page;
    const depth = page.depth + 1;
    const bit = 1 << (32 - depth);
    const low = new HashPage(slots.length / 2, depth, hash & ~bit);
    const high = new HashPage(slots.length / 2, depth, hash | bit);
    for (let i = 0; i < slots.length; i += 2) {
      if (slots[i + 1] !== 0) place((slots[i] & bit) === 0 ? low : high, slots[i], slots[i + 1]);
    }
    this.bytes += 4 * slots.length;
    const half = 1 << (32 - this.shift - depth);
    const first = ((hash >>> this.shift) & ~(2 * half - 1)) >>> 0;
    this.directory.fill(low, first, first + half);
    this.directory.fill(high, first + half, first + 2 * half);
  }
}

function place(page: HashPage, hash: number, entry: number): void {
  const { slots } = page;
  const mask = slots.length - 2;
  let at = (hash << 1) & mask;
  while (slots[at + 1] !== 0) at = (at + 2) & mask;
  slots[at] = hash;
  slots[at + 1] = entry;
  page.count++;
}
