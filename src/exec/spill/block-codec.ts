/** A block of rows as bytes in a temporary file, column by column. */
import { ByteReader } from '../../base/byte-reader.ts';
import type { ByteWriter } from '../../base/byte-writer.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { concat } from '../../vector/concat.ts';
import { slice } from '../../vector/gather.ts';
import type { Batch, TextVector, Vector } from '../../vector/vector.ts';
import { readTexts, writeTexts } from './block-texts.ts';
import { readValue, writeValue } from './value-codec.ts';

const REPS = ['f64', 'bool', 'text', 'any'] as const;
/** Set beside the number of the representation where a mask of NULLs follows. */
const HAS_NULLS = 0x80;

/** Writes all rows of the batches, of which there is one at least, as one block. */
export function writeBlock(writer: ByteWriter, batches: readonly Batch[]): void {
  let rows = 0;
  for (const { length } of batches) rows += length;
  writer.u32(rows);
  for (const i of batches[0].columns.keys()) {
    writeColumn(writer, partsOf(batches, i), rows);
  }
}

/** A column's vectors, all of one representation, and no longer than their batches. */
function partsOf(batches: readonly Batch[], column: number): readonly Vector[] {
  const parts = batches.map(({ columns, length }) => {
    const vector = columns[column];
    return vector.length === length ? vector : slice(vector, 0, length);
  });
  const [first] = parts;
  if (parts.every(({ rep }) => rep === first.rep)) return parts;
  return [concat(first.type, parts)];
}

function writeColumn(writer: ByteWriter, parts: readonly Vector[], rows: number): void {
  const [{ rep }] = parts;
  const hasNulls = parts.some(({ nulls }) => nulls !== undefined);
  writer.u8(REPS.indexOf(rep) | (hasNulls ? HAS_NULLS : 0));
  if (hasNulls) {
    for (const { nulls, length } of parts) {
      writer.bytes(nulls === undefined ? new Uint8Array(length) : nulls.subarray(0, length));
    }
  }
  if (rep === 'text') writeTexts(writer, parts as readonly TextVector[], rows);
  else for (const part of parts) writeData(writer, part);
}

function writeData(writer: ByteWriter, vector: Vector): void {
  const { length } = vector;
  if (vector.rep === 'f64') writer.bytes(bytesOf(vector.data.subarray(0, length)));
  else if (vector.rep === 'bool') writer.bytes(vector.data.subarray(0, length));
  else if (vector.rep === 'any') {
    for (let i = 0; i < length; i++) writeValue(writer, vector.data[i]);
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
    case 'text':
      return { rep, type, length, ...readTexts(reader, length), nulls };
    default: {
      const data: Value[] = [];
      for (let i = 0; i < length; i++) data.push(readValue(reader));
      return { rep: 'any', type, length, data, nulls };
    }
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
