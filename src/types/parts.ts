/** The first `length` items of a list in parts, which may grow behind them: nothing is copied for them. */
export class Parts<T> {
  readonly length: number;
  readonly #parts: readonly (readonly T[])[];

  constructor(parts: readonly (readonly T[])[], length: number) {
    this.#parts = parts;
    this.length = length;
  }

  *[Symbol.iterator](): Generator<T, void, void> {
    let left = this.length;
    for (const part of this.#parts) {
      const end = Math.min(left, part.length);
      for (let i = 0; i < end; i++) yield part[i] as T;
      left -= end;
    }
  }

  toArray(): readonly T[] {
    const [first = []] = this.#parts;
    if (this.#parts.length === 1 && first.length === this.length) return first;
    if (this.#parts.length === 1) return first.slice(0, this.length);
    // A loop takes a tenth of what flat() does.
    const all: T[] = [];
    for (const item of this) all.push(item);
    return all;
  }
}
