/** The order of a dictionary's entries and strings. */
import { compareText } from '../types/text.ts';
import { newSpan, type Dictionary } from './dictionary.ts';

/** The entry at hand. */
const span = newSpan();
/** Below it bytes are characters. */
const ASCII_END = 0x80;

/** Compares as compareText does; a string of the entry is made only where characters beyond ASCII decide. */
export function compareEntry(dictionary: Dictionary, code: number, text: string): number {
  if (!dictionary.hasBytes) return compareText(dictionary.at(code), text);
  dictionary.spanAt(code, span);
  const { bytes, start, end } = span;
  const length = Math.min(end - start, text.length);
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i];
    const unit = text.charCodeAt(i);
    if (byte >= ASCII_END && unit >= ASCII_END) return compareText(dictionary.at(code), text);
    // What is beyond ASCII comes after it, in bytes and in units.
    if (byte !== unit) return byte - unit;
  }
  return end - start - text.length;
}
