/** Functions that make a text of a large value piece by piece, with a step after each. */
import { LongText } from '../../base/long-text.ts';
import type { Stepped } from '../../base/steps.ts';
import { PIECE_LENGTH, slices } from '../../types/large-value.ts';

/** What a function makes of the pieces of a text, in their order. */
export function* mapText(text: string, map: (piece: string) => string): Stepped<string> {
  const result = new LongText();
  for (const piece of slices(text)) {
    result.add(map(piece));
    yield;
  }
  return result.toString();
}

/** What a function makes of pieces of `size` bytes; the last one may be shorter. */
export function* mapBytes(
  bytes: Uint8Array,
  map: (piece: Uint8Array) => string,
  size = PIECE_LENGTH,
): Stepped<string> {
  const result = new LongText();
  for (let start = 0; start < bytes.length; start += size) {
    result.add(map(bytes.subarray(start, start + size)));
    yield;
  }
  return result.toString();
}
