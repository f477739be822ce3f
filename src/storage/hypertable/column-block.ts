/**
 * One block: up to 65,536 rows of one column, as one key-value entry. The first four bytes are the
 * checksum of the rest. docs/format/segment.md describes the layout.
 */
import { checksumOf } from '../../kernels/checksum.ts';
import { finishNow } from '../../base/steps.ts';
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import { OID, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { NullMask } from '../../vector/vector.ts';
import { packSteps, unpackSteps } from './any-values.ts';
import {
  blockStage,
  readBits,
  writeBits,
  type BlockStage,
  type StagedBytes,
} from './block-stage.ts';
import { BytesReader, BytesWriter } from './bytes-io.ts';
import { DamagedBlock } from './damaged-block.ts';
import { readNumbers, writeNumbers } from './number-block.ts';
import { PIECE_ROWS, VECTOR_ROWS, type Zones } from './row-source.ts';
import type { PlainColumn, StoredColumn } from './stored-column.ts';
import { readTexts, textSteps } from './text-block.ts';
import type { TextDictionary } from './text-dictionary.ts';
import { WideColumn } from './wide-column.ts';
import { packWides, unpackWides } from './wide-values.ts';

export const BLOCK_VERSION = 2;
const REPS: readonly PlainColumn['rep'][] = ['f64', 'bool', 'text', 'any'];

/** Puts the checksum over a finished value whose first four bytes were left free. */
export function sealed(writer: BytesWriter): Uint8Array {
  const bytes = writer.finish();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(0, checksumOf(bytes, 0, 4, bytes.length), true);
  return bytes;
}

/** A reader behind the checksum and version, both verified. */
export function openSealed(
  bytes: Uint8Array | undefined,
  version: number,
  what: string,
): BytesReader {
  return openVersions(bytes, version, version, what).reader;
}

/** The same for entries that older versions of the program wrote, too. */
export function openVersions(
  bytes: Uint8Array | undefined,
  oldest: number,
  newest: number,
  what: string,
): { reader: BytesReader; version: number } {
  if (bytes === undefined) throw new DamagedBlock(`${what} is missing`);
  const reader = new BytesReader(bytes);
  if (bytes.length < 5 || reader.u32() !== checksumOf(bytes, 0, 4, bytes.length)) {
    throw new DamagedBlock(`checksum of ${what} does not match`);
  }
  const version = reader.u8();
  if (version < oldest || version > newest) {
    throw new DamagedBlock(`${what} has unknown version ${version}`);
  }
  return { reader, version };
}

export interface EncodeOptions {
  /** The block will rest: an entropy stage may make it smaller, at the cost of time. */
  readonly isCold?: boolean;
}

export function encodeBlock(
  column: PlainColumn,
  rows: number,
  type: SqlType,
  options: EncodeOptions = {},
): Uint8Array {
  return finishNow(encodeSteps(column, rows, type, options));
}

/** The same in steps of some milliseconds, where there are many strings. */
export function* encodeSteps(
  column: PlainColumn,
  rows: number,
  type: SqlType,
  { isCold = false }: EncodeOptions = {},
): Generator<void, Uint8Array> {
  const stage = blockStage(0);
  const { nulls } = column;
  const writer = blockWriter(column.rep, rows);
  writeNulls(writer, stage, nulls, rows);
  switch (column.rep) {
    case 'f64':
      writeNumbers(writer, stage, column.data, nulls, rows, isCold);
      break;
    case 'bool':
      writeBits(writer, stage, column.data, rows);
      break;
    case 'text':
      yield* textSteps(writer, column.codes, nulls, column.dictionary, rows);
      break;
    case 'any': {
      const packed =
        column instanceof WideColumn
          ? packWides(column.words, nulls, rows)
          : yield* packSteps(column.data, rows, type);
      writer.u32(packed.length);
      writer.bytes(packed);
    }
  }
  return sealed(writer);
}

/** The first bytes of a block of numbers without NULLs. */
export function numberBlockWriter(rows: number): BytesWriter {
  const writer = blockWriter('f64', rows);
  writer.u8(0);
  return writer;
}

function blockWriter(rep: PlainColumn['rep'], rows: number): BytesWriter {
  const writer = new BytesWriter(1024 + rows);
  writer.u32(0);
  writer.u8(BLOCK_VERSION);
  writer.u8(REPS.indexOf(rep));
  writer.u32(rows);
  return writer;
}

/**
 * Decodes a block; strings get their codes from `dictionary`. With `isLazy` numbers may come with their
 * vectors pending.
 */
export function decodeBlock(
  bytes: Uint8Array | undefined,
  type: SqlType,
  dictionary: () => TextDictionary,
  isLazy = false,
): StoredColumn {
  return finishNow(decodeSteps(bytes, type, dictionary, isLazy));
}

/** The same in steps, between which others may use the stage. */
export function* decodeSteps(
  bytes: Uint8Array | undefined,
  type: SqlType,
  dictionary: () => TextDictionary,
  isLazy: boolean,
): Generator<void, StoredColumn, void> {
  const reader = openSealed(bytes, BLOCK_VERSION, 'a column block');
  const rep = REPS[reader.u8()];
  const rows = reader.u32();
  if (rows > PIECE_ROWS) throw new DamagedBlock('too many rows');
  const staged = { reader, stage: stageBytes(bytes as Uint8Array) };
  const nulls = readNulls(staged, rows);
  switch (rep) {
    case 'f64':
      return readNumbers(staged, rows, nulls, isLazy);
    case 'bool':
      return { rep, data: readBits(staged, rows), nulls };
    case 'text': {
      const target = dictionary();
      return { rep, codes: readTexts(staged, rows, target), dictionary: target, nulls };
    }
    case 'any':
      return type.oid === OID.int8
        ? readWides(reader, rows, nulls)
        : { rep, data: yield* readValues(reader, rows, type), nulls };
    default:
      throw new DamagedBlock('unknown form of column');
  }
}

/** Whether a block holds numbers, which are decoded without a type or a dictionary; and how many. */
export function numberRows(bytes: Uint8Array): number | undefined {
  const reader = new BytesReader(bytes, 5);
  if (reader.remaining < 5 || REPS[reader.u8()] !== 'f64') return undefined;
  return reader.u32();
}

function readWides(reader: BytesReader, rows: number, nulls: NullMask): WideColumn {
  const bytes = reader.bytes(reader.u32());
  return WideColumn.filled(rows, nulls, (words) => unpackWides(bytes, rows, words));
}

/** Codecs raise errors of their own, which are meant for what users send. */
function* readValues(
  reader: BytesReader,
  rows: number,
  type: SqlType,
): Generator<void, Value[], void> {
  const bytes = reader.bytes(reader.u32());
  try {
    return yield* unpackSteps(bytes, rows, type);
  } catch (error) {
    throw new DamagedBlock(`damaged value: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}

function stageBytes(bytes: Uint8Array): BlockStage {
  const stage = blockStage(bytes.length);
  kernelViews().u8.set(bytes, stage.bytes);
  return stage;
}

function writeNulls(writer: BytesWriter, stage: BlockStage, nulls: NullMask, rows: number): void {
  const present = nulls !== undefined && nulls.subarray(0, rows).includes(1);
  writer.u8(present ? 1 : 0);
  if (present) writeBits(writer, stage, nulls, rows);
}

function readNulls(staged: StagedBytes, rows: number): NullMask {
  return staged.reader.u8() === 0 ? undefined : readBits(staged, rows);
}

/** Smallest and largest value of each vector; NULLs are left out, NaN counts as the largest. */
export function zonesOf(column: PlainColumn, rows: number): Zones | undefined {
  if (column.rep !== 'f64') return undefined;
  const { data, nulls } = column;
  const vectors = Math.ceil(rows / VECTOR_ROWS);
  if (nulls === undefined && rows <= PIECE_ROWS) return boundsOf(data, rows, vectors);
  const minimums = new Float64Array(vectors);
  const maximums = new Float64Array(vectors);
  for (let vector = 0; vector < vectors; vector++) {
    let minimum = Infinity;
    let maximum = -Infinity;
    const end = Math.min(rows, (vector + 1) * VECTOR_ROWS);
    for (let i = vector * VECTOR_ROWS; i < end; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const value = data[i];
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
      if (value !== value) maximum = Infinity;
    }
    minimums[vector] = minimum;
    maximums[vector] = maximum;
  }
  return { minimums, maximums };
}

function boundsOf(data: Float64Array, rows: number, vectors: number): Zones {
  const { doubles, small } = blockStage(0);
  kernelViews().f64.set(data.subarray(0, rows), doubles / 8);
  kernels.vectorBounds(doubles, rows, small, small + vectors * 8);
  const first = small / 8;
  const { f64 } = kernelViews();
  return {
    minimums: f64.slice(first, first + vectors),
    maximums: f64.slice(first + vectors, first + vectors * 2),
  };
}
