/** SHA-224, SHA-256, SHA-384 and SHA-512 (FIPS 180-4). Constants are derived, not listed. */

export type Sha2Bits = 224 | 256 | 384 | 512;

const PRIMES = firstPrimes(80);
const MASK = 0xffffffffffffffffn;

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return primes;
}

/** The first 64 bits of the fraction of a prime's square (2) or cube (3) root. */
function rootFraction(prime: number, degree: 2 | 3): bigint {
  const scaled = BigInt(prime) << BigInt(64 * degree);
  let low = 0n;
  let high = 1n << 72n;
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** BigInt(degree) <= scaled) low = middle;
    else high = middle - 1n;
  }
  return low & MASK;
}

const K64 = PRIMES.map((prime) => rootFraction(prime, 3));
const K32 = Int32Array.from(K64.slice(0, 64), (value) => Number(value >> 32n) | 0);
const H64 = PRIMES.slice(0, 16).map((prime) => rootFraction(prime, 2));

function initial32(bits: 224 | 256): Int32Array {
  if (bits === 256) return Int32Array.from(H64.slice(0, 8), (value) => Number(value >> 32n) | 0);
  return Int32Array.from(H64.slice(8), (value) => Number(value & 0xffffffffn) | 0);
}

/** The digest of `bits` bits. */
export function sha2(input: Uint8Array, bits: Sha2Bits): Uint8Array {
  return bits === 224 || bits === 256 ? sha32(input, bits) : sha64(input, bits);
}

function padded(input: Uint8Array, block: 64 | 128): DataView {
  const lengthBytes = block / 8;
  const total = Math.ceil((input.length + 1 + lengthBytes) / block) * block;
  const bytes = new Uint8Array(total);
  bytes.set(input);
  bytes[input.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setBigUint64(total - 8, BigInt(input.length) * 8n);
  return view;
}

function rotate32(value: number, count: number): number {
  return (value >>> count) | (value << (32 - count));
}

function sha32(input: Uint8Array, bits: 224 | 256): Uint8Array {
  const view = padded(input, 64);
  const state = initial32(bits);
  const w = new Int32Array(64);
  for (let offset = 0; offset < view.byteLength; offset += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(offset + i * 4);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15] as number;
      const y = w[i - 2] as number;
      const s0 = rotate32(x, 7) ^ rotate32(x, 18) ^ (x >>> 3);
      const s1 = rotate32(y, 17) ^ rotate32(y, 19) ^ (y >>> 10);
      w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
    }
    mix32(state, w);
  }
  const out = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => out.setInt32(i * 4, word));
  return new Uint8Array(out.buffer).slice(0, bits / 8);
}

function mix32(state: Int32Array, w: Int32Array): void {
  let [a, b, c, d, e, f, g, h] = state as unknown as number[] as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate32(e, 6) ^ rotate32(e, 11) ^ rotate32(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K32[i] as number) + (w[i] as number)) | 0;
    const s0 = rotate32(a, 2) ^ rotate32(a, 13) ^ rotate32(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => {
    state[i] = ((state[i] as number) + value) | 0;
  });
}

/** SHA-384's initial values are the roots of the 9th to 16th primes. */
function sha64(input: Uint8Array, bits: 384 | 512): Uint8Array {
  const view = padded(input, 128);
  const state = bits === 512 ? H64.slice(0, 8) : H64.slice(8);
  const rotate = (value: bigint, count: bigint): bigint =>
    ((value >> count) | (value << (64n - count))) & MASK;
  const w: bigint[] = [];
  for (let offset = 0; offset < view.byteLength; offset += 128) {
    for (let i = 0; i < 16; i++) w[i] = view.getBigUint64(offset + i * 8);
    for (let i = 16; i < 80; i++) {
      const x = w[i - 15] as bigint;
      const y = w[i - 2] as bigint;
      const s0 = rotate(x, 1n) ^ rotate(x, 8n) ^ (x >> 7n);
      const s1 = rotate(y, 19n) ^ rotate(y, 61n) ^ (y >> 6n);
      w[i] = ((w[i - 16] as bigint) + s0 + (w[i - 7] as bigint) + s1) & MASK;
    }
    let [a, b, c, d, e, f, g, h] = state as [
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    for (let i = 0; i < 80; i++) {
      const s1 = rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n);
      const t1 = h + s1 + ((e & f) ^ (~e & MASK & g)) + (K64[i] as bigint) + (w[i] as bigint);
      const s0 = rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n);
      const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & MASK, c, b, a, (t1 + t2) & MASK];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => {
      state[i] = ((state[i] as bigint) + value) & MASK;
    });
  }
  const out = new DataView(new ArrayBuffer(64));
  state.forEach((word, i) => out.setBigUint64(i * 8, word));
  return new Uint8Array(out.buffer).slice(0, bits / 8);
}
