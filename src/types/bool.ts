/** boolean: PostgreSQL accepts unique prefixes of true, false, yes, no, on, off, and 1 and 0. */
import { dbError } from '../errors/db-error.ts';
import type { Codec } from './codec.ts';
import { trimSpace } from './float-text.ts';
import { checkBinaryLength } from './int.ts';

/** The boolean that a setting or a literal spells, undefined where it is none. */
export function tryParseBool(text: string): boolean | undefined {
  const word = text.toLowerCase();
  const { length } = word;
  if (length === 0) return undefined;
  if ('true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on' || word === '1')
    return true;
  if ('false'.startsWith(word) || 'no'.startsWith(word) || word === '0') return false;
  return length >= 2 && 'off'.startsWith(word) ? false : undefined;
}

export const boolCodec: Codec = {
  parseText(text) {
    const value = tryParseBool(trimSpace(text));
    if (value !== undefined) return value;
    throw dbError('invalid_text_representation', {
      message: `invalid input syntax for type boolean: "${text}"`,
    });
  },
  formatText: (value) => (value === true ? 't' : 'f'),
  readBinary(reader, length) {
    checkBinaryLength(length, 1);
    return reader.u8() !== 0;
  },
  writeBinary: (writer, value) => writer.u8(value === true ? 1 : 0),
};
