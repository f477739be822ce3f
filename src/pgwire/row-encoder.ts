/**
 * Batches to DataRow messages. For each column of a batch one writer is chosen by type, representation
 * and format; the row loop then only calls writers. What has no writer of its own goes through the
 * type's codec.
 */
import { ByteWriter } from '../base/byte-writer.ts';
import type { FieldDescription, FormatCode } from '../engine/session.ts';
import type { FormatSettings } from '../types/codec.ts';
import { codecFor } from '../types/codecs.ts';
import { requireZone } from '../types/datetime/timezone.ts';
import { formatFloat4, formatFloat8 } from '../types/float-text.ts';
import { OID, type Oid } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import {
  valueAt,
  type Batch,
  type F64Vector,
  type TextVector,
  type Vector,
} from '../vector/vector.ts';
import { formatAt } from './backend-messages.ts';
import { DictionaryBytes } from './dictionary-bytes.ts';
import {
  putBytes,
  putFloat32,
  putFloat64,
  putInt16,
  putInt32,
  putInt64,
  putIntegerText,
  putNull,
  putText,
  putTwoWords,
} from './field-bytes.ts';
import { BACKEND } from './message-types.ts';
import { FLUSH_BYTES, type OutputBuffer } from './output-buffer.ts';
import { TimestampWriter } from './timestamp-writer.ts';

/** Writes the field of one row, its length word included. The row is not NULL there. */
type FieldWriter = (row: number) => void;

interface Column {
  readonly nulls: Uint8Array | undefined;
  readonly put: FieldWriter;
}

/** Types whose text and binary forms are both their characters in UTF-8. */
const PLAIN_TEXT: ReadonlySet<Oid> = new Set<Oid>([
  OID.text,
  OID.varchar,
  OID.bpchar,
  OID.name,
  OID.json,
  OID.unknown,
  OID.cstring,
  OID.xml,
  OID.pgNodeTree,
  OID.refcursor,
  OID.aclitem,
]);

const INTEGERS: ReadonlySet<Oid> = new Set<Oid>([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.oid,
  OID.xid,
  OID.cid,
]);

/** Numbers below this print without an exponent. */
const FIXED_FLOAT8_BELOW = 1e15;
const FIXED_FLOAT4_BELOW = 1e6;

export class RowEncoder {
  readonly #out: OutputBuffer;
  readonly #scratch = new ByteWriter(64);
  /** Caches by column, kept from batch to batch of one statement. */
  #dictionaries: (DictionaryBytes | undefined)[] = [];
  #timestamps: (TimestampWriter | undefined)[] = [];
  /** The batch for which `#columns` was built. */
  #batch: Batch | undefined;
  #columns: readonly Column[] = [];

  constructor(out: OutputBuffer) {
    this.#out = out;
  }

  /** Frees what was kept for the statement that ended. */
  reset(): void {
    if (this.#batch === undefined) return;
    this.#batch = undefined;
    this.#columns = [];
    this.#dictionaries = [];
    this.#timestamps = [];
  }

  /**
   * Encodes rows from `from` on until the batch ends or the buffer is due for a flush; answers the row
   * to go on with.
   */
  encode(
    batch: Batch,
    fields: readonly FieldDescription[],
    formats: readonly FormatCode[],
    settings: FormatSettings,
    from: number,
  ): number {
    // A batch that starts is always new: an operator may use one object again.
    if (from === 0 || batch !== this.#batch) {
      this.#columns = fields.map((field, i) =>
        this.#column(i, batch.columns[i] as Vector, field.type.oid, formatAt(formats, i), settings),
      );
      this.#batch = batch;
    }
    const out = this.#out;
    let row = from;
    let rowStart = out.length;
    try {
      while (row < batch.length && out.length < FLUSH_BYTES) {
        rowStart = out.length;
        this.#row(row);
        row++;
      }
    } catch (error) {
      out.length = rowStart;
      throw error;
    }
    return row;
  }

  #row(row: number): void {
    const out = this.#out;
    const columns = this.#columns;
    out.ensure(7);
    const start = out.length;
    out.bytes[start] = BACKEND.dataRow;
    out.view.setInt16(start + 5, columns.length);
    out.length = start + 7;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column;
      if (column.nulls !== undefined && column.nulls[row] === 1) putNull(out);
      else column.put(row);
    }
    out.view.setInt32(start + 1, out.length - start - 1);
  }

  #column(
    index: number,
    vector: Vector,
    oid: Oid,
    format: FormatCode,
    settings: FormatSettings,
  ): Column {
    const put =
      (format === 0
        ? this.#textWriter(index, vector, oid, settings)
        : this.#binaryWriter(index, vector, oid)) ??
      this.#codecWriter(vector, oid, format, settings);
    return { nulls: vector.nulls, put };
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
        return PLAIN_TEXT.has(oid) || oid === OID.uuid
          ? this.#stringWriter(index, vector)
          : undefined;
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

  #binaryWriter(index: number, vector: Vector, oid: Oid): FieldWriter | undefined {
    const out = this.#out;
    if (vector.rep === 'text') {
      return PLAIN_TEXT.has(oid) ? this.#stringWriter(index, vector) : undefined;
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

  #stringWriter(index: number, vector: TextVector): FieldWriter {
    const out = this.#out;
    const { codes, dictionary } = vector;
    const kept = this.#dictionaries[index];
    // Keeping bytes pays where entries repeat, in this batch or from one batch to the next.
    const cache =
      kept?.dictionary === dictionary
        ? kept
        : dictionary.length * 2 <= vector.length
          ? new DictionaryBytes(dictionary)
          : undefined;
    this.#dictionaries[index] = cache;
    if (cache !== undefined) return (row) => cache.put(out, codes[row] as number);
    return (row) => putText(out, dictionary[codes[row] as number] as string);
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
