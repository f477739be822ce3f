/** Codecs of arrays, int2vector and oidvector, composed from their elements' codecs. */
import {
  prepareArray,
  readArray,
  readArraySteps,
  writeArray,
  writeArraySteps,
} from './array-binary.ts';
import {
  boundsText,
  escapeElement,
  formatArrayText,
  hasSpecial,
  parseArrayText,
  parseArrayTextSteps,
  quoteElement,
} from './array-text.ts';
import { mustCodec } from './codec-registry.ts';
import type { Codec, FormatSettings, Pieces } from './codec.ts';
import {
  isHeavy,
  isLarge,
  PIECE_LENGTH,
  quotedPieces,
  textPieces,
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
    readSteps: (reader, _length, typmod, settings) =>
      readArraySteps(reader, element, typmod, settings),
    prepareSteps: (value) => prepareArray(value as PgArray, element),
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
