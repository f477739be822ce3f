/** PostgreSQL's hash of bytes (Bob Jenkins' lookup3), as its hash functions show it to users. */

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Three 32-bit words that are mixed with each other. */
class HashState {
  a: number;
  b: number;
  c: number;

  constructor(length: number) {
    this.a = this.b = this.c = (0x9e3779b9 + length + 3923095) | 0;
  }

  mix(): void {
    let { a, b, c } = this;
    a = ((a - c) ^ rotate(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotate(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 4)) | 0;
    b = (b + a) | 0;
    [this.a, this.b, this.c] = [a, b, c];
  }

  finish(): void {
    let { a, b, c } = this;
    c = ((c ^ b) - rotate(b, 14)) | 0;
    a = ((a ^ c) - rotate(c, 11)) | 0;
    b = ((b ^ a) - rotate(a, 25)) | 0;
    c = ((c ^ b) - rotate(b, 16)) | 0;
    a = ((a ^ c) - rotate(c, 4)) | 0;
    b = ((b ^ a) - rotate(a, 14)) | 0;
    c = ((c ^ b) - rotate(b, 24)) | 0;
    [this.a, this.b, this.c] = [a, b, c];
  }
}

function hashState(bytes: Uint8Array, seed: bigint): HashState {
  const state = new HashState(bytes.length);
  if (seed !== 0n) {
    state.a = (state.a + Number(BigInt.asIntN(32, seed >> 32n))) | 0;
    state.b = (state.b + Number(BigInt.asIntN(32, seed))) | 0;
    state.mix();
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (; bytes.length - at >= 12; at += 12) {
    state.a = (state.a + view.getInt32(at, true)) | 0;
    state.b = (state.b + view.getInt32(at + 4, true)) | 0;
    state.c = (state.c + view.getInt32(at + 8, true)) | 0;
    state.mix();
  }
  // The lowest byte of c is kept for the length: the last bytes start at its second.
  for (let i = bytes.length - at - 1; i >= 0; i--) {
    const byte = bytes[at + i] as number;
    if (i < 4) state.a = (state.a + (byte << (8 * i))) | 0;
    else if (i < 8) state.b = (state.b + (byte << (8 * (i - 4)))) | 0;
    else state.c = (state.c + (byte << (8 * (i - 7)))) | 0;
  }
  state.finish();
  return state;
}

/** The 32-bit hash, signed. */
export function hashBytes(bytes: Uint8Array): number {
  return hashState(bytes, 0n).c;
}

/** The 64-bit hash with a seed, signed. */
export function hashBytesExtended(bytes: Uint8Array, seed: bigint): bigint {
  const { b, c } = hashState(bytes, seed);
  return (BigInt(b) << 32n) | BigInt(c >>> 0);
}

/** The 32-bit hash of one word. */
export function hashWord(word: number): number {
  const state = new HashState(4);
  state.a = (state.a + word) | 0;
  state.finish();
  return state.c;
}
