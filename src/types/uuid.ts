/** uuid: kept as canonical text, 36 lower-case characters, whose order is the bytes' order. */
import { dbError } from '../errors/db-error.ts';
import { toHex } from './bytea.ts';
import type { Codec } from './codec.ts';

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A hyphen may follow any group of four digits. */
const ACCEPTED = /^(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}$/;

/** Reads any form that PostgreSQL accepts: braces, any case, hyphens after every four digits. */
export function parseUuid(text: string): string {
  if (CANONICAL.test(text)) return text;
  const braced = text.startsWith('{') && text.endsWith('}');
  const body = (braced ? text.slice(1, -1) : text).toLowerCase();
  if (!ACCEPTED.test(body)) {
    throw dbError('invalid_text_representation', {
      message: `invalid input syntax for type uuid: "${text}"`,
    });
  }
  return fromHexDigits(body.replaceAll('-', ''));
}

/** The canonical text of sixteen bytes. */
export function uuidFromBytes(bytes: Uint8Array): string {
  return fromHexDigits(toHex(bytes));
}

export function uuidToBytes(text: string): Uint8Array {
  const digits = text.replaceAll('-', '');
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i++) bytes[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

export const uuidCodec: Codec = {
  parseText: (text) => parseUuid(text),
  formatText: (value) => value as string,
  readBinary(reader, length) {
    if (length !== 16) throw dbError('protocol_violation', 'insufficient data left in message');
    return uuidFromBytes(reader.take(16));
  },
  writeBinary: (writer, value) => writer.bytes(uuidToBytes(value as string)),
};

function fromHexDigits(digits: string): string {
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join('-');
}
