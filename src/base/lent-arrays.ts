/**
 * Typed arrays that go round. A large array costs zeros, page faults and a share of a garbage collection,
 * so whoever fills many of them borrows them, and the last one to read an array gives it back. What is
 * never given back is collected like any other array.
 */

/** Bytes that wait for the next borrower at most. */
const WAITING_BYTES_MAX = 160 * 1024 * 1024;

const waiting = new Map<number, ArrayBuffer[]>();
let waitingBytes = 0;
const lent = new WeakSet<ArrayBufferLike>();

/** An array whose contents are undefined. */
export function borrowDoubles(length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(borrow(length * 8));
}

/** An array whose contents are undefined. */
export function borrowInts(length: number): Int32Array<ArrayBuffer> {
  return new Int32Array(borrow(length * 4));
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

function borrow(bytes: number): ArrayBuffer {
  let buffer = waiting.get(bytes)?.pop();
  if (buffer === undefined) buffer = new ArrayBuffer(bytes);
  else waitingBytes -= bytes;
  lent.add(buffer);
  return buffer;
}
