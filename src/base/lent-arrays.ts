/**
 * Typed arrays that go round. A large array costs zeros, page faults and a share of a garbage collection,
 * so whoever fills many of them borrows them, and the last one to read an array gives it back. What is
 * never given back is collected like any other array.
 */

/** Bytes that wait for the next borrower at most. */
const WAITING_BYTES_MAX = 256 * 1024 * 1024;

const BYTES_MIN = 64 * 1024;
/** Fewer bytes are not worth borrowing. */
const BORROWED_BYTES_MIN = 16 * 1024;

const waiting = new Map<number, ArrayBuffer[]>();
let waitingBytes = 0;
const lent = new WeakSet<ArrayBufferLike>();

/**
 * An array whose contents are undefined, of the length asked for, or up to `most` where a larger one
 * waits.
 */
export function borrowDoubles(length: number, most = length): Float64Array<ArrayBuffer> {
  return new Float64Array(borrow(length * 8, most * 8));
}

/** The same for integers. */
export function borrowInts(length: number, most = length): Int32Array<ArrayBuffer> {
  return new Int32Array(borrow(length * 4, most * 4));
}

/** At least so many bytes, whose contents are undefined. */
export function borrowBytes(length: number): Uint8Array<ArrayBuffer> {
  // Few different sizes, as what bytes are for is never of the same size twice.
  let bytes = BYTES_MIN;
  while (bytes < length) bytes *= 2;
  return new Uint8Array(borrow(bytes, bytes));
}

/** What a writer of about so many bytes begins with: borrowed memory where they are many. */
export function writerMemory(bytes: number): number | Uint8Array {
  return bytes < BORROWED_BYTES_MIN ? bytes : borrowBytes(bytes);
}

/**
 * Takes back the memory under an array, or under a part of one: nobody may read it any more. Does nothing
 * where it is not lent.
 */
export function giveBack({ buffer }: ArrayBufferView): void {
  if (!lent.delete(buffer) || waitingBytes + buffer.byteLength > WAITING_BYTES_MAX) return;
  waitingBytes += buffer.byteLength;
  const alike = waiting.get(buffer.byteLength);
  if (alike === undefined) waiting.set(buffer.byteLength, [buffer as ArrayBuffer]);
  else alike.push(buffer as ArrayBuffer);
}

/** Leaves borrowed memory to its readers for good. */
export function keepLent({ buffer }: ArrayBufferView): void {
  lent.delete(buffer);
}

/** Lets go of what waits for a borrower. */
export function forgetWaiting(): void {
  waiting.clear();
  waitingBytes = 0;
}

function borrow(least: number, most: number): ArrayBuffer {
  const buffer = waiting.get(most > least ? largestWaiting(least, most) : least)?.pop();
  if (buffer === undefined) return lend(new ArrayBuffer(least));
  waitingBytes -= buffer.byteLength;
  return lend(buffer);
}

/** Bytes that wait for a borrower. */
export function bytesWaiting(): number {
  return waitingBytes;
}

function largestWaiting(least: number, most: number): number {
  let largest = least;
  for (const [bytes, { length }] of waiting) {
    if (length > 0 && bytes > largest && bytes <= most) largest = bytes;
  }
  return largest;
}

function lend(buffer: ArrayBuffer): ArrayBuffer {
  lent.add(buffer);
  return buffer;
}
