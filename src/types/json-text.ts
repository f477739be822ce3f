/** JSON text: validation for json, parsing for jsonb, and printing as PostgreSQL prints jsonb. */
import type { ByteReader } from '../base/byte-reader.ts';
import { LongText } from '../base/long-text.ts';
import { finishNow, type Stepped } from '../base/steps.ts';
import { DbError, dbError } from '../errors/db-error.ts';
import type { Codec, Pieces } from './codec.ts';
import { checkJsonSteps } from './json-fault.ts';
import { JsonLexer, readScalarToken } from './json-lexer.ts';
import { parseJson, parseJsonSteps } from './json-reader.ts';
import { isJsonArray, isJsonNumber, type JsonNode } from './json-node.ts';
import { Jsonb } from './jsonb.ts';
import { quoteJson } from './json-quote.ts';
import { isLargeNode, PIECE_LENGTH, slices, writePieces } from './large-value.ts';
import { formatNumeric } from './numeric.ts';
import { Parts } from './parts.ts';
import { readText } from './text.ts';

/** Checks that a text is JSON; throws PostgreSQL's error where it is not. */
export function validateJson(text: string): void {
  try {
    // The engine's parser accepts exactly the same texts and is faster.
    JSON.parse(text);
    return;
  } catch {
    finishNow(checkJsonSteps(text, false));
  }
}

/** Characters that the engine's parser reads in a millisecond or two. */
const QUICK_TEXT = 128 * 1024;

/** The same, with a yield at least every few milliseconds. */
export function* validateJsonSteps(text: string): Stepped<void> {
  if (text.length > QUICK_TEXT) yield* checkJsonSteps(text, false);
  else validateJson(text);
}

/** Prints a node as jsonb's output does: `{"a": 1, "b": [1, 2]}`. */
export function formatJson(node: JsonNode): string {
  if (node === null) return 'null';
  if (typeof node === 'boolean') return node ? 'true' : 'false';
  if (typeof node === 'string') return quoteJson(node);
  if (isJsonArray(node)) return `[${node.map(formatJson).join(', ')}]`;
  if (isJsonNumber(node)) return formatNumeric(node);
  const members: string[] = [];
  for (const [key, value] of node as ReadonlyMap<string, JsonNode>) {
    members.push(`${quoteJson(key)}: ${formatJson(value)}`);
  }
  return `{${members.join(', ')}}`;
}

/** The text of a document. */
export function formatJsonb(document: Jsonb): string {
  return document.text ?? formatJson(document.root);
}

/** The same in pieces. */
export function jsonbPieces(document: Jsonb): Pieces {
  if (document.text !== undefined) return slices(document.text);
  const { node } = document;
  return node instanceof Parts ? itemPieces('[', ']', node, bareItem) : jsonPieces(node);
}

const bareItem = (item: JsonNode): readonly [string, JsonNode] => ['', item];

function* jsonPieces(node: JsonNode): Pieces {
  if (!isLargeNode(node)) yield formatJson(node);
  else if (typeof node === 'string') yield* quotedJsonPieces(node);
  else if (isJsonArray(node)) yield* itemPieces('[', ']', node, bareItem);
  else {
    const members = node as ReadonlyMap<string, JsonNode>;
    yield* itemPieces('{', '}', members, ([key, item]) => [`${quoteJson(key)}: `, item]);
  }
}

/** A string literal in pieces. */
export function* quotedJsonPieces(text: string): Pieces {
  yield '"';
  for (const slice of slices(text)) yield quoteJson(slice).slice(1, -1);
  yield '"';
}

/** Items of an array, members of an object. */
function* itemPieces<T>(
  open: string,
  close: string,
  items: Iterable<T>,
  read: (item: T) => readonly [string, JsonNode],
): Pieces {
  let text = open;
  let separator = '';
  for (const item of items) {
    const [label, node] = read(item);
    text += separator + label;
    separator = ', ';
    if (isLargeNode(node)) {
      yield text;
      text = '';
      yield* jsonPieces(node);
    } else text += formatJson(node);
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = '';
  }
  yield text + close;
}

/** The text of a document, with a yield at least every few milliseconds. */
export function* formatJsonbSteps(document: Jsonb): Stepped<string> {
  return document.text ?? (yield* joinSteps(jsonbPieces(document)));
}

function* joinSteps(pieces: Pieces): Stepped<string> {
  const text = new LongText();
  for (const piece of pieces) {
    text.add(piece);
    yield;
  }
  return text.toString();
}

/** jsonb_pretty: four blanks a level. */
export function prettyJson(node: JsonNode, indent = ''): string {
  if (node === null || typeof node !== 'object' || isJsonNumber(node)) return formatJson(node);
  const inner = `${indent}    `;
  const lines: string[] = [];
  if (isJsonArray(node)) {
    for (const item of node) lines.push(inner + prettyJson(item, inner));
    return `[${joinLines(lines)}\n${indent}]`;
  }
  for (const [key, value] of node as ReadonlyMap<string, JsonNode>) {
    lines.push(`${inner}${quoteJson(key)}: ${prettyJson(value, inner)}`);
  }
  return `{${joinLines(lines)}\n${indent}}`;
}

/** The same in pieces. */
export function* prettyPieces(node: JsonNode, indent = ''): Pieces {
  if (!isLargeNode(node)) {
    yield prettyJson(node, indent);
    return;
  }
  if (typeof node !== 'object') return yield* jsonPieces(node);
  const inner = `${indent}    `;
  const isArray = isJsonArray(node);
  let text = isArray ? '[' : '{';
  let separator = '\n';
  const members = isArray ? node : (node as ReadonlyMap<string, JsonNode>);
  for (const member of members) {
    const [key, item] = isArray
      ? ['', member as JsonNode]
      : (member as readonly [string, JsonNode]);
    text += separator + inner + (isArray ? '' : `${quoteJson(key)}: `);
    separator = ',\n';
    if (isLargeNode(item)) {
      yield text;
      text = '';
      yield* prettyPieces(item, inner);
    } else text += prettyJson(item, inner);
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = '';
  }
  yield `${text}\n${indent}${isArray ? ']' : '}'}`;
}

