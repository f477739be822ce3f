/**
 * JavaScript strings that were made of bytes, kept for who asks again. The collector visits each of them
 * whenever it looks for garbage, so only those asked for lately stay: strings are of the generation in which
 * their table was last asked, and when one is full, those of the generation before it go.
 */

/** Strings of a generation, about. */
export const GENERATION_STRINGS = 1_048_576;
/** Entries of a page. */
const PAGE_BITS = 12;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

class Generation {
  left = GENERATION_STRINGS;
  /** They may be collected as if nobody knew them. */
  readonly tables: WeakRef<KeptStrings>[] = [];
}

let before = new Generation();
let current = new Generation();

function beginGeneration(): void {
  for (const table of before.tables) table.deref()?.leave(before);
  before = current;
  current = new Generation();
}

/** Strings by number. */
export class KeptStrings {
  /** What they take, in UTF-16 units. */
  units = 0;
  #count = 0;
  #pages: (string | undefined)[][] = [];
  #generation: Generation | undefined;

  get(number: number): string | undefined {
    if (this.#generation !== current) this.#join();
    return this.#pages[number >>> PAGE_BITS]?.[number & PAGE_MASK];
  }

  keep(number: number, text: string): void {
    if (this.#generation !== current) this.#join();
    const page = (this.#pages[number >>> PAGE_BITS] ??= []);
    // Without gaps, which arrays keep in a slower form.
    while (page.length <= (number & PAGE_MASK)) page.push(undefined);
    page[number & PAGE_MASK] = text;
    this.units += text.length;
    this.#count++;
    if (--current.left < 0) beginGeneration();
  }

  /** Lets go of the strings where nobody has asked since that generation. */
  leave(generation: Generation): void {
    if (this.#generation !== generation) return;
    this.#generation = undefined;
    this.#pages = [];
    this.units = 0;
    this.#count = 0;
  }

  #join(): void {
    if (current.left < this.#count) beginGeneration();
    this.#generation = current;
    current.left -= this.#count;
    current.tables.push(new WeakRef(this));
  }
}
