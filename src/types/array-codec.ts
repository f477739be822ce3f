/** Codecs of arrays, int2vector and oidvector, composed from their elements' codecs. */
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import { dbError } from '../errors/db-error.ts';
import {
  ARRAY_DIMENSIONS_MAX,
  ARRAY_ELEMENTS_MAX,
  boundsText,
  escapeElement,
  formatArrayText,
  hasSpecial,
  parseArrayText,
  parseArrayTextSteps,
  quoteElement,
  tooManyDimensions,
} from './array-text.ts';
import type { ByteChunks } from './byte-chunks.ts';
import { mustCodec } from './codec-registry.ts';
import type { Codec, FormatSettings, Pieces, Steps } from './codec.ts';
import {
  isHeavy,
  isLarge,
  PIECE_LENGTH,
  quotedPieces,
  textPieces,
  writeSteps,
  type Quoting,
} from './large-value.ts';
import { PgArray } from './pg-array.ts';
import { typeInfo } from './type-table.ts';
import type { Oid } from './type.ts';
import type { Value } from './value.ts';

/** Elements read from their texts in one step. */
const STEP_PARSED = 1024;

/** The codec of arrays over an element type. */
export function arrayCodec(element: Oid): Codec {
  const delimiter = typeInfo(element)?.delimiter ?? ',';
  return {
    parseText(text, typmod, settings) {
      const parts = parseArrayText(text, delimiter);
      const codec = mustCodec(element);
      const values = parts.elements.map((part) =>
        part === undefined ? null : codec.parseText(part, typmod, settings),
      );
      return new PgArray(element, values, parts.dimensions, parts.lowerBounds);
    },
    *parseSteps(text, typmod, settings) {
      const parts = yield* parseArrayTextSteps(text, delimiter);
      const codec = mustCodec(element);
      const values: Value[] = [];
      for (const part of parts.elements) {
        if (part === undefined) values.push(null);
        else if (codec.parseSteps !== undefined && isHeavy(part)) {
          values.push(yield* codec.parseSteps(part, typmod, settings));
        } else values.push(codec.parseText(part, typmod, settings));
        if (values.length % STEP_PARSED === 0) yield;
      }
      return new PgArray(element, values, parts.dimensions, parts.lowerBounds);
    },
    formatText(value, settings) {
      const { dimensions, lowerBounds, values } = value as PgArray;
      const codec = mustCodec(element);
      const elements = values.map((item) =>
        item === null ? undefined : codec.formatText(item, settings),
      );
      return formatArrayText({ dimensions, lowerBounds, elements }, delimiter);
    },
    readBinary: (reader, _length, typmod, settings) => readArray(reader, element, typmod, settings),
    writeBinary: (writer, value, settings) =>
      writeArray(writer, value as PgArray, element, settings),
    textPieces: (value, settings) => arrayPieces(value as PgArray, element, delimiter, settings),
    writeSteps: (chunks, value, settings) =>
      writeArraySteps(chunks, value as PgArray, element, settings),
  };
}

function* arrayPieces(
  array: PgArray,
  element: Oid,
  delimiter: string,
  settings: FormatSettings,
): Pieces {
  const codec = mustCodec(element);
  const { items, dimensions } = array;
  if (items.length === 0) return yield '{}';
  // Elements of a sub-array at each depth.
  const strides = dimensions.map((_, depth) =>
    dimensions.slice(depth).reduce((product, length) => product * length, 1),
  );
  const quoting: Quoting = {
    quote: '"',
    needsQuotes: (piece) => hasSpecial(piece, delimiter),
    escape: escapeElement,
  };
  let text = boundsText(array);
  let i = 0;
  for (const value of items) {
    if (i > 0) text += delimiter;
    for (const stride of strides) if (i % stride === 0) text += '{';
    if (value === null) text += 'NULL';
    else if (isLarge(value)) {
      yield text;
      text = '';
      yield* quotedPieces(textPieces(codec, value, settings), quoting);
    } else text += quoteElement(codec.formatText(value, settings), delimiter);
    i++;
    for (const stride of strides) if (i % stride === 0) text += '}';
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = '';
  }
  yield text;
}

/** The codec of int2vector and oidvector: blank-separated in text, an array from 0 in binary. */
export function vectorCodec(element: Oid): Codec {
  return {
    parseText(text, _typmod, settings) {
      const codec = mustCodec(element);
      const parts = text.split(/[ \t\n\v\f\r]+/).filter((part) => part !== '');
      return vectorOf(
        element,
        parts.map((part) => codec.parseText(part, -1, settings)),
      );
    },
    formatText: (value) => (value as PgArray).values.join(' '),
    readBinary(reader, _length, typmod, settings) {
      return vectorOf(element, readArray(reader, element, typmod, settings).values);
    },
    writeBinary: (writer, value, settings) =>
      writeArray(writer, value as PgArray, element, settings),
  };
}

/** An int2vector or oidvector: one dimension that starts at 0. */
export function vectorOf(element: Oid, values: readonly Value[]): PgArray {
  return new PgArray(element, values, [values.length], [0]);
}

