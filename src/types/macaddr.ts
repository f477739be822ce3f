/** macaddr: kept as six pairs of lower-case digits with colons, whose order is the bytes' order. */
import { dbError } from '../errors/db-error.ts';
import { toHex } from './bytea.ts';
import type { Codec } from './codec.ts';
import { checkBinaryLength } from './int.ts';

/** The forms that PostgreSQL reads: octets of one digit or more, or groups of two digits each. */
const FORMS: readonly RegExp[] = [
  /^\s*([0-9a-f]+):\s*([0-9a-f]+):\s*([0-9a-f]+):\s*([0-9a-f]+):\s*([0-9a-f]+):\s*([0-9a-f]+)\s*$/i,
  /^\s*([0-9a-f]+)-\s*([0-9a-f]+)-\s*([0-9a-f]+)-\s*([0-9a-f]+)-\s*([0-9a-f]+)-\s*([0-9a-f]+)\s*$/i,
  /^\s*([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})[:-]([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{1,2})\s*$/i,
  /^\s*([0-9a-f]{2})([0-9a-f]{2})([.-])([0-9a-f]{2})([0-9a-f]{2})\3([0-9a-f]{2})([0-9a-f]{1,2})\s*$/i,
  /^\s*([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{1,2})\s*$/i,
];

/** Reads a hardware address in any of its forms. */
export function parseMacaddr(text: string): string {
  for (const form of isAscii(text) ? FORMS : []) {
    const match = form.exec(text);
    if (match === null) continue;
    const octets = match.slice(1).filter((part) => part !== '.' && part !== '-');
    const values = octets.map((digits) => Number.parseInt(digits, 16));
    if (values.some((value) => value > 255)) {
      throw dbError('numeric_value_out_of_range', {
        message: `invalid octet value in "macaddr" value: "${text}"`,
      });
    }
    return withColons(Uint8Array.from(values));
  }
  throw dbError('invalid_text_representation', {
    message: `invalid input syntax for type macaddr: "${text}"`,
  });
}

/** White space beyond ASCII is none here. */
function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

export const macaddrCodec: Codec = {
  parseText: (text) => parseMacaddr(text),
  formatText: (value) => value as string,
  readBinary(reader, length) {
    checkBinaryLength(length, 6);
    return withColons(reader.take(6));
  },
  writeBinary(writer, value) {
    for (const octet of (value as string).split(':')) writer.u8(Number.parseInt(octet, 16));
  },
};

function withColons(bytes: Uint8Array): string {
  return (toHex(bytes).match(/../g) as string[]).join(':');
}
