/** Row values: `(1,"a b",)` in text; field types, lengths and values in binary. */
import { dbError, type DbError } from '../errors/db-error.ts';
import { readExactly, writeSized, writeSizedSteps } from './array-binary.ts';
import type { ByteChunks } from './byte-chunks.ts';
import { mustCodec } from './codec-registry.ts';
import type { Codec, FormatSettings, Pieces, Steps } from './codec.ts';
import { isSpace } from './float-text.ts';
import { isLarge, quotedPieces, textPieces, type Quoting } from './large-value.ts';
import { PgRecord } from './pg-record.ts';
import type { SqlType } from './type.ts';
import type { Value } from './value.ts';

/** The codec of anonymous records: PostgreSQL can print them and cannot read them. */
export const recordCodec: Codec = {
  parseText: () => {
    throw anonymousInput();
  },
  formatText: (value, settings) => formatRecord(value as PgRecord, settings),
  readBinary: () => {
    throw anonymousInput();
  },
  writeBinary(writer, value, settings) {
    const { types, values } = value as PgRecord;
    writer.i32(values.length);
    for (let i = 0; i < values.length; i++) {
      const { oid } = types[i] as SqlType;
      writer.u32(oid);
      writeSized(writer, mustCodec(oid), values[i] as Value, settings);
    }
  },
  textPieces: (value, settings) => recordPieces(value as PgRecord, settings),
  writeSteps: (chunks, value, settings) => writeRecordSteps(chunks, value as PgRecord, settings),
};

const FIELD_QUOTING: Quoting = { quote: '"', needsQuotes: isSpecial, escape: escapeField };

function* recordPieces(record: PgRecord, settings: FormatSettings): Pieces {
  for (const [i, value] of record.values.entries()) {
    yield i === 0 ? '(' : ',';
    if (value === null) continue;
    const codec = mustCodec((record.types[i] as SqlType).oid);
    if (!isLarge(value)) yield quoteField(codec.formatText(value, settings));
    else yield* quotedPieces(textPieces(codec, value, settings), FIELD_QUOTING);
  }
  yield ')';
}

function* writeRecordSteps(
  chunks: ByteChunks,
  { types, values }: PgRecord,
  settings: FormatSettings,
): Steps {
  chunks.tail.i32(values.length);
  for (const [i, value] of values.entries()) {
    const { oid } = types[i] as SqlType;
    chunks.tail.u32(oid);
    if (value === null) chunks.tail.i32(-1);
    else yield* writeSizedSteps(chunks, mustCodec(oid), value, settings);
  }
}

/** The codec of a named row type with these fields. */
export function rowTypeCodec(types: readonly SqlType[], names: readonly string[]): Codec {
  return {
    ...recordCodec,
    parseText(text, _typmod, settings) {
      const parts = splitRecordText(text);
      if (parts.length < types.length) throw malformed(text, 'Too few columns.');
      if (parts.length > types.length) throw malformed(text, 'Too many columns.');
      const values = parts.map((part, i) => {
        const { oid, typmod } = types[i] as SqlType;
        return part === undefined ? null : mustCodec(oid).parseText(part, typmod, settings);
      });
      return new PgRecord(types, names, values);
    },
    readBinary(reader, _length, _typmod, settings) {
      const count = reader.i32();
      if (count !== types.length) {
        throw dbError('datatype_mismatch', {
          message: `wrong number of columns: ${count}, expected ${types.length}`,
        });
      }
      const values = types.map(({ oid, typmod }, i) => {
        const sent = reader.u32();
        if (sent !== oid) {
          throw dbError('datatype_mismatch', {
            message: `binary data has type ${sent} instead of expected ${oid} in record column ${i + 1}`,
          });
        }
        const length = reader.i32();
        return length === -1 ? null : readExactly(mustCodec(oid), reader, length, typmod, settings);
      });
      return new PgRecord(types, names, values);
    },
  };
}

function formatRecord(record: PgRecord, settings: FormatSettings): string {
  const { values, types } = record;
  let text = '(';
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ',';
    const value = values[i];
    if (value !== null) text += quoteField(mustCodec(types[i].oid).formatText(value, settings));
  }
  return `${text})`;
}

function quoteField(text: string): string {
  return text !== '' && !isSpecial(text) ? text : `"${escapeField(text)}"`;
}

function isSpecial(text: string): boolean {
  // White space as C's isspace knows it; others need no quotes.
  return /[\t-\r "\\(),]/.test(text);
}

function escapeField(text: string): string {
  return /["\\]/.test(text) ? text.replace(/["\\]/g, '$&$&') : text;
}

/** The fields' texts of a row literal; an empty field is NULL. */
export function splitRecordText(text: string): (string | undefined)[] {
  let at = skipSpace(text, 0);
  if (text[at] !== '(') throw malformed(text, 'Missing left parenthesis.');
  at++;
  const parts: (string | undefined)[] = [];
  if (text[at] === ')') {
    at++;
  } else {
    for (;;) {
      const field = readField(text, at);
      parts.push(field.value);
      at = field.end + 1;
      if (text[field.end] === ')') break;
    }
  }
  if (skipSpace(text, at) < text.length) throw malformed(text, 'Junk after right parenthesis.');
  return parts;
}

/** Reads up to the unquoted comma or parenthesis that ends a field. */
function readField(text: string, start: number): { value: string | undefined; end: number } {
  if (text[start] === ',' || text[start] === ')') return { value: undefined, end: start };
  let value = '';
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at] as string;
    if (!quoted && (character === ',' || character === ')')) return { value, end: at };
    if (character === '\\') {
      at++;
      if (at < text.length) value += text[at];
    } else if (character === '"') {
      if (quoted && text[at + 1] === '"') {
        value += '"';
        at++;
      } else quoted = !quoted;
    } else value += character;
  }
  throw malformed(text, 'Unexpected end of input.');
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

function malformed(text: string, detail: string): DbError {
  return dbError('invalid_text_representation', {
    message: `malformed record literal: "${text}"`,
    detail,
  });
}

function anonymousInput(): DbError {
  return dbError('feature_not_supported', 'input of anonymous composite types is not implemented');
}
