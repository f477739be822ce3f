/**
 * Output of values that are large: in pieces, so that other work can go on in between. Values of the
 * usual size have one quick way, the codec's `formatText` and `writeBinary`.
 */
import { LongText } from '../base/long-text.ts';
import type { ByteChunks } from './byte-chunks.ts';
import type { Codec, FormatSettings, Pieces, Steps } from './codec.ts';
import { isJsonArray, isJsonObject, type JsonNode } from './json-node.ts';
import { Jsonb } from './jsonb.ts';
import { PgArray } from './pg-array.ts';
import { Parts } from './parts.ts';
import { PgRecord } from './pg-record.ts';
import type { Value } from './value.ts';

/** Characters of a piece, about. */
export const PIECE_LENGTH = 16 * 1024;
/** What a value may weigh, in characters about, that is done in one go. */
const WEIGHT_MAX = 32 * 1024;
/** The same of a mere text, which is only copied. */
export const TEXT_LENGTH_MAX = 256 * 1024;
const ITEM_WEIGHT = 8;

/** True where a value should be formatted in pieces. */
export function isLarge(value: Value): boolean {
  const text = value instanceof Jsonb ? value.text : value;
  if (typeof text === 'string') return text.length > TEXT_LENGTH_MAX;
  return typeof value === 'object' && value !== null && rest(value, WEIGHT_MAX) < 0;
}

/** What values may weigh together that functions take in one go: some are five microseconds at a character. */
export const STEP_WEIGHT = 16 * 1024;

/** True for a value that is taken in steps where there is a way to. */
export function isHeavy(value: Value): boolean {
  return weightOf(value, STEP_WEIGHT) > STEP_WEIGHT;
}

/** What a value weighs, in characters about; no more of it is looked at than makes `limit`. */
export function weightOf(value: Value, limit: number): number {
  if (typeof value === 'string') return value.length;
  return typeof value === 'object' && value !== null ? limit - rest(value, limit) : 0;
}

export function isLargeNode(node: JsonNode): boolean {
  return typeof node === 'object' ? restOfNode(node, WEIGHT_MAX) < 0 : isLargeText(node);
}

function isLargeText(value: string | boolean): boolean {
  return typeof value === 'string' && value.length > WEIGHT_MAX;
}

/** What is left of a weight below a value's own; negative as soon as that is known to be more. */
function rest(value: Value, weight: number): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return weight - value.length;
  if (value instanceof Jsonb) {
    if (value.text !== undefined) return weight - value.text.length;
    const { node } = value;
    if (node instanceof Parts && node.length * ITEM_WEIGHT > weight) return -1;
    return restOfNode(value.root, weight);
  }
  if (!(value instanceof PgArray || value instanceof PgRecord)) return weight - ITEM_WEIGHT;
  if (value instanceof PgArray && value.items.length * ITEM_WEIGHT > weight) return -1;
  const { values } = value;
  let left = weight;
  for (let i = 0; i < values.length && left >= 0; i++) left = rest(values[i] as Value, left);
  return left;
}

function restOfNode(node: JsonNode, weight: number): number {
  if (typeof node === 'string') return weight - node.length - ITEM_WEIGHT;
  if (typeof node !== 'object' || node === null) return weight - ITEM_WEIGHT;
  let left = weight - ITEM_WEIGHT;
  if (isJsonArray(node)) {
    for (let i = 0; i < node.length && left >= 0; i++) {
      left = restOfNode(node[i] as JsonNode, left);
    }
  } else if (isJsonObject(node)) {
    for (const [key, item] of node) {
      left = restOfNode(item, left - key.length);
      if (left < 0) break;
    }
  }
  return left;
}

/** The text form, in pieces where it is large. */
export function* textPieces(
  codec: Codec,
  value: NonNullable<Value>,
  settings: FormatSettings,
): Pieces {
  if (codec.textPieces !== undefined && isLarge(value)) yield* codec.textPieces(value, settings);
  else yield* slices(codec.formatText(value, settings));
}

/** The text form of a value that may be large: pieces make less to clear up than a text of each element. */
export function wholeText(
  codec: Codec,
  value: NonNullable<Value>,
  settings: FormatSettings,
): string {
  if (codec.textPieces === undefined || !isLarge(value)) return codec.formatText(value, settings);
  const text = new LongText();
  for (const piece of codec.textPieces(value, settings)) text.add(piece);
  return text.toString();
}

/** Writes the binary form, with a yield now and then where it is large. */
export function* writeSteps(
  codec: Codec,
  chunks: ByteChunks,
  value: NonNullable<Value>,
  settings: FormatSettings,
): Steps {
  if (codec.writeSteps !== undefined && isLarge(value)) {
    yield* codec.writeSteps(chunks, value, settings);
  } else if (typeof value === 'string' && value.length > PIECE_LENGTH) {
    // Types whose values can be so long are characters in binary, too.
    yield* writePieces(chunks, slices(value));
  } else {
    codec.writeBinary(chunks.tail, value, settings);
    chunks.cut();
  }
}

export function* writePieces(chunks: ByteChunks, pieces: Pieces): Steps {
  for (const piece of pieces) {
    chunks.utf8(piece);
    yield;
  }
}

/** A text in pieces that end between characters; the empty text is one piece. */
export function* slices(text: string): Pieces {
  let start = 0;
  do {
    let end = start + PIECE_LENGTH;
    if (isHighSurrogate(text.charCodeAt(end - 1))) end++;
    yield text.slice(start, end);
    start = end;
  } while (start < text.length);
}

function isHighSurrogate(code: number): boolean {
  return (code & 0xfc00) === 0xd800;
}

/** When and how a text is quoted. */
export interface Quoting {
  readonly quote: string;
  /** True where something in a piece calls for quotes. */
  needsQuotes(piece: string): boolean;
  /** Whole texts that must not stand without quotes. */
  readonly taken?: readonly string[];
  escape(piece: string): string;
}

/** Pieces with quotes around them and escapes in them, where one of them calls for it. */
export function* quotedPieces(
  pieces: Pieces,
  { quote, needsQuotes, taken = [], escape }: Quoting,
): Pieces {
  const kept: string[] = [];
  let needs = false;
  let length = 0;
  for (const piece of pieces) {
    kept.push(piece);
    needs ||= needsQuotes(piece);
    length += piece.length;
    yield '';
  }
  for (const text of taken) if (text.length === length) needs ||= kept.join('') === text;
  if (needs) yield quote;
  for (const piece of kept) yield needs ? escape(piece) : piece;
  if (needs) yield quote;
}
