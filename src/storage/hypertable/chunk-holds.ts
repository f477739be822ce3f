/**
 * Keeps flushes and commits apart. A commit that deletes rows names them by where they are, from the
 * moment it goes into the log until it is applied; meanwhile no flush may move rows of those chunks. A
 * flush that is about to do so closes the chunk: new such commits wait, those under way run out.
 */

export class ChunkHolds {
  /** Commits under way by chunk. */
  readonly #counts = new Map<string, number>();
  readonly #chunksOf = new WeakMap<object, readonly string[]>();
  readonly #gates = new Map<string, Promise<void>>();
  readonly #whenFree = new Map<string, () => void>();

  /** Holds chunks until `release` is called with the same object. */
  hold(by: object, chunks: readonly string[]): void {
    if (chunks.length === 0) return;
    this.#chunksOf.set(by, chunks);
    for (const chunk of chunks) this.#counts.set(chunk, (this.#counts.get(chunk) ?? 0) + 1);
  }

  /** What `from` holds, `to` holds from now on. */
  handOver(from: object, to: object): void {
    const chunks = this.#chunksOf.get(from);
    if (chunks === undefined) return;
    this.#chunksOf.delete(from);
    this.#chunksOf.set(to, chunks);
  }

  release(by: object): void {
    for (const chunk of this.#chunksOf.get(by) ?? []) {
      const count = (this.#counts.get(chunk) as number) - 1;
      if (count > 0) {
        this.#counts.set(chunk, count);
        continue;
      }
      this.#counts.delete(chunk);
      this.#whenFree.get(chunk)?.();
    }
    this.#chunksOf.delete(by);
  }

  /** What a commit has to wait for before it may hold the chunk. */
  gate(chunk: string): Promise<void> | undefined {
    return this.#gates.get(chunk);
  }

  /** Closes a chunk, one caller at a time; resolves with what opens it when nobody holds it. */
  async close(chunk: string): Promise<() => void> {
    let open: () => void = () => undefined;
    this.#gates.set(chunk, new Promise((resolve) => (open = resolve)));
    if (this.#counts.has(chunk)) {
      await new Promise<void>((resolve) => this.#whenFree.set(chunk, resolve));
      this.#whenFree.delete(chunk);
    }
    return () => {
      this.#gates.delete(chunk);
      open();
    };
  }
}
