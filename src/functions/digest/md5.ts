/** MD5 (RFC 1321), for md5(): not for security. */

import { newSpan } from '../../vector/dictionary.ts';
import { encodeText } from '../../vector/text-bytes.ts';

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Int32Array.from(
  { length: 64 },
  (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0,
);

const BLOCK_BYTES = 64;
/** Bytes of a message's length, which ends its last block. */
const LENGTH_BYTES = 8;
const block = new Uint8Array(BLOCK_BYTES);
const words = new Int32Array(block.buffer);
const state = new Int32Array(4);
const digest = new Uint8Array(state.buffer);

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const text = newSpan();

/** The digest of a text's UTF-8, in hexadecimal digits. */
export function md5OfText(value: string): string {
  encodeText(value, text);
  return md5(text.bytes, text.start, text.end);
}

/** The digest of bytes [start, end), in hexadecimal digits. */
export function md5(input: Uint8Array, start = 0, end = input.length): string {
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  let at = start;
  for (; at + BLOCK_BYTES <= end; at += BLOCK_BYTES) {
    block.set(input.subarray(at, at + BLOCK_BYTES));
    mixBlock();
  }
  const rest = end - at;
  block.fill(0, rest);
  for (let i = 0; i < rest; i++) block[i] = input[at + i];
  block[rest] = 0x80;
  if (rest >= BLOCK_BYTES - LENGTH_BYTES) {
    mixBlock();
    block.fill(0);
  }
  words[14] = (end - start) * 8;
  words[15] = Math.floor((end - start) / 0x20000000);
  mixBlock();
  let digits = '';
  for (let i = 0; i < digest.length; i++) digits += HEX[digest[i]];
  return digits;
}

/** Four rounds of sixteen steps; after each, the four numbers change their places. */
function mixBlock(): void {
  let [a, b, c, d] = [state[0], state[1], state[2], state[3]];
  for (let i = 0; i < 64; i++) {
    let mixed: number;
    let word: number;
    if (i < 16) {
      mixed = (b & c) | (~b & d);
      word = i;
    } else if (i < 32) {
      mixed = (d & b) | (~d & c);
      word = (5 * i + 1) & 15;
    } else if (i < 48) {
      mixed = b ^ c ^ d;
      word = (3 * i + 5) & 15;
    } else {
      mixed = c ^ (b | ~d);
      word = (7 * i) & 15;
    }
    const sum = (a + mixed + SINES[i] + words[word]) | 0;
    const shift = SHIFTS[((i >> 4) << 2) | (i & 3)];
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}
