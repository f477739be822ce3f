/** Hashes of index keys. */

/** Thirty-two bits, of which the lower ones part keys as well as the higher ones. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let hash = seed ^ (end - start);
  let i = start;
  for (const stop = end - 3; i < stop; i += 4) {
    const word =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    hash = mixed(hash, word);
  }
  let rest = 0;
  for (let shift = 0; i < end; i++, shift += 8) rest |= (bytes[i] as number) << shift;
  return finished(mixed(hash, rest));
}

/** Of the bits that a double holds exactly, so many that no two keys at hand have the same in practice. */
export function wideHash(bytes: Uint8Array, start: number, end: number): number {
  const high = hashBytes(bytes, start, end, SECOND_SEED) & HIGH_MASK;
  return high * TWO_32 + (hashBytes(bytes, start, end) >>> 0);
}

/** The same of a text of one byte a character. */
export function wideTextHash(text: string): number {
  let [low, high] = [text.length, SECOND_SEED ^ text.length];
  for (let i = 0; i < text.length; i++) {
    const letter = text.charCodeAt(i);
    low = mixed(low, letter);
    high = mixed(high, letter);
  }
  return (finished(high) & HIGH_MASK) * TWO_32 + (finished(low) >>> 0);
}

const SECOND_SEED = 0x5bd1e995;
const HIGH_MASK = 0xf_ffff;
const TWO_32 = 4_294_967_296;

function mixed(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const turned = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
}

function finished(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
