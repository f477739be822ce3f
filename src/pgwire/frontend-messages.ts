/** Reads the payloads of the extended protocol's messages. */
import { ByteRangeError, ByteReader } from '../base/byte-reader.ts';
import { dbError, type DbError } from '../errors/db-error.ts';
import type { FormatCode, ParameterInput } from '../engine/session.ts';
import type { Oid } from '../types/type.ts';
import { invalidUtf8 } from '../types/text.ts';

export interface ParseMessage {
  readonly name: string;
  readonly sql: string;
  readonly parameterTypes: readonly Oid[];
}

export interface BindMessage {
  readonly portal: string;
  readonly statement: string;
  readonly parameters: readonly ParameterInput[];
  readonly resultFormats: readonly FormatCode[];
}

/** Describe and Close. */
export interface TargetMessage {
  readonly kind: 'statement' | 'portal';
  readonly name: string;
}

export interface ExecuteMessage {
  readonly portal: string;
  readonly maxRows: number;
}

export function readQuery(payload: Uint8Array): string {
  return readMessage(payload, readString);
}

export function readParse(payload: Uint8Array): ParseMessage {
  return readMessage(payload, (reader) => {
    const name = readString(reader);
    const sql = readString(reader);
    const parameterTypes: Oid[] = [];
    for (let left = reader.i16(); left > 0; left--) parameterTypes.push(reader.u32());
    return { name, sql, parameterTypes };
  });
}

export function readBind(payload: Uint8Array): BindMessage {
  return readMessage(payload, (reader) => {
    const portal = readString(reader);
    const statement = readString(reader);
    const formats = readFormats(reader);
    const count = reader.u16();
    if (formats.length > 1 && formats.length !== count) {
      throw dbError('protocol_violation', {
        message: `bind message has ${formats.length} parameter formats but ${count} parameters`,
      });
    }
    const parameters: ParameterInput[] = [];
    for (let i = 0; i < count; i++) {
      const format = formats.length > 1 ? formats[i] : formats[0];
      parameters.push({ format: format ?? 0, bytes: readValue(reader) });
    }
    return { portal, statement, parameters, resultFormats: readFormats(reader) };
  });
}

export function readTarget(payload: Uint8Array, message: 'DESCRIBE' | 'CLOSE'): TargetMessage {
  return readMessage(payload, (reader) => {
    const letter = reader.u8();
    const name = readString(reader);
    if (letter === 0x53) return { kind: 'statement', name };
    if (letter === 0x50) return { kind: 'portal', name };
    throw dbError('protocol_violation', {
      message: `invalid ${message} message subtype ${letter}`,
    });
  });
}

export function readExecute(payload: Uint8Array): ExecuteMessage {
  return readMessage(payload, (reader) => {
    const portal = readString(reader);
    // A negative limit means no limit, as in PostgreSQL.
    return { portal, maxRows: Math.max(0, reader.i32()) };
  });
}

/** Reads a payload to its last byte; anything else breaks the protocol. */
export function readMessage<T>(payload: Uint8Array, read: (reader: ByteReader) => T): T {
  const reader = new ByteReader(payload);
  try {
    const message = read(reader);
    if (reader.remaining === 0) return message;
  } catch (error) {
    if (!(error instanceof ByteRangeError)) throw error;
    throw insufficientData();
  }
  throw dbError('protocol_violation', 'invalid message format');
}

function readString(reader: ByteReader): string {
  const zero = reader.bytes.indexOf(0, reader.offset);
  if (zero < 0) throw dbError('protocol_violation', 'invalid string in message');
  const { offset } = reader;
  try {
    return reader.cstring();
  } catch (error) {
    if (error instanceof ByteRangeError) throw error;
    throw invalidUtf8(reader.bytes.subarray(offset, zero));
  }
}

function readValue(reader: ByteReader): Uint8Array | null {
  const length = reader.i32();
  if (length === -1) return null;
  if (length < -1) throw insufficientData();
  return reader.take(length);
}

function readFormats(reader: ByteReader): FormatCode[] {
  const formats: FormatCode[] = [];
  for (let left = reader.u16(); left > 0; left--) {
    const format = reader.i16();
    if (format !== 0 && format !== 1) {
      throw dbError('invalid_parameter_value', { message: `unsupported format code: ${format}` });
    }
    formats.push(format);
  }
  return formats;
}

function insufficientData(): DbError {
  return dbError('protocol_violation', 'insufficient data left in message');
}