export function* prettyJsonSteps(node: JsonNode): Stepped<string> {
  return yield* joinSteps(prettyPieces(node));
}

function joinLines(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${lines.join(',\n')}`;
}

export const jsonCodec: Codec = {
  parseText(text) {
    validateJson(text);
    return text;
  },
  *parseSteps(text) {
    yield* validateJsonSteps(text);
    return text;
  },
  formatText: (value) => value as string,
  readBinary(reader, length) {
    const text = readText(reader, length);
    validateJson(text);
    return text;
  },
  writeBinary: (writer, value) => void writer.utf8(value as string),
};

export const jsonbCodec: Codec = {
  parseText: (text) => new Jsonb(parseJson(text)),
  *parseSteps(text) {
    return new Jsonb(yield* parseJsonSteps(text));
  },
  formatText: (value) => formatJsonb(value as Jsonb),
  readBinary(reader, length) {
    readVersion(reader);
    return new Jsonb(parseJson(readText(reader, length - 1)));
  },
  *readSteps(reader, length) {
    readVersion(reader);
    return new Jsonb(yield* parseJsonSteps(readText(reader, length - 1)));
  },
  *prepareSteps(value) {
    const document = value as Jsonb;
    if (document.text === undefined) document.keepText(yield* formatJsonbSteps(document));
  },
  readStored(reader, length) {
    readVersion(reader);
    return Jsonb.ofText(reader.utf8(length - 1));
  },
  writeBinary(writer, value) {
    writer.u8(1);
    writer.utf8(formatJsonb(value as Jsonb));
  },
  textPieces: (value) => jsonbPieces(value as Jsonb),
  writeSteps(chunks, value) {
    chunks.tail.u8(1);
    return writePieces(chunks, jsonbPieces(value as Jsonb));
  },
};

function readVersion(reader: ByteReader): void {
  const version = reader.u8();
  if (version === 1) return;
  throw dbError('internal_error', `unsupported jsonb version number ${version}`);
}

/** A value of a json text by position: a part of the text, so that it keeps its spelling. */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  /** Elements of an array. */
  readonly items?: readonly JsonSpan[];
  /** Members of an object in their order, duplicates included. */
  readonly members?: readonly (readonly [string, JsonSpan])[];
  /** Decoded value of a string. */
  readonly text?: string;
}

/** Parses JSON text into positions. */
export function parseJsonSpans(text: string): JsonSpan {
  return parseDocument(new JsonLexer(text, true), readSpan);
}

/** What ->> gives: a string's value, null for JSON null, else the text as written. */
export function spanText(source: string, span: JsonSpan): string | null {
  if (span.kind === 'null') return null;
  return span.kind === 'string' ? (span.text as string) : source.slice(span.start, span.end);
}

function parseDocument<T>(lexer: JsonLexer, read: (lexer: JsonLexer) => T): T {
  const value = read(lexer);
  if (lexer.token !== 'end') throw lexer.unexpected('end of input');
  return value;
}

function readSpan(lexer: JsonLexer): JsonSpan {
  const { start, token, end, value } = lexer;
  switch (token) {
    case '{': {
      const members: [string, JsonSpan][] = [];
      const last = { end };
      readMembers(lexer, (key) => void members.push([key, readSpan(lexer)]), last);
      return { start, end: last.end, kind: 'object', members };
    }
    case '[': {
      const items: JsonSpan[] = [];
      const last = { end };
      readItems(lexer, () => void items.push(readSpan(lexer)), last);
      return { start, end: last.end, kind: 'array', items };
    }
    default:
      readScalarToken(lexer);
      if (token === 'string') return { start, end, kind: 'string', text: value };
      if (token === 'number' || token === 'null') return { start, end, kind: token };
      return { start, end, kind: 'boolean' };
  }
}

/** Reads an object's members; `last` receives where its closing brace ends. */
function readMembers(
  lexer: JsonLexer,
  readMember: (key: string) => void,
  last?: { end: number },
): void {
  lexer.enter();
  if (lexer.is('string')) {
    for (;;) {
      const key = lexer.value;
      lexer.next();
      if (!lexer.is(':')) throw lexer.unexpected('":"');
      lexer.next();
      readMember(key);
      if (!lexer.is(',')) break;
      lexer.next();
      if (!lexer.is('string')) throw lexer.unexpected('string');
    }
    if (!lexer.is('}')) throw lexer.unexpected('"," or "}"');
  } else if (!lexer.is('}')) throw lexer.unexpected('string or "}"');
  if (last !== undefined) last.end = lexer.end;
  lexer.leave();
}

function readItems(lexer: JsonLexer, readItem: () => void, last?: { end: number }): void {
  lexer.enter();
  if (!lexer.is(']')) {
    for (;;) {
      readItem();
      if (!lexer.is(',')) break;
      lexer.next();
    }
    if (!lexer.is(']')) throw lexer.unexpected('"," or "]"');
  }
  if (last !== undefined) last.end = lexer.end;
  lexer.leave();
}

/** True where the text is JSON. */
export function isJson(text: string): boolean {
  try {
    validateJson(text);
    return true;
  } catch (error) {
    if (error instanceof DbError) return false;
    throw error;
  }
}
