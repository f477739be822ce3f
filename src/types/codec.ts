/**
 * Values to and from PostgreSQL's external forms. The registry below is filled by one module per type
 * family; arrays and records are composed from their elements' codecs.
 */
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import type { Stepped } from '../base/steps.ts';
import type { ByteChunks } from './byte-chunks.ts';
import type { Oid } from './type.ts';
import type { Value } from './value.ts';

/** The session settings that change how values are read and printed. */
export interface FormatSettings {
  /** IANA name or POSIX-style offset, already validated. */
  readonly timeZone: string;
  readonly dateStyle: 'ISO' | 'SQL' | 'POSTGRES' | 'GERMAN';
  readonly dateOrder: 'MDY' | 'DMY' | 'YMD';
  readonly intervalStyle: 'postgres' | 'postgres_verbose' | 'sql_standard' | 'iso_8601';
  readonly byteaOutput: 'hex' | 'escape';
  readonly extraFloatDigits: number;
  /** Current time for 'now', 'today' and so on: the transaction's start, Int64 micros since 2000. */
  readonly nowMicros: number;
  /** Names for reg* types; answers undefined for an unknown name or OID. */
  readonly names?: RegNames;
}

/** Resolves the reg* types' names; implemented by the session over its catalog snapshot. */
export interface RegNames {
  /** `path`: schemas to search for a bare name instead of the session's. */
  toOid(kind: RegKind, name: string, path?: readonly Oid[]): Oid | undefined;
  toName(kind: RegKind, oid: Oid): string | undefined;
}

export type RegKind =
  | 'class'
  | 'type'
  | 'proc'
  | 'procedure'
  | 'oper'
  | 'operator'
  | 'namespace'
  | 'role'
  | 'collation';

/** A text in pieces, some of which may be empty. */
export type Pieces = Generator<string, void, void>;

/** Work that yields at least once in some milliseconds. */
export type Steps = Stepped<void>;

/** Text and binary, in and out, for one type. Input errors are DbErrors with PostgreSQL's wording. */
export interface Codec {
  /** Parses text; `typmod` is applied (length, precision) as an assignment from a literal would. */
  parseText(text: string, typmod: number, settings: FormatSettings): Value;
  /** What `parseText` gives, of a long text. */
  parseSteps?(text: string, typmod: number, settings: FormatSettings): Stepped<Value>;
  formatText(value: NonNullable<Value>, settings: FormatSettings): string;
  /** Reads `length` bytes at the reader's position. */
  readBinary(reader: ByteReader, length: number, typmod: number, settings: FormatSettings): Value;
  /** Reads what `writeBinary` has stored; present where that allows for less work than what a client sends. */
  readStored?(reader: ByteReader, length: number): NonNullable<Value>;
  /** What `readBinary` reads, of a long value. */
  readSteps?(
    reader: ByteReader,
    length: number,
    typmod: number,
    settings: FormatSettings,
  ): Stepped<Value>;
  /** Makes `writeBinary` of a large value quick, for who must not stop while it writes. */
  prepareSteps?(value: NonNullable<Value>): Stepped<void>;
  /** Writes the value without its length word. */
  writeBinary(writer: ByteWriter, value: NonNullable<Value>, settings: FormatSettings): void;
  /** What `formatText` gives, of large values. Types without it have none, or mere characters. */
  textPieces?(value: NonNullable<Value>, settings: FormatSettings): Pieces;
  /** What `writeBinary` writes, of large values. */
  writeSteps?(chunks: ByteChunks, value: NonNullable<Value>, settings: FormatSettings): Steps;
}
