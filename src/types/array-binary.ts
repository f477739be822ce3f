/** The binary form of arrays: dimensions, then each element behind its length. */
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import type { Stepped } from '../base/steps.ts';
import { dbError, type DbError } from '../errors/db-error.ts';
import { ARRAY_DIMENSIONS_MAX, ARRAY_ELEMENTS_MAX, tooManyDimensions } from './array-text.ts';
import { ByteChunks } from './byte-chunks.ts';
import { mustCodec } from './codec-registry.ts';
import type { Codec, FormatSettings, Steps } from './codec.ts';
import { isHeavy, isLarge, STEP_WEIGHT, writeSteps } from './large-value.ts';
import { PgArray } from './pg-array.ts';
import { NEUTRAL_FORMAT } from './neutral-format.ts';
import { typeInfo } from './type-table.ts';
import type { Oid } from './type.ts';
import type { Value } from './value.ts';

export function readArray(
  reader: ByteReader,
  element: Oid,
  typmod: number,
  settings: FormatSettings,
): PgArray {
  const { dimensions, lowerBounds } = readHead(reader, element);
  const count = countOf(dimensions);
  if (count === 0) return new PgArray(element, []);
  const codec = mustCodec(element);
  const values: Value[] = [];
  for (let i = 0; i < count; i++) {
    const length = reader.i32();
    if (length === -1) {
      values.push(null);
      continue;
    }
    if (length < 0 || length > reader.remaining) throw cutShort();
    values.push(readExactly(codec, reader, length, typmod, settings));
  }
  return new PgArray(element, values, dimensions, lowerBounds);
}

/** Elements read in one step, and bytes: half a microsecond each, and as much again for collecting garbage. */
const STEP_READ = 4096;
const STEP_BYTES = 4 * STEP_WEIGHT;

export function* readArraySteps(
  reader: ByteReader,
  element: Oid,
  typmod: number,
  settings: FormatSettings,
): Stepped<PgArray> {
  const { dimensions, lowerBounds } = readHead(reader, element);
  const count = countOf(dimensions);
  if (count === 0) return new PgArray(element, []);
  const codec = mustCodec(element);
  const values: Value[] = [];
  let left = STEP_BYTES;
  for (let i = 0; i < count; i++) {
    const length = reader.i32();
    if (length < -1 || length > reader.remaining) throw cutShort();
    if (length === -1) values.push(null);
    else if (codec.readSteps !== undefined && length > STEP_WEIGHT) {
      const end = reader.offset + length;
      values.push(yield* codec.readSteps(reader, length, typmod, settings));
      if (reader.offset !== end) throw improperElement();
    } else values.push(readExactly(codec, reader, length, typmod, settings));
    left -= length;
    if (left >= 0 && i % STEP_READ !== STEP_READ - 1) continue;
    yield;
    left = STEP_BYTES;
  }
  return new PgArray(element, values, dimensions, lowerBounds);
}

function cutShort(): DbError {
  return dbError('invalid_binary_representation', 'insufficient data left in message');
}

function countOf(dimensions: readonly number[]): number {
  let count = dimensions.length === 0 ? 0 : 1;
  for (let i = 0; i < dimensions.length; i++) count *= dimensions[i] as number;
  return count;
}

/** Reads what stands before the elements. */
function readHead(reader: ByteReader, element: Oid): Pick<PgArray, 'dimensions' | 'lowerBounds'> {
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
  return { dimensions, lowerBounds };
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
    throw improperElement();
  }
  return value;
}

function improperElement(): DbError {
  return dbError('invalid_binary_representation', 'improper binary format in array element');
}

function nameOf(oid: Oid): string {
  return typeInfo(oid)?.name ?? '???';
}

/** Elements from which on the binary form is made before it is asked for, with prepareArray. */
const PREPARED_ELEMENTS = 64;
const PREPARED = new WeakMap<PgArray, readonly Uint8Array[]>();

/** Makes `writeArray` quick for who must not stop while it writes. */
export function* prepareArray(array: PgArray, element: Oid): Stepped<void> {
  if (array.items.length < PREPARED_ELEMENTS) {
    const codec = mustCodec(element);
    if (codec.prepareSteps === undefined) return;
    for (const value of array.values)
      if (isHeavy(value)) yield* codec.prepareSteps(value as NonNullable<Value>);
  } else if (!PREPARED.has(array)) {
    const chunks = new ByteChunks();
    // No binary form depends on a session's settings.
    yield* writeArraySteps(chunks, array, element, NEUTRAL_FORMAT);
    PREPARED.set(array, chunks.finish());
  }
}

export function writeArray(
  writer: ByteWriter,
  array: PgArray,
  element: Oid,
  settings: FormatSettings,
): void {
  const prepared = array.items.length < PREPARED_ELEMENTS ? undefined : PREPARED.get(array);
  if (prepared !== undefined) {
    writer.ensure(prepared.reduce((sum, { length }) => sum + length, 0));
    for (const bytes of prepared) writer.bytes(bytes);
    return;
  }
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

export function* writeArraySteps(
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
