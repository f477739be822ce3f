/** Distinct byte strings numbered in order of appearance; decoded to text once each. */

const INITIAL_SLOTS = 1024;
/** Beyond this many entries a column is no dictionary column: the reader starts a new one. */
const LARGE = 1 << 16;
const LARGE_BYTES = 8 << 20;

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class ByteDictionary {
  #slots = new Int32Array(INITIAL_SLOTS).fill(-1);
  #mask = INITIAL_SLOTS - 1;
  #count = 0;
  #hashes = new Int32Array(INITIAL_SLOTS);
  /** Entry i is #bytes[#offsets[i] .. #offsets[i + 1]). */
  #offsets = new Int32Array(INITIAL_SLOTS + 1);
  #bytes = new Uint8Array(16384);
  readonly #strings: string[] = [];
  #snapshot: readonly string[] = [];

  get isLarge(): boolean {
    return this.#count > LARGE || (this.#offsets[this.#count] as number) > LARGE_BYTES;
  }

  /**
   * The entries as text, by code: an array that never changes, because consumers keep results for one,
   * and the same one as long as no further codes appear.
   */
  strings(): readonly string[] {
    if (this.#snapshot.length !== this.#strings.length) this.#snapshot = this.#strings.slice();
    return this.#snapshot;
  }

  /** The code of bytes start..end-1. Throws TypeError on invalid UTF-8. */
  code(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    hash ^= hash >>> 15;
    const length = end - start;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const code = this.#slots[slot] as number;
      if (code < 0) return this.#add(bytes, start, end, hash, slot);
      if (this.#hashes[code] === hash && this.#equals(code, bytes, start, length)) return code;
    }
  }

  #equals(code: number, bytes: Uint8Array, start: number, length: number): boolean {
    const offset = this.#offsets[code] as number;
    if ((this.#offsets[code + 1] as number) - offset !== length) return false;
    for (let i = 0; i < length; i++) {
      if (this.#bytes[offset + i] !== bytes[start + i]) return false;
    }
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const text = DECODER.decode(bytes.subarray(start, end));
    const code = this.#count++;
    this.#reserve(code, end - start);
    const offset = this.#offsets[code] as number;
    this.#bytes.set(bytes.subarray(start, end), offset);
    this.#offsets[code + 1] = offset + end - start;
    this.#hashes[code] = hash;
    this.#strings.push(text);
    this.#slots[slot] = code;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return code;
  }

  #reserve(code: number, length: number): void {
    if (code + 2 > this.#offsets.length) {
      const offsets = new Int32Array(this.#offsets.length * 2);
      offsets.set(this.#offsets);
      this.#offsets = offsets;
      const hashes = new Int32Array(this.#hashes.length * 2);
      hashes.set(this.#hashes);
      this.#hashes = hashes;
    }
    const needed = (this.#offsets[code] as number) + length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
    this.#mask = this.#slots.length - 1;
    for (let code = 0; code < this.#count; code++) {
      let slot = (this.#hashes[code] as number) & this.#mask;
      while ((this.#slots[slot] as number) >= 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = code;
    }
  }
}
