/**
 * Keys and values that were read lately, in one ring of bytes: what comes overwrites what is oldest. A
 * table of places, several for each hash, finds them; a place may be out of date and is checked.
 */
import { hashBytes } from '../format/hash.ts';

const HEADER_BYTES = 8;
/** Larger ones are not worth their room. */
const RECORD_BYTES_MAX = 4_096;
/** Places that a key may have. */
const WAYS = 4;
/** Bytes of the ring for each place. */
const BYTES_PER_PLACE = 64;
/** Where counting begins anew. */
const HEAD_MAX = 2 ** 30;
const NOWHERE = -1;

export class ValueRing {
  readonly #size: number;
  readonly #bytes: Uint8Array;
  /** Where records begin, as if the ring had no end: what lies more than a ring back is overwritten. */
  readonly #places: Int32Array;
  readonly #mask: number;
  #head = 0;

  /** `size` is a power of two. */
  constructor(size: number) {
    this.#size = size;
    this.#bytes = new Uint8Array(size);
    this.#places = new Int32Array(size / BYTES_PER_PLACE).fill(NOWHERE);
    this.#mask = this.#places.length - 1;
  }

  /** A copy of the value under the key. */
  get(key: Uint8Array): Uint8Array | undefined {
    const place = this.#find(key, hashBytes(key, 0, key.length));
    if (place === NOWHERE) return undefined;
    const at = this.#offset(this.#places[place] as number);
    const start = at + HEADER_BYTES + key.length;
    return this.#bytes.slice(start, start + this.#u16(at + 6));
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const length = HEADER_BYTES + key.length + value.length;
    if (length > RECORD_BYTES_MAX) return;
    if (this.#head > HEAD_MAX) this.clear();
    const hash = hashBytes(key, 0, key.length);
    const place = this.#placeFor(key, hash);
    // A record does not go over the end.
    const left = this.#size - this.#offset(this.#head);
    if (left < length) this.#head += left;
    const at = this.#offset(this.#head);
    this.#places[place] = this.#head;
    this.#head += length;
    const bytes = this.#bytes;
    for (let i = 0; i < 4; i++) bytes[at + i] = hash >>> (8 * i);
    this.#putU16(at + 4, key.length);
    this.#putU16(at + 6, value.length);
    bytes.set(key, at + HEADER_BYTES);
    bytes.set(value, at + HEADER_BYTES + key.length);
  }

  delete(key: Uint8Array): void {
    if (this.#head === 0) return;
    const place = this.#find(key, hashBytes(key, 0, key.length));
    if (place !== NOWHERE) this.#places[place] = NOWHERE;
  }

  clear(): void {
    this.#places.fill(NOWHERE);
    this.#head = 0;
  }

  #find(key: Uint8Array, hash: number): number {
    const first = Math.imul(hash, WAYS) & this.#mask;
    for (let place = first; place < first + WAYS; place++) {
      const start = this.#places[place] as number;
      if (this.#isLive(start) && this.#hasKey(this.#offset(start), key, hash)) return place;
    }
    return NOWHERE;
  }

  /** The place of the key, a free one, or that of the oldest record. */
  #placeFor(key: Uint8Array, hash: number): number {
    const found = this.#find(key, hash);
    if (found !== NOWHERE) return found;
    const first = Math.imul(hash, WAYS) & this.#mask;
    let oldest = first;
    for (let place = first; place < first + WAYS; place++) {
      if ((this.#places[place] as number) < (this.#places[oldest] as number)) oldest = place;
    }
    return oldest;
  }

  #isLive(start: number): boolean {
    return start !== NOWHERE && start + this.#size >= this.#head;
  }

  #offset(start: number): number {
    return start & (this.#size - 1);
  }

  #hasKey(at: number, key: Uint8Array, hash: number): boolean {
    const bytes = this.#bytes;
    if (this.#u16(at + 4) !== key.length) return false;
    for (let i = 0; i < 4; i++) if (bytes[at + i] !== ((hash >>> (8 * i)) & 0xff)) return false;
    const start = at + HEADER_BYTES;
    for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key[i]) return false;
    return true;
  }

  #u16(at: number): number {
    return (this.#bytes[at] as number) | ((this.#bytes[at + 1] as number) << 8);
  }

  #putU16(at: number, value: number): void {
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >>> 8;
  }
}
