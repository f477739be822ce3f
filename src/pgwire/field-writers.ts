/**
 * Writers of single fields: for each column of a batch one is chosen by type, representation and format.
 * What has no writer of its own goes through the type's codec.
 */
import { ByteWriter } from '../base/byte-writer.ts';
import type { FormatCode } from '../engine/session.ts';
import type { FormatSettings } from '../types/codec.ts';
import { codecFor } from '../types/codecs.ts';
import { requireZone } from '../types/datetime/timezone.ts';
import { formatFloat4, formatFloat8 } from '../types/float-text.ts';
import { isLarge } from '../types/large-value.ts';
import { OID, type Oid } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import { INTEGERS, PLAIN_TEXT } from '../vector/output/column-plan.ts';
import { valueAt, type F64Vector, type TextVector, type Vector } from '../vector/vector.ts';
import {
  putBytes,
  putFloat32,
  putFloat64,
  putInt16,
  putInt32,
  putInt64,
  putIntegerText,
  putText,
  putTwoWords,
} from './field-bytes.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { TimestampWriter } from './timestamp-writer.ts';

/** Writes the field of one row, its length word included. The row is not NULL there. */
type FieldWriter = (row: number) => void;

export interface ColumnWriter {
  readonly nulls: Uint8Array | undefined;
  readonly put: FieldWriter;
  /** Whether the row's field should be written in pieces; undefined where none is. */
  readonly isLargeAt: ((row: number) => boolean) | undefined;
}

/** Numbers below these print without an exponent. */
const FIXED_FLOAT8_BELOW = 1e15;
const FIXED_FLOAT4_BELOW = 1e6;

export class FieldWriters {
  readonly #out: OutputBuffer;
  readonly #scratch = new ByteWriter(64);
  /** By column, kept from batch to batch of one statement. */
  readonly #timestamps: (TimestampWriter | undefined)[] = [];

  constructor(out: OutputBuffer) {
    this.#out = out;
  }

  /** `index`: the column's position, under which its state is kept. */
  column(
    index: number,
    vector: Vector,
    oid: Oid,
    format: FormatCode,
    settings: FormatSettings,
  ): ColumnWriter {
    const put =
      (format === 0
        ? this.#textWriter(index, vector, oid, settings)
        : this.#binaryWriter(vector, oid)) ?? this.#codecWriter(vector, oid, format, settings);
    const mayBeLarge = vector.rep === 'text' || vector.rep === 'any';
    const isLargeAt = (row: number): boolean => isLarge(valueAt(vector, row));
    return { nulls: vector.nulls, put, isLargeAt: mayBeLarge ? isLargeAt : undefined };
  }

  #textWriter(
    index: number,
    vector: Vector,
    oid: Oid,
    settings: FormatSettings,
  ): FieldWriter | undefined {
    const out = this.#out;
    switch (vector.rep) {
      case 'text':
        return PLAIN_TEXT.has(oid) || oid === OID.uuid ? this.#stringWriter(vector) : undefined;
      case 'bool': {
        const { data } = vector;
        return (row) => {
          out.ensure(5);
          out.view.setInt32(out.length, 1);
          out.bytes[out.length + 4] = data[row] === 1 ? 116 : 102;
          out.length += 5;
        };
      }
      case 'f64':
        return this.#numberTextWriter(index, vector, oid, settings);
      case 'any':
        return undefined;
    }
  }

