/** The value of a parameter as Bind gives it; errors say which parameter of which portal they are about. */
import { ByteReader } from '../base/byte-reader.ts';
import { DbError, dbError } from '../errors/db-error.ts';
import { codecFor } from '../types/codecs.ts';
import type { Stepped } from '../base/steps.ts';
import type { FormatSettings } from '../types/codec.ts';
import type { Oid } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import type { ParameterInput } from './session.ts';

/** Where a value is bound to. */
export interface ParameterPlace {
  readonly portal: string;
  readonly index: number;
}

export function boundParameter(
  input: ParameterInput,
  type: Oid,
  format: FormatSettings,
  place: ParameterPlace,
): Value {
  if (input.bytes === null) return null;
  try {
    const codec = codecFor(type);
    if (input.format !== 1) return codec.parseText(decodeText(input.bytes), -1, format);
    const reader = new ByteReader(input.bytes);
    const value = codec.readBinary(reader, input.bytes.length, -1, format);
    return wholly(value, reader, place);
  } catch (error) {
    throw placed(error, input, place);
  }
}

/** Bytes of values that are read at once. */
const QUICK_BYTES = 16 * 1024;

/** The same in steps, of a long value; undefined where that is not worth it. */
export function longParameter(
  input: ParameterInput,
  type: Oid,
  format: FormatSettings,
  place: ParameterPlace,
): Stepped<Value> | undefined {
  const { bytes } = input;
  if (bytes === null || bytes.length <= QUICK_BYTES) return undefined;
  const { parseSteps, readSteps } = codecFor(type);
  if ((input.format === 1 ? readSteps : parseSteps) === undefined) return undefined;
  return parameterSteps({ ...input, bytes }, type, format, place);
}

function* parameterSteps(
  input: ParameterInput & { readonly bytes: Uint8Array },
  type: Oid,
  format: FormatSettings,
  place: ParameterPlace,
): Stepped<Value> {
  const { bytes } = input;
  const codec = codecFor(type);
  try {
    if (input.format !== 1) return yield* codec.parseSteps!(decodeText(bytes), -1, format);
    const reader = new ByteReader(bytes);
    const value = yield* codec.readSteps!(reader, bytes.length, -1, format);
    return wholly(value, reader, place);
  } catch (error) {
    throw placed(error, input, place);
  }
}

function wholly(value: Value, reader: ByteReader, { index }: ParameterPlace): Value {
  if (reader.remaining === 0) return value;
  throw malformed(index);
}

/** The error of a value with its place. */
function placed(error: unknown, input: ParameterInput, { portal, index }: ParameterPlace): unknown {
  const known = error instanceof RangeError ? malformed(index) : error;
  if (!(known instanceof DbError)) return known;
  const place = placeOf(input, portal, index);
  const where = known.fields.where === undefined ? place : `${known.fields.where}\n${place}`;
  return new DbError(known.condition, { ...known.fields, where }, known.severity, known);
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
