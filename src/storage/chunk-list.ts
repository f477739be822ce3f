/** A list of many items in pieces: an array of a million items stops everything when it grows. */

const CHUNK_ITEMS = 4096;

export class ChunkList<T> implements Iterable<T> {
  readonly #chunks: T[][] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    const chunk = Math.floor(this.#length / CHUNK_ITEMS);
    const items = this.#chunks[chunk];
    if (items === undefined) this.#chunks.push([item]);
    else items.push(item);
    this.#length++;
  }

  at(index: number): T {
    return this.#chunks[Math.floor(index / CHUNK_ITEMS)]?.[index % CHUNK_ITEMS] as T;
  }

  replace(index: number, item: T): void {
    (this.#chunks[Math.floor(index / CHUNK_ITEMS)] as T[])[index % CHUNK_ITEMS] = item;
  }

  /** Keeps the first items only. */
  cutAt(length: number): void {
    this.#chunks.length = Math.ceil(length / CHUNK_ITEMS);
    const last = this.#chunks[this.#chunks.length - 1];
    if (last !== undefined) last.length = length - (this.#chunks.length - 1) * CHUNK_ITEMS;
    this.#length = length;
  }

  *[Symbol.iterator](): Generator<T, void> {
    for (const chunk of this.#chunks) yield* chunk;
  }
}