function readArray(
  reader: ByteReader,
  element: Oid,
  typmod: number,
  settings: FormatSettings,
): PgArray {
  const dimensionCount = reader.i32();
  if (dimensionCount < 0) {
    throw dbError(
      'invalid_binary_representation',
      `invalid number of dimensions: ${dimensionCount}`,
    );
  }
  if (dimensionCount > ARRAY_DIMENSIONS_MAX) throw tooManyDimensions(dimensionCount);
  const flags = reader.i32();
  if (flags !== 0 && flags !== 1) {
    throw dbError('invalid_binary_representation', 'invalid array flags');
  }
  const sent = reader.u32();
  if (sent !== element) {
    throw dbError('datatype_mismatch', {
      message: `binary data has array element type ${sent} (${nameOf(sent)}) instead of expected ${element} (${nameOf(element)})`,
    });
  }
  const dimensions: number[] = [];
  const lowerBounds: number[] = [];
  let count = dimensionCount === 0 ? 0 : 1;
  for (let i = 0; i < dimensionCount; i++) {
    const length = reader.i32();
    dimensions.push(length);
    lowerBounds.push(reader.i32());
    count *= length;
    if (length < 0 || count > ARRAY_ELEMENTS_MAX) {
      throw dbError('program_limit_exceeded', {
        message: `array size exceeds the maximum allowed (${ARRAY_ELEMENTS_MAX})`,
      });
    }
  }
  // Every element has at least its length word; a false count must not allocate.
  if (count * 4 > reader.remaining) {
    throw dbError('protocol_violation', 'insufficient data left in message');
  }
  if (count === 0) return new PgArray(element, []);
  const codec = mustCodec(element);
  const values: Value[] = [];
  for (let i = 0; i < count; i++) {
    const length = reader.i32();
    if (length === -1) {
      values.push(null);
      continue;
    }
    if (length < 0 || length > reader.remaining) {
      throw dbError('invalid_binary_representation', 'insufficient data left in message');
    }
    values.push(readExactly(codec, reader, length, typmod, settings));
  }
  return new PgArray(element, values, dimensions, lowerBounds);
}

/** Reads a nested value and checks that it used exactly its bytes. */
export function readExactly(
  codec: Codec,
  reader: ByteReader,
  length: number,
  typmod: number,
  settings: FormatSettings,
): Value {
  const end = reader.offset + length;
  const value = codec.readBinary(reader, length, typmod, settings);
  if (reader.offset !== end) {
    throw dbError('invalid_binary_representation', 'improper binary format in array element');
  }
  return value;
}

function nameOf(oid: Oid): string {
  return typeInfo(oid)?.name ?? '???';
}

function writeArray(
  writer: ByteWriter,
  array: PgArray,
  element: Oid,
  settings: FormatSettings,
): void {
  writeArrayHead(writer, array, element, array.values.includes(null));
  const codec = mustCodec(element);
  for (const value of array.values) writeSized(writer, codec, value, settings);
}

function writeArrayHead(
  writer: ByteWriter,
  { dimensions, lowerBounds }: PgArray,
  element: Oid,
  hasNull: boolean,
): void {
  writer.i32(dimensions.length);
  writer.i32(hasNull ? 1 : 0);
  writer.u32(element);
  for (let i = 0; i < dimensions.length; i++) {
    writer.i32(dimensions[i] as number);
    writer.i32(lowerBounds[i] as number);
  }
}

/** Elements looked at between two yields. */
const STEP_ELEMENTS = 16_384;

function* writeArraySteps(
  chunks: ByteChunks,
  array: PgArray,
  element: Oid,
  settings: FormatSettings,
): Steps {
  let hasNull = false;
  let seen = 0;
  for (const value of array.items) {
    hasNull ||= value === null;
    if (++seen % STEP_ELEMENTS === 0) yield;
  }
  writeArrayHead(chunks.tail, array, element, hasNull);
  const codec = mustCodec(element);
  for (const value of array.items) {
    if (value !== null && isLarge(value)) {
      yield* writeSizedSteps(chunks, codec, value, settings);
    } else writeSized(chunks.tail, codec, value, settings);
    if (chunks.cut()) yield;
  }
}

/** A length word and the value, large or not; not NULL. */
export function* writeSizedSteps(
  chunks: ByteChunks,
  codec: Codec,
  value: NonNullable<Value>,
  settings: FormatSettings,
): Steps {
  const length = chunks.begin();
  yield* writeSteps(codec, chunks, value, settings);
  chunks.end(length);
}

/** Writes a length word and the value; -1 alone for NULL. */
export function writeSized(
  writer: ByteWriter,
  codec: Codec,
  value: Value,
  settings: FormatSettings,
): void {
  if (value === null) {
    writer.i32(-1);
    return;
  }
  const start = writer.reserve(4);
  codec.writeBinary(writer, value, settings);
  writer.patchI32(start, writer.length - start - 4);
}
