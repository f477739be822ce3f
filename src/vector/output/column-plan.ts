/** Chooses how a column is encoded: by a kernel where there is one for its type, else by its codec. */
import { FieldKind } from '../../kernels/output-kernels.ts';
import type { FormatSettings } from '../../types/codec.ts';
import { codecFor } from '../../types/codecs.ts';
import { requireZone } from '../../types/datetime/timezone.ts';
import { isLarge } from '../../types/large-value.ts';
import { OID, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { valueAt, type F64Vector, type TextVector, type Vector } from '../vector.ts';
import {
  BinarySource,
  CodeSource,
  DateSource,
  NumberSource,
  TextSource,
  type ColumnSource,
} from './column-source.ts';
import { QuotientVector } from '../quotient-vector.ts';
import { ByteTextSource } from './byte-text-source.ts';
import { DictionaryEntries } from './dictionary-entries.ts';
import { QuotientSource } from './quotient-source.ts';
import type { Dictionary } from '../dictionary.ts';

/** Types whose text and binary forms are both their characters in UTF-8. */
export const PLAIN_TEXT: ReadonlySet<Oid> = new Set<Oid>([
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

export const INTEGERS: ReadonlySet<Oid> = new Set<Oid>([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.oid,
  OID.xid,
  OID.cid,
]);

/** A dictionary larger than this is not kept as a whole. */
const KEPT_ENTRIES_MAX = 256 * 1024;
/** The same where entries are bytes, which cost little more to copy again than to find. */
const KEPT_BYTES_MAX = 32 * 1024;

/** How one column of a result is sent, the same for all batches of a statement. */
export class ColumnPlan {
  readonly #oid: Oid;
  readonly #isText: boolean;
  /** What is done to a text before it is sent; without it the text goes as it is. */
  readonly #form: ((text: string) => string) | undefined;
  /** False where numbers need that too. */
  readonly #areNumbersPlain: boolean;
  /** Of the batch before. */
  #dictionary: Dictionary | undefined;
  #kept: DictionaryEntries | undefined;

  constructor(oid: Oid, isText: boolean, form?: (text: string) => string, areNumbersPlain = true) {
    this.#oid = oid;
    this.#isText = isText;
    this.#form = form;
    this.#areNumbersPlain = areNumbersPlain;
  }

  source(vector: Vector, settings: FormatSettings): ColumnSource {
    return (
      (this.#isText ? this.#textSource(vector, settings) : this.#binarySource(vector)) ??
      this.#codecSource(vector, settings)
    );
  }

  #textSource(vector: Vector, settings: FormatSettings): ColumnSource | undefined {
    const oid = this.#oid;
    if (vector.rep === 'text') {
      return PLAIN_TEXT.has(oid) || oid === OID.uuid ? this.#dictionarySource(vector) : undefined;
    }
    if (!this.#areNumbersPlain) return undefined;
    const quotients = QuotientVector.from(vector);
    if (quotients !== undefined) return new QuotientSource(quotients, true);
    if (vector.rep === 'f64') return numberTextSource(vector, oid, settings);
    if (vector.rep !== 'bool') return undefined;
    return new NumberSource(vector.nulls, FieldKind.BoolText, vector.data);
  }

  #binarySource(vector: Vector): ColumnSource | undefined {
    if (vector.rep === 'text') {
      return PLAIN_TEXT.has(this.#oid) ? this.#dictionarySource(vector) : undefined;
    }
    const quotients = QuotientVector.from(vector);
    if (quotients !== undefined) return new QuotientSource(quotients, false);
    if (vector.rep === 'any') return undefined;
    const kind = vector.rep === 'bool' ? FieldKind.Bool : BINARY_KINDS.get(this.#oid);
    return kind === undefined ? undefined : new NumberSource(vector.nulls, kind, vector.data);
  }

  #dictionarySource(vector: TextVector): ColumnSource {
    const { nulls, codes, dictionary } = vector;
    const form = this.#form;
    const isSame = dictionary.source === this.#dictionary?.source;
    // Keeping entries pays where they repeat, in this batch or from one batch to the next.
    const repeats = isSame || dictionary.length * 2 <= vector.length;
    const kept = isSame ? this.#kept : undefined;
    this.#dictionary = dictionary;
    const areBytes = form === undefined && dictionary.hasBytes;
    this.#kept =
      repeats && dictionary.length <= (areBytes ? KEPT_BYTES_MAX : KEPT_ENTRIES_MAX)
        ? (kept?.extend(dictionary) ?? DictionaryEntries.create(dictionary, form))
        : undefined;
    if (this.#kept !== undefined) return new CodeSource(nulls, codes, this.#kept);
    if (areBytes) return new ByteTextSource(vector);
    const text = (row: number): string => dictionary.at(codes[row] as number);
    const textAt = form === undefined ? text : (row: number) => form(text(row));
    return new TextSource(nulls, textAt, (row) => isLarge(text(row)));
  }

  #codecSource(vector: Vector, settings: FormatSettings): ColumnSource {
    const codec = codecFor(this.#oid);
    const form = this.#form;
    const valueOf = (row: number): NonNullable<Value> => valueAt(vector, row) as NonNullable<Value>;
    const isLargeAt = (row: number): boolean => isLarge(valueOf(row));
    if (!this.#isText) {
      return new BinarySource(
        vector.nulls,
        (writer, row) => codec.writeBinary(writer, valueOf(row), settings),
        isLargeAt,
      );
    }
    const text = (row: number): string => codec.formatText(valueOf(row), settings);
    const textAt = form === undefined ? text : (row: number) => form(text(row));
    return new TextSource(vector.nulls, textAt, isLargeAt);
  }
}

function numberTextSource(
  { data, nulls }: F64Vector,
  oid: Oid,
  settings: FormatSettings,
): ColumnSource | undefined {
  if (INTEGERS.has(oid)) return new NumberSource(nulls, FieldKind.WholeText, data);
  switch (oid) {
    case OID.float8:
    case OID.float4: {
      if (settings.extraFloatDigits <= 0) return undefined;
      const kind = oid === OID.float8 ? FieldKind.Float8Text : FieldKind.Float4Text;
      return new NumberSource(nulls, kind, data);
    }
    case OID.time:
      return new NumberSource(nulls, FieldKind.TimeText, data);
    case OID.date:
      if (settings.dateStyle !== 'ISO') return undefined;
      return new DateSource(nulls, FieldKind.DateText, data, undefined);
    case OID.timestamp:
    case OID.timestamptz: {
      if (settings.dateStyle !== 'ISO') return undefined;
      const zone = oid === OID.timestamptz ? requireZone(settings.timeZone) : undefined;
      return new DateSource(nulls, FieldKind.TimestampText, data, zone);
    }
    default:
      return undefined;
  }
}

const BINARY_KINDS: ReadonlyMap<Oid, FieldKind> = new Map<Oid, FieldKind>([
  [OID.int2, FieldKind.Int16],
  [OID.int4, FieldKind.Int32],
  [OID.oid, FieldKind.Int32],
  [OID.xid, FieldKind.Int32],
  [OID.cid, FieldKind.Int32],
  [OID.int8, FieldKind.Int64],
  [OID.time, FieldKind.Int64],
  [OID.timestamp, FieldKind.Int64],
  [OID.timestamptz, FieldKind.Int64],
  [OID.float8, FieldKind.Float8],
  [OID.float4, FieldKind.Float4],
  [OID.date, FieldKind.Date],
]);