  #numberTextWriter(
    index: number,
    { data }: F64Vector,
    oid: Oid,
    settings: FormatSettings,
  ): FieldWriter | undefined {
    const out = this.#out;
    if (INTEGERS.has(oid)) return (row) => putIntegerText(out, data[row] as number);
    if (oid === OID.float8) return float8TextWriter(out, data, settings.extraFloatDigits);
    if (oid === OID.float4) return float4TextWriter(out, data, settings.extraFloatDigits);
    if (settings.dateStyle !== 'ISO') return undefined;
    if (oid !== OID.timestamp && oid !== OID.timestamptz && oid !== OID.date) return undefined;
    const writer = (this.#timestamps[index] ??= new TimestampWriter());
    const codec = codecFor(oid);
    const general = (value: number): void => putText(out, codec.formatText(value, settings));
    if (oid === OID.date) {
      return (row) => {
        const day = data[row] as number;
        if (!writer.putDate(out, day)) general(day);
      };
    }
    const zone = oid === OID.timestamptz ? requireZone(settings.timeZone) : undefined;
    return (row) => {
      const micros = data[row] as number;
      if (!writer.putTimestamp(out, micros, zone)) general(micros);
    };
  }

  #binaryWriter(vector: Vector, oid: Oid): FieldWriter | undefined {
    const out = this.#out;
    if (vector.rep === 'text') {
      return PLAIN_TEXT.has(oid) ? this.#stringWriter(vector) : undefined;
    }
    if (vector.rep === 'bool') {
      const { data } = vector;
      return (row) => {
        out.ensure(5);
        out.view.setInt32(out.length, 1);
        out.bytes[out.length + 4] = data[row] as number;
        out.length += 5;
      };
    }
    return vector.rep === 'f64' ? numberBinaryWriter(out, vector.data, oid) : undefined;
  }

  #stringWriter({ codes, dictionary }: TextVector): FieldWriter {
    const out = this.#out;
    return (row) => putText(out, dictionary.at(codes[row] as number));
  }

  #codecWriter(
    vector: Vector,
    oid: Oid,
    format: FormatCode,
    settings: FormatSettings,
  ): FieldWriter {
    const out = this.#out;
    const codec = codecFor(oid);
    if (format === 0) {
      return (row) =>
        putText(out, codec.formatText(valueAt(vector, row) as NonNullable<Value>, settings));
    }
    const scratch = this.#scratch;
    return (row) => {
      scratch.reset();
      codec.writeBinary(scratch, valueAt(vector, row) as NonNullable<Value>, settings);
      putBytes(out, scratch.view());
    };
  }
}

function float8TextWriter(
  out: OutputBuffer,
  data: Float64Array,
  extraFloatDigits: number,
): FieldWriter {
  const shortest = extraFloatDigits > 0;
  return (row) => {
    const value = data[row] as number;
    const size = Math.abs(value);
    if (shortest && size < FIXED_FLOAT8_BELOW) {
      if (Number.isInteger(value) && !Object.is(value, -0)) {
        putIntegerText(out, value);
        return;
      }
      // In this range JavaScript prints the same shortest digits, and no exponent either.
      if (size >= 1e-4) {
        putText(out, String(value));
        return;
      }
    }
    putText(out, formatFloat8(value, extraFloatDigits));
  };
}

function float4TextWriter(
  out: OutputBuffer,
  data: Float64Array,
  extraFloatDigits: number,
): FieldWriter {
  const shortest = extraFloatDigits > 0;
  return (row) => {
    const value = data[row] as number;
    if (
      shortest &&
      Number.isInteger(value) &&
      Math.abs(value) < FIXED_FLOAT4_BELOW &&
      !Object.is(value, -0)
    ) {
      putIntegerText(out, value);
    } else {
      putText(out, formatFloat4(value, extraFloatDigits));
    }
  };
}

function numberBinaryWriter(
  out: OutputBuffer,
  data: Float64Array,
  oid: Oid,
): FieldWriter | undefined {
  switch (oid) {
    case OID.int2:
      return (row) => putInt16(out, data[row] as number);
    case OID.int4:
    case OID.oid:
    case OID.xid:
    case OID.cid:
      return (row) => putInt32(out, data[row] as number);
    case OID.int8:
    case OID.time:
      return (row) => putInt64(out, data[row] as number);
    case OID.timestamp:
    case OID.timestamptz:
      return (row) => putTimestampBinary(out, data[row] as number);
    case OID.float8:
      return (row) => putFloat64(out, data[row] as number);
    case OID.float4:
      return (row) => putFloat32(out, data[row] as number);
    default:
      return undefined;
  }
}

function putTimestampBinary(out: OutputBuffer, micros: number): void {
  if (Number.isFinite(micros)) putInt64(out, micros);
  else if (micros > 0) putTwoWords(out, 0x7fff_ffff, 0xffff_ffff);
  else putTwoWords(out, -0x8000_0000, 0);
}
