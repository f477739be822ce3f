/** A dictionary of the first strings of pages, which may get more later. */
import type { ByteSpan, Dictionary } from './dictionary.ts';
import type { TextPages } from './text-pages.ts';

export class PageDictionary implements Dictionary {
  readonly length: number;
  readonly source: object;
  readonly isDistinct: boolean;
  readonly hasBytes = true;
  readonly #pages: TextPages;

  constructor(pages: TextPages, source: object = pages, isDistinct = false) {
    this.#pages = pages;
    this.length = pages.size;
    this.source = source;
    this.isDistinct = isDistinct;
  }

  get longest(): number {
    return this.#pages.longest;
  }

  sizeAt(code: number): number {
    return this.#pages.lengthOf(code);
  }

  at(code: number): string {
    return this.#pages.at(code);
  }

  spanAt(code: number, span: ByteSpan): void {
    this.#pages.spanAt(code, span);
  }

  hashAt(code: number): number {
    return this.#pages.hashAt(code);
  }
}
