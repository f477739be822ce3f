/** One batch as bytes in a temporary file, column by column. */
import { ByteReader } from '../../base/byte-reader.ts';
import type { ByteWriter } from '../../base/byte-writer.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { Batch, TextVector, Vector } from '../../vector/vector.ts';
import { readValue, writeValue } from './value-codec.ts';
import { newSpan, type Dictionary } from '../../vector/dictionary.ts';
import { PageDictionary } from '../../vector/page-dictionary.ts';
import { TextPages } from '../../vector/text-pages.ts';
import { TextTable } from '../../vector/text-table.ts';

const REPS = ['f64', 'bool', 'text', 'any'] as const;
/** Set beside the number of the representation where a mask of NULLs follows. */
const HAS_NULLS = 0x80;

export function writeBatch(writer: ByteWriter, batch: Batch): void {
  writer.u32(batch.length);
  for (const column of batch.columns) writeVector(writer, column, batch.length);
}

function writeVector(writer: ByteWriter, vector: Vector, length: number): void {
  const { nulls } = vector;
  writer.u8(REPS.indexOf(vector.rep) | (nulls === undefined ? 0 : HAS_NULLS));
  if (nulls !== undefined) writer.bytes(nulls.subarray(0, length));
  switch (vector.rep) {
    case 'f64':
      writer.bytes(bytesOf(vector.data.subarray(0, length)));
      return;
    case 'bool':
      writer.bytes(vector.data.subarray(0, length));
      return;
    case 'text':
      writeTexts(writer, vector, length);
      return;
    case 'any':
      for (let i = 0; i < length; i++) writeValue(writer, vector.data[i]);
  }
}

/** Codes into the strings that the rows use, the strings' lengths in UTF-8, and all of them end to end. */
function writeTexts(writer: ByteWriter, vector: TextVector, length: number): void {
  const { codes, nulls, dictionary } = vector;
  const used = new UsedTexts(dictionary, length);
  const local = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    if (nulls === undefined || nulls[i] === 0) local[i] = used.code(codes[i]);
  }
  const { texts } = used;
  // Rows that are NULL have code 0, and it must name a string.
  if (texts.size === 0) texts.add('');
  const lengths = new Uint32Array(texts.size);
  let bytes = 0;
  for (let i = 0; i < lengths.length; i++) bytes += lengths[i] = texts.lengthOf(i);
  writer.bytes(bytesOf(local));
  writer.u32(lengths.length);
  writer.bytes(bytesOf(lengths));
  writer.u32(bytes);
  const span = newSpan();
  for (let i = 0; i < lengths.length; i++) {
    texts.spanAt(i, span);
    writer.range(span.bytes, span.start, span.end);
  }
}

/** The strings that a block uses, numbered as they come. */
class UsedTexts {
  readonly texts = new TextTable();
  readonly #dictionary: Dictionary;
  readonly #codes: Int32Array | undefined;

  constructor(dictionary: Dictionary, rows: number) {
    this.#dictionary = dictionary;
    // Where few of many strings are used, a table for all of them is not worth it.
    if (dictionary.length <= 4 * rows + 64) {
      this.#codes = new Int32Array(dictionary.length).fill(-1);
    }
  }

  code(code: number): number {
    const known = this.#codes?.[code] ?? -1;
    if (known >= 0) return known;
    const local = this.texts.addFrom(this.#dictionary, code);
    if (this.#codes !== undefined) this.#codes[code] = local;
    return local;
  }
}

export function readBatch(bytes: Uint8Array, types: readonly SqlType[]): Batch {
  const reader = new ByteReader(bytes);
  const length = reader.u32();
  const columns = types.map((type) => readVector(reader, type, length));
  return { columns, length };
}

function readVector(reader: ByteReader, type: SqlType, length: number): Vector {
  const head = reader.u8();
  const rep = REPS[head & ~HAS_NULLS];
  const nulls = (head & HAS_NULLS) === 0 ? undefined : reader.take(length).slice();
  switch (rep) {
    case 'f64': {
      const data = new Float64Array(length);
      bytesOf(data).set(reader.take(8 * length));
      return { rep, type, length, data, nulls };
    }
    case 'bool':
      return { rep, type, length, data: reader.take(length).slice(), nulls };
    case 'text': {
      const codes = new Int32Array(length);
      bytesOf(codes).set(reader.take(4 * length));
      return { rep, type, length, codes, dictionary: readTexts(reader), nulls };
    }
    default: {
      const data: Value[] = [];
      for (let i = 0; i < length; i++) data.push(readValue(reader));
      return { rep: 'any', type, length, data, nulls };
    }
  }
}

function readTexts(reader: ByteReader): Dictionary {
  const lengths = new Uint32Array(reader.u32());
  bytesOf(lengths).set(reader.take(lengths.byteLength));
  const pages = new TextPages();
  pages.adopt(reader.take(reader.u32()).slice(), lengths);
  return new PageDictionary(pages);
}

function bytesOf(array: Float64Array | Int32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
