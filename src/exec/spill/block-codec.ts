/** One batch as bytes in a temporary file, column by column. */
import { ByteReader } from '../../base/byte-reader.ts';
import type { ByteWriter } from '../../base/byte-writer.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { Batch, TextVector, Vector } from '../../vector/vector.ts';
import { readValue, writeValue } from './value-codec.ts';
import type { Dictionary } from '../../vector/dictionary.ts';
import { StringDictionary } from '../../vector/string-dictionary.ts';

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

/** Codes into the strings that the rows use, the strings' lengths, and all of them end to end. */
function writeTexts(writer: ByteWriter, vector: TextVector, length: number): void {
  const { codes, nulls, dictionary } = vector;
  const used = new UsedTexts(dictionary, length);
  const local = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    if (nulls === undefined || nulls[i] === 0) local[i] = used.code(codes[i]);
  }
  const { texts } = used;
  // Rows that are NULL have code 0, and it must name a string.
  if (texts.length === 0) texts.push('');
  const lengths = new Uint32Array(texts.length);
  for (let i = 0; i < texts.length; i++) lengths[i] = texts[i].length;
  writer.bytes(bytesOf(local));
  writer.u32(texts.length);
  writer.bytes(bytesOf(lengths));
  const at = writer.length;
  writer.u32(0);
  writer.patchI32(at, writer.utf8(texts.join('')));
}

/** The strings that a block uses, numbered as they come. */
class UsedTexts {
  readonly texts: string[] = [];
  readonly #dictionary: Dictionary;
  readonly #codes: Int32Array | undefined;
  readonly #byText = new Map<string, number>();

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
    const text = this.#dictionary.at(code);
    let local = this.#byText.get(text);
    if (local === undefined) {
      local = this.texts.push(text) - 1;
      this.#byText.set(text, local);
    }
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
  const all = reader.utf8(reader.u32());
  const texts: string[] = [];
  let at = 0;
  for (let i = 0; i < lengths.length; i++) {
    texts.push(all.slice(at, at + lengths[i]));
    at += lengths[i];
  }
  return new StringDictionary(texts);
}

function bytesOf(array: Float64Array | Int32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
