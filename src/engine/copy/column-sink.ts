/**
 * Columns filled straight from bytes during COPY: numbers and timestamps are parsed in place, texts go
 * through a dictionary of byte strings. No string or object is made per field on the usual paths.
 */
import { parseIsoTimestampBytes } from '../../types/datetime/iso-fast-path.ts';
import { requireZone, type TimeZone } from '../../types/datetime/timezone.ts';
import { codecFor } from '../../types/codecs.ts';
import type { Codec, FormatSettings } from '../../types/codec.ts';
import { OID, vectorRep, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { Vector } from '../../vector/vector.ts';
import { ByteDictionary } from './byte-dictionary.ts';

const INTEGER_LIMITS = new Map<number, number>([
  [OID.int2, 32767],
  [OID.int4, 2147483647],
  [OID.int8, Number.MAX_SAFE_INTEGER],
  [OID.oid, 4294967295],
]);

/** Powers of ten that doubles hold exactly: decimals within them are parsed without rounding error. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Rows that a first batch has room for: most loads are small. */
export const FIRST_CAPACITY = 256;

type Kind = 'integer' | 'float' | 'timestamp' | 'text' | 'value';

/** One column of the batch being read. Rows are set in order, each exactly once. */
export class ColumnSink {
  readonly name: string;
  readonly type: SqlType;
  readonly #kind: Kind;
  readonly #codec: Codec;
  readonly #settings: FormatSettings;
  readonly #limit: number;
  #capacity: number;
  /** Session zone for timestamptz, undefined for timestamp. */
  readonly #zone: TimeZone | undefined;
  #numbers: Float64Array | undefined;
  #codes: Int32Array | undefined;
  #dictionary: ByteDictionary | undefined;
  #values: Value[] | undefined;
  #nulls: Uint8Array | undefined;
  /** The last timestamp's bytes and value: rows of one scrape share it. */
  #memo = new Uint8Array(40);
  #memoLength = -1;
  #memoValue = 0;

  /** `dictionary` may come from an earlier load of the column, whose texts are known to storage then. */
  constructor(
    name: string,
    type: SqlType,
    capacity: number,
    settings: FormatSettings,
    dictionary: ByteDictionary | undefined,
  ) {
    this.name = name;
    this.type = type;
    this.#kind = kindOf(type, settings);
    this.#codec = codecFor(type.oid);
    this.#settings = settings;
    this.#capacity = capacity;
    this.#limit = INTEGER_LIMITS.get(type.oid) ?? 0;
    this.#zone = type.oid === OID.timestamptz ? requireZone(settings.timeZone) : undefined;
    if (this.#kind === 'text') this.#dictionary = dictionary ?? new ByteDictionary();
  }

  /** Begins a new batch with fresh memory. */
  start(): void {
    this.#nulls = undefined;
    this.#values = undefined;
    this.#codes = undefined;
    this.#numbers = undefined;
    if (this.#kind === 'value') this.#values = [];
    else if (this.#kind === 'text') this.#codes = new Int32Array(this.#capacity);
    else this.#numbers = new Float64Array(this.#capacity);
    if (this.#dictionary?.isLarge === true) this.#dictionary = new ByteDictionary();
  }

  /** The texts so far, for the next load of the column. */
  get dictionary(): ByteDictionary | undefined {
    return this.#dictionary;
  }

  /** Makes room for rows below `rows`; later batches begin with it. */
  reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    const before = this.#capacity;
    this.#capacity = rows;
    if (this.#numbers !== undefined) this.#numbers = grown(new Float64Array(rows), this.#numbers);
    if (this.#codes !== undefined) this.#codes = grown(new Int32Array(rows), this.#codes);
    if (this.#nulls !== undefined && this.#nulls.length <= before) {
      this.#nulls = grown(new Uint8Array(rows), this.#nulls);
    }
  }

  setNull(row: number): void {
    this.#nulls ??= new Uint8Array(this.#capacity);
    this.#nulls[row] = 1;
    if (this.#values !== undefined) this.#values[row] = null;
    if (this.#codes !== undefined) this.#codes[row] = this.#dictionary?.code(EMPTY, 0, 0) as number;
  }

  /** The field in bytes start..end-1, which holds no escapes. */
  setBytes(row: number, bytes: Uint8Array, start: number, end: number): void {
    switch (this.#kind) {
      case 'integer':
        return this.#setInteger(row, bytes, start, end);
      case 'float':
        return this.#setFloat(row, bytes, start, end);
      case 'timestamp':
        return this.#setTimestamp(row, bytes, start, end);
      case 'text':
        (this.#codes as Int32Array)[row] = (this.#dictionary as ByteDictionary).code(
          bytes,
          start,
          end,
        );
        return;
      case 'value':
        return this.setText(row, DECODER.decode(bytes.subarray(start, end)));
    }
  }

  /** The general way: the type's own input function. */
  setText(row: number, text: string): void {
    this.setValue(row, this.#codec.parseText(text, this.type.typmod, this.#settings));
  }

  setValue(row: number, value: Value): void {
    if (value === null) return this.setNull(row);
    if (this.#values !== undefined) {
      this.#values[row] = value;
    } else if (this.#codes !== undefined) {
      const bytes = ENCODER.encode(value as string);
      this.#codes[row] = (this.#dictionary as ByteDictionary).code(bytes, 0, bytes.length);
    } else if (typeof value === 'bigint') {
      this.#widen(row);
      (this.#values as unknown as Value[])[row] = value;
    } else {
      (this.#numbers as Float64Array)[row] = value === true ? 1 : (value as number);
    }
  }

  /** Reads a binary field of `length` bytes. */
  get codec(): Codec {
    return this.#codec;
  }

  /** The batch's vector over rows 0..length-1. */
  finish(length: number): Vector {
    const { type } = this;
    const nulls = this.#nulls?.subarray(0, length);
    if (this.#values !== undefined) {
      return { rep: 'any', type, length, data: this.#values.slice(0, length), nulls };
    }
    if (this.#codes !== undefined) {
      const dictionary = (this.#dictionary as ByteDictionary).strings();
      return {
        rep: 'text',
        type,
        length,
        codes: this.#codes.subarray(0, length),
        dictionary,
        nulls,
      };
    }
    const numbers = (this.#numbers as Float64Array).subarray(0, length);
    if (vectorRep(type.oid) === 'bool') {
      return { rep: 'bool', type, length, data: Uint8Array.from(numbers), nulls };
    }
    return { rep: 'f64', type, length, data: numbers, nulls };
  }

  #setInteger(row: number, bytes: Uint8Array, start: number, end: number): void {
    let i = start;
    const negative = bytes[i] === 0x2d;
    if (negative) i++;
    const digits = end - i;
    if (digits > 0 && digits <= 15) {
      let number = 0;
      for (; i < end; i++) {
        const digit = (bytes[i] as number) - 0x30;
        if (digit < 0 || digit > 9) return this.#setSlow(row, bytes, start, end);
        number = number * 10 + digit;
      }
      if (number <= this.#limit && this.#numbers !== undefined) {
        this.#numbers[row] = negative && number !== 0 ? -number : number;
        return;
      }
    }
    this.#setSlow(row, bytes, start, end);
  }

  #setFloat(row: number, bytes: Uint8Array, start: number, end: number): void {
    let i = start;
    const negative = bytes[i] === 0x2d;
    if (negative) i++;
    let mantissa = 0;
    let digits = 0;
    let fraction = -1;
    for (; i < end; i++) {
      const byte = bytes[i] as number;
      const digit = byte - 0x30;
      if (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit;
        digits++;
        if (fraction >= 0) fraction++;
      } else if (byte === 0x2e && fraction < 0) fraction = 0;
      else return this.#setSlow(row, bytes, start, end);
    }
    if (digits === 0 || digits > 15) return this.#setSlow(row, bytes, start, end);
    const magnitude = fraction > 0 ? mantissa / (POWERS_OF_TEN[fraction] as number) : mantissa;
    (this.#numbers as Float64Array)[row] = negative ? -magnitude : magnitude;
  }

  #setTimestamp(row: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length === this.#memoLength) {
      let i = 0;
      while (i < length && this.#memo[i] === bytes[start + i]) i++;
      if (i === length && this.#numbers !== undefined) {
        this.#numbers[row] = this.#memoValue;
        return;
      }
    }
    const micros = parseIsoTimestampBytes(bytes, start, end, this.#zone);
    if (Number.isNaN(micros) || this.#numbers === undefined || length > this.#memo.length) {
      return this.#setSlow(row, bytes, start, end);
    }
    this.#numbers[row] = micros;
    this.#memo.set(bytes.subarray(start, end));
    this.#memoLength = length;
    this.#memoValue = micros;
  }

  #setSlow(row: number, bytes: Uint8Array, start: number, end: number): void {
    this.setText(row, DECODER.decode(bytes.subarray(start, end)));
  }

  /** An int8 outside the safe range: the batch's column becomes a list of values. */
  #widen(row: number): void {
    const numbers = this.#numbers as Float64Array;
    const values: Value[] = [];
    for (let i = 0; i < row; i++)
      values.push(this.#nulls?.[i] === 1 ? null : (numbers[i] as number));
    this.#values = values;
    this.#numbers = undefined;
  }
}

function grown<T extends Float64Array | Int32Array | Uint8Array>(target: T, source: T): T {
  target.set(source);
  return target;
}

const EMPTY = new Uint8Array(0);
const ENCODER = new TextEncoder();

function kindOf(type: SqlType, settings: FormatSettings): Kind {
  switch (type.oid) {
    case OID.int2:
    case OID.int4:
    case OID.int8:
      return 'integer';
    case OID.float8:
      return 'float';
    case OID.timestamp:
    case OID.timestamptz:
      return settings.dateStyle === 'ISO' && type.typmod === -1 ? 'timestamp' : 'value';
    case OID.text:
      return 'text';
    case OID.varchar:
      return type.typmod === -1 ? 'text' : 'value';
    default:
      return 'value';
  }
}
