/** What EXPLAIN ANALYZE says of a hash table that may have gone to disk. */
export class HashUsage {
  batches = 0;
  #memoryBytes = 0;
  #diskBytes = 0;

  noteMemory(bytes: number): void {
    this.#memoryBytes = Math.max(this.#memoryBytes, bytes);
  }

  noteDisk(bytes: number): void {
    this.#diskBytes += bytes;
  }

  get memory(): string {
    return `${Math.ceil(this.#memoryBytes / 1024)}kB`;
  }

  /** As PostgreSQL prints it after `Batches: `. */
  get text(): string {
    const disk =
      this.#diskBytes === 0 ? '' : `  Disk Usage: ${Math.ceil(this.#diskBytes / 1024)}kB`;
    return `${this.batches}  Memory Usage: ${this.memory}${disk}`;
  }
}
