/**
 * A Map by row id in parts of neighbours, in whose order it is read: new rows come in the order of their
 * arrival, and no part is so large that growing stops everything.
 */

/** Rows of one part. */
const PART_ROWS = 8192;

export class RowMap<V> {
  readonly #parts = new Map<number, Map<number, V>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(rowId: number): V | undefined {
    return this.#parts.get(Math.floor(rowId / PART_ROWS))?.get(rowId);
  }

  has(rowId: number): boolean {
    return this.#parts.get(Math.floor(rowId / PART_ROWS))?.has(rowId) === true;
  }

  set(rowId: number, value: V): void {
    const number = Math.floor(rowId / PART_ROWS);
    let part = this.#parts.get(number);
    if (part === undefined) this.#parts.set(number, (part = new Map()));
    const before = part.size;
    part.set(rowId, value);
    this.#size += part.size - before;
  }

  delete(rowId: number): void {
    if (this.#parts.get(Math.floor(rowId / PART_ROWS))?.delete(rowId) === true) this.#size--;
  }

  *keys(): MapIterator<number> {
    for (const part of this.#parts.values()) yield* part.keys();
  }

  *values(): MapIterator<V> {
    for (const part of this.#parts.values()) yield* part.values();
  }

  *[Symbol.iterator](): MapIterator<[number, V]> {
    for (const part of this.#parts.values()) yield* part;
  }
}
