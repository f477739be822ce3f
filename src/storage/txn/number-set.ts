/** A set of small numbers as bits, in pages made where they are needed. */

const PAGE_NUMBERS = 8192;

export class NumberSet {
  readonly #pages: (Uint32Array | undefined)[] = [];

  has(number: number): boolean {
    const page = this.#pages[Math.floor(number / PAGE_NUMBERS)];
    if (page === undefined) return false;
    const bit = number % PAGE_NUMBERS;
    return ((page[bit >>> 5] as number) & (1 << (bit & 31))) !== 0;
  }

  add(number: number): void {
    const at = Math.floor(number / PAGE_NUMBERS);
    while (this.#pages.length <= at) this.#pages.push(undefined);
    const page = (this.#pages[at] ??= new Uint32Array(PAGE_NUMBERS / 32));
    const bit = number % PAGE_NUMBERS;
    page[bit >>> 5] = (page[bit >>> 5] as number) | (1 << (bit & 31));
  }

  delete(number: number): void {
    const page = this.#pages[Math.floor(number / PAGE_NUMBERS)];
    const bit = number % PAGE_NUMBERS;
    if (page !== undefined) page[bit >>> 5] = (page[bit >>> 5] as number) & ~(1 << (bit & 31));
  }
}
