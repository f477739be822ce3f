/** The value of a parameter as Bind gives it; errors say which parameter of which portal they are about. */
import { ByteReader } from '../base/byte-reader.ts';
import { DbError, dbError } from '../errors/db-error.ts';
import { codecFor } from '../types/codecs.ts';
import type { FormatSettings } from '../types/codec.ts';
import type { Oid } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import type { ParameterInput } from './session.ts';

export function boundParameter(
  input: ParameterInput,
  type: Oid,
  format: FormatSettings,
  portal: string,
  index: number,
): Value {
  if (input.bytes === null) return null;
  try {
    const codec = codecFor(type);
    if (input.format !== 1) return codec.parseText(decodeText(input.bytes), -1, format);
    const reader = new ByteReader(input.bytes);
    const value = codec.readBinary(reader, input.bytes.length, -1, format);
    if (reader.remaining === 0) return value;
    throw malformed(index);
  } catch (error) {
    const known = error instanceof RangeError ? malformed(index) : error;
    if (!(known instanceof DbError)) throw known;
    const place = placeOf(input, portal, index);
    const where = known.fields.where === undefined ? place : `${known.fields.where}\n${place}`;
    throw new DbError(known.condition, { ...known.fields, where }, known.severity, known);
  }
}

function malformed(index: number): DbError {
  return dbError(
    'invalid_binary_representation',
    `incorrect binary data format in bind parameter ${index + 1}`,
  );
}

/** `unnamed portal parameter $1 = '...'`: the value itself stands in no error, as it may be secret. */
function placeOf({ format }: ParameterInput, portal: string, index: number): string {
  const owner = portal === '' ? 'unnamed portal' : `portal "${portal}"`;
  return `${owner} parameter $${index + 1}${format === 1 ? '' : " = '...'"}`;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array): string {
  try {
    const text = UTF8.decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    throw dbError('character_not_in_repertoire', 'invalid byte sequence for encoding "UTF8"');
  }
  throw dbError('character_not_in_repertoire', 'invalid byte sequence for encoding "UTF8": 0x00');
}
