/** Values of types without a typed array, in the binary form of their type behind a length word. */
import '../../types/codecs.ts';
import { ByteReader } from '../../base/byte-reader.ts';
import { finishNow } from '../../base/steps.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import { mustCodec } from '../../types/codec-registry.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { NEUTRAL_FORMAT } from '../../types/neutral-format.ts';

const NULL_LENGTH = -1;
/** Values packed or unpacked in one step. */
const STEP_VALUES = 4_096;

export function packValues(values: readonly Value[], length: number, type: SqlType): Uint8Array {
  return finishNow(packSteps(values, length, type));
}

/** The same in steps of a millisecond or so. */
export function* packSteps(
  values: readonly Value[],
  length: number,
  type: SqlType,
): Generator<void, Uint8Array, void> {
  const codec = mustCodec(type.oid);
  const writer = new ByteWriter(length * 16);
  for (let i = 0; i < length; i++) {
    if (i % STEP_VALUES === STEP_VALUES - 1) yield;
    const value = values[i];
    const at = writer.length;
    writer.i32(NULL_LENGTH);
    if (value === null || value === undefined) continue;
    codec.writeBinary(writer, value, NEUTRAL_FORMAT);
    writer.patchI32(at, writer.length - at - 4);
  }
  return writer.toBytes();
}

export function unpackValues(bytes: Uint8Array, length: number, type: SqlType): Value[] {
  return finishNow(unpackSteps(bytes, length, type));
}

/** The same in steps of a millisecond or so. */
export function* unpackSteps(
  bytes: Uint8Array,
  length: number,
  type: SqlType,
): Generator<void, Value[], void> {
  const codec = mustCodec(type.oid);
  const reader = new ByteReader(bytes);
  const values: Value[] = [];
  for (let i = 0; i < length; i++) {
    if (i % STEP_VALUES === STEP_VALUES - 1) yield;
    const size = reader.i32();
    if (size === NULL_LENGTH) {
      values.push(null);
      continue;
    }
    const end = reader.offset + size;
    if (size < 0 || end > bytes.length) throw new RangeError('a value ends behind its block');
    // Types parse up to the end of what is theirs.
    reader.end = end;
    values.push(
      codec.readStored?.(reader, size) ?? codec.readBinary(reader, size, -1, NEUTRAL_FORMAT),
    );
    reader.offset = end;
    reader.end = bytes.length;
  }
  return values;
}

/** The value that rows written before ADD COLUMN have, from the column's descriptor. */
export function missingValue(type: SqlType, text: string | undefined): Value {
  if (text === undefined) return null;
  return mustCodec(type.oid).parseText(text, type.typmod, NEUTRAL_FORMAT);
}
