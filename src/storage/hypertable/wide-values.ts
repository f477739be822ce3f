/**
 * Integers of 64 bits as segments and the commit log have them: each in its binary form, big-endian behind its
 * length, -1 for NULL. That is how packValues writes them; here they are words.
 */
import type { NullMask } from '../../vector/vector.ts';
import type { WideWords } from '../../vector/wide-vector.ts';
import { DamagedBlock } from './damaged-block.ts';

const INTEGER_BYTES = 8;
const NULL_LENGTH = -1;
/** A length of eight, big-endian. */
const LENGTH_WORD = INTEGER_BYTES << 24;

export function packWides(words: WideWords, nulls: NullMask, rows: number): Uint8Array {
  const packed = new Int32Array(3 * rows);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    if (nulls !== undefined && nulls[row] === 1) {
      packed[at++] = NULL_LENGTH;
      continue;
    }
    packed[at++] = LENGTH_WORD;
    packed[at++] = swapped(words[2 * row + 1]);
    packed[at++] = swapped(words[2 * row]);
  }
  return new Uint8Array(packed.buffer, 0, 4 * at);
}

/** `words` are zeros to fill, where they are not for this to make. */
export function unpackWides(
  bytes: Uint8Array,
  rows: number,
  words: WideWords = new Int32Array(2 * rows),
): WideWords {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  for (let i = 0; i < words.length; i += 2) {
    if (at + 4 > bytes.length) throw new DamagedBlock('values end early');
    const size = view.getInt32(at);
    at += 4;
    if (size === NULL_LENGTH) continue;
    if (size !== INTEGER_BYTES || at + INTEGER_BYTES > bytes.length) {
      throw new DamagedBlock('damaged value');
    }
    words[i + 1] = view.getInt32(at);
    words[i] = view.getInt32(at + 4);
    at += INTEGER_BYTES;
  }
  return words;
}

/** The bytes of a word in the other order. */
function swapped(word: number): number {
  const pairs = ((word & 0x00ff00ff) << 8) | ((word >>> 8) & 0x00ff00ff);
  return (pairs << 16) | (pairs >>> 16);
}
