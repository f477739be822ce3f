/** Byte strings behind one another in few arrays, each behind its length: an object for each would be too many. */

const FIRST_BYTES = 256;
const CHUNK_BYTES = 256 * 1024;
/** Positions are the number of the chunk times this, plus the offset in the chunk. */
const CHUNK_SPAN = 2 ** 31;
const LENGTH_BYTES = 4;

/** Where some bytes are. Made once and filled in again and again. */
export interface ByteCursor {
  bytes: Uint8Array;
  start: number;
  end: number;
}

export const NO_BYTES = new Uint8Array(0);

export function byteCursor(): ByteCursor {
  return { bytes: NO_BYTES, start: 0, end: 0 };
}

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export class ByteArena {
  readonly #chunks: Chunk[] = [];
  #used = 0;

  /** Copies `bytes[start, end)`; returns the position of the copy. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const needed = LENGTH_BYTES + length;
    let chunk = this.#chunks[this.#chunks.length - 1];
    if (chunk === undefined || this.#used + needed > chunk.bytes.length) {
      const size = Math.min(CHUNK_BYTES, FIRST_BYTES * 4 ** this.#chunks.length);
      const fresh = new Uint8Array(Math.max(size, needed));
      chunk = { bytes: fresh, view: new DataView(fresh.buffer) };
      this.#chunks.push(chunk);
      this.#used = 0;
    }
    const offset = this.#used;
    chunk.view.setUint32(offset, length);
    copyBytes(bytes, start, end, chunk.bytes, offset + LENGTH_BYTES);
    this.#used = offset + needed;
    return (this.#chunks.length - 1) * CHUNK_SPAN + offset;
  }

  lengthAt(position: number): number {
    return this.#chunkOf(position).view.getUint32(position % CHUNK_SPAN);
  }

  /** The bytes themselves, not a copy. */
  at(position: number): Uint8Array {
    const { bytes, view } = this.#chunkOf(position);
    const start = (position % CHUNK_SPAN) + LENGTH_BYTES;
    return bytes.subarray(start, start + view.getUint32(start - LENGTH_BYTES));
  }

  /** As `at`, without an array of their own. */
  find(position: number, into: ByteCursor): void {
    const { bytes, view } = this.#chunkOf(position);
    const start = (position % CHUNK_SPAN) + LENGTH_BYTES;
    into.bytes = bytes;
    into.start = start;
    into.end = start + view.getUint32(start - LENGTH_BYTES);
  }

  equals(position: number, bytes: Uint8Array, start: number, end: number): boolean {
    const chunk = this.#chunkOf(position);
    const offset = position % CHUNK_SPAN;
    if (chunk.view.getUint32(offset) !== end - start) return false;
    const shift = offset + LENGTH_BYTES - start;
    for (let i = start; i < end; i++) if (chunk.bytes[i + shift] !== bytes[i]) return false;
    return true;
  }

  /** Negative where what is at `a` comes before what is at `b`. */
  compare(a: number, b: number): number {
    const left = this.#chunkOf(a);
    const right = this.#chunkOf(b);
    const [i, j] = [a % CHUNK_SPAN, b % CHUNK_SPAN];
    return compareRanges(
      left.bytes,
      i + LENGTH_BYTES,
      i + LENGTH_BYTES + left.view.getUint32(i),
      right.bytes,
      j + LENGTH_BYTES,
      j + LENGTH_BYTES + right.view.getUint32(j),
    );
  }

  /** Negative where what is at `position` comes before `bytes`. */
  compareTo(position: number, bytes: Uint8Array): number {
    const chunk = this.#chunkOf(position);
    const start = (position % CHUNK_SPAN) + LENGTH_BYTES;
    const end = start + chunk.view.getUint32(start - LENGTH_BYTES);
    return compareRanges(chunk.bytes, start, end, bytes, 0, bytes.length);
  }

  /** Forgets what was added at `position` and after it. */
  cutAt(position: number): void {
    this.#chunks.length = Math.floor(position / CHUNK_SPAN) + 1;
    this.#used = position % CHUNK_SPAN;
  }

  #chunkOf(position: number): Chunk {
    return this.#chunks[Math.floor(position / CHUNK_SPAN)] as Chunk;
  }
}

/** Bytes from which on a call that copies them is quicker than a loop. */
const LONG_COPY = 48;

export function copyBytes(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): void {
  if (end - start > LONG_COPY) {
    target.set(source.subarray(start, end), at);
    return;
  }
  const shift = at - start;
  for (let i = start; i < end; i++) target[i + shift] = source[i] as number;
}

function compareRanges(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const shift = bStart - aStart;
  const end = Math.min(aEnd, bEnd - shift);
  for (let i = aStart; i < end; i++) {
    const difference = (a[i] as number) - (b[i + shift] as number);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}
