/** Growing lists of numbers in chunks: growing copies little, and nothing is left for the collector to visit. */

const CHUNK_BITS = 13;
const CHUNK_LENGTH = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_LENGTH - 1;
const FIRST_CHUNK_LENGTH = 8;

type Numbers = Float64Array | Int32Array | Uint8Array;

/** What the columns have in common; `T` is the array that a chunk is. */
abstract class Column<T extends Numbers> {
  readonly #chunks: T[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return (this.#chunks[index >>> CHUNK_BITS] as T)[index & CHUNK_MASK] as number;
  }

  set(index: number, value: number): void {
    (this.#chunks[index >>> CHUNK_BITS] as T)[index & CHUNK_MASK] = value;
  }

  push(value: number): void {
    const index = this.#length++;
    const number = index >>> CHUNK_BITS;
    const offset = index & CHUNK_MASK;
    let chunk = this.#chunks[number];
    if (chunk === undefined || offset >= chunk.length) chunk = this.#grow(number, offset);
    chunk[offset] = value;
  }

  /** Keeps the first elements only. */
  cutAt(length: number): void {
    this.#length = length;
    this.#chunks.length = Math.min(this.#chunks.length, (length + CHUNK_MASK) >>> CHUNK_BITS);
  }

  /** The first chunk grows with what it holds: most lists are short. */
  #grow(number: number, offset: number): T {
    const isFirst = number === 0;
    const length = Math.max(FIRST_CHUNK_LENGTH, Math.min(CHUNK_LENGTH, offset * 4));
    const larger = this.make(isFirst ? length : CHUNK_LENGTH);
    const before = this.#chunks[number];
    if (before !== undefined) larger.set(before);
    this.#chunks[number] = larger;
    return larger;
  }

  protected abstract make(length: number): T;
}

export class NumberColumn extends Column<Float64Array> {
  protected make(length: number): Float64Array {
    return new Float64Array(length);
  }
}

export class IntColumn extends Column<Int32Array> {
  protected make(length: number): Int32Array {
    return new Int32Array(length);
  }
}

export class FlagColumn extends Column<Uint8Array> {
  protected make(length: number): Uint8Array {
    return new Uint8Array(length);
  }
}
