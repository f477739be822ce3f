/**
 * Lanes with an entropy stage: offsets or deltas of a vector become symbols of one byte, and all symbols of
 * a block share one table of frequencies. It takes longer to write and to read, and is for what rests.
 */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import {
  NO_SYMBOLS,
  readLanes,
  writeLanes,
  type BlockStage,
  type StagedBytes,
  type Symbols,
} from './block-stage.ts';
import { BytesWriter } from './bytes-io.ts';
import { DamagedBlock } from './damaged-block.ts';
import type { LaneBits } from '../../vector/lanes.ts';
import { VECTOR_ROWS } from './row-source.ts';
import { fitFrequencies, symbolBits, TOTAL } from './symbol-frequencies.ts';
import { planSymbols, writeSymbolHeader, type SymbolPlan } from './symbol-vectors.ts';

const PLAIN = 0;
const SYMBOLS = 1;
const ENTRY_BYTES = 3;
const TABLE_BYTES = 1024;
/** Bytes a row below which nothing is left to gain. */
const SHORT_BYTES = 0.1;
/** Symbols must save this much: they take longer to read, and a table. */
const SAVING_SHARE = 0.9;

/** Writes the stage's lanes, vectors as symbols where that is shorter. */
export function writeColdLanes(
  writer: BytesWriter,
  stage: BlockStage,
  bits: LaneBits,
  rows: number,
): void {
  const vectors: { plain: Uint8Array; symbols: SymbolPlan | undefined }[] = [];
  for (let start = 0; start < rows; start += VECTOR_ROWS) {
    const count = Math.min(VECTOR_ROWS, rows - start);
    const source = stage.lanes + start * (bits >>> 3);
    const plain = new BytesWriter(VECTOR_ROWS);
    writeLanes(plain, stage, bits, count, source);
    const bytes = plain.finish();
    vectors.push({ plain: bytes, symbols: planSymbols(source, bits, count, bytes.length) });
  }
  const hot = vectors.reduce((sum, { plain }) => sum + plain.length, 0);
  if (hot < rows * SHORT_BYTES) vectors.forEach((vector) => (vector.symbols = undefined));
  // A table of what others have in common may not suit a vector: it is left as it was, then.
  const shared = histogram(vectors.map(({ symbols }) => symbols));
  const frequencies = fitFrequencies(shared);
  const chosen = vectors.map(({ symbols, plain }) => {
    if (symbols === undefined) return undefined;
    const length = symbols.headerBytes + symbolBits(symbols.histogram, frequencies) / 8;
    return length < plain.length ? symbols : undefined;
  });
  const cold = new BytesWriter(hot + TABLE_BYTES);
  if (chosen.some((symbols) => symbols !== undefined)) {
    writeStream(cold, stage, chosen);
    vectors.forEach(({ plain }, i) => {
      const symbols = chosen[i];
      if (symbols === undefined) cold.bytes(plain);
      else writeSymbolHeader(cold, bits, symbols);
    });
  }
  const areSymbols = cold.length > 0 && cold.length < hot * SAVING_SHARE;
  writer.u8(areSymbols ? SYMBOLS : PLAIN);
  if (areSymbols) writer.bytes(cold.finish());
  else for (const { plain } of vectors) writer.bytes(plain);
}

function histogram(plans: readonly (SymbolPlan | undefined)[]): Uint32Array {
  const sums = new Uint32Array(256);
  for (const plan of plans) {
    if (plan === undefined) continue;
    for (let symbol = 0; symbol < 256; symbol++) sums[symbol] += plan.histogram[symbol];
  }
  return sums;
}

/** The table, then the symbols of all chosen vectors in one stream. */
function writeStream(
  writer: BytesWriter,
  stage: BlockStage,
  chosen: readonly (SymbolPlan | undefined)[],
): void {
  const frequencies = fitFrequencies(histogram(chosen));
  const { u8, u32 } = kernelViews();
  const used = [...frequencies.keys()].filter((symbol) => frequencies[symbol] > 0);
  writer.u8(used.length - 1);
  let before = 0;
  for (const symbol of used) {
    writer.u8(symbol);
    writer.u16(frequencies[symbol]);
    u32[stage.small / 4 + symbol] = frequencies[symbol] | (before << 16);
    before += frequencies[symbol];
  }
  let count = 0;
  for (const plan of chosen) {
    if (plan === undefined) continue;
    u8.set(plan.symbols, stage.symbols + count);
    count += plan.symbols.length;
  }
  const end = stage.bytes + count * 2 + 16;
  const work = stage.small + TABLE_BYTES;
  const start = kernels.encodeSymbols(stage.symbols, count, end, stage.small, work) >>> 0;
  writer.u32(count);
  writer.u32(end - start);
  writer.bytes(u8.subarray(start, end));
}

/** Whether vectors without an entropy stage follow; what does is for `readAnyLanes`. */
export function isPlainCoding(coding: number): boolean {
  return coding === PLAIN;
}

/** Reads what writeColdLanes or, behind a byte 0, writeLanes has written; that byte was read. */
export function readAnyLanes(
  staged: StagedBytes,
  coding: number,
  bits: LaneBits,
  rows: number,
  target: number,
): void {
  if (coding > SYMBOLS) throw new DamagedBlock('unknown coding of lanes');
  const symbols = coding === PLAIN ? NO_SYMBOLS : readStream(staged, rows);
  readLanes(staged, bits, rows, target, symbols);
}

function readStream({ reader, stage }: StagedBytes, rows: number): Symbols {
  const entries = reader.u8() + 1;
  const table = stage.bytes + reader.offset;
  reader.skip(entries * ENTRY_BYTES);
  const count = reader.u32();
  const length = reader.u32();
  const source = stage.bytes + reader.offset;
  reader.skip(length);
  if (count > rows) throw new DamagedBlock('too many symbols');
  if (kernels.symbolTable(table, entries, stage.work) === 0) {
    throw new DamagedBlock(`frequencies do not add up to ${TOTAL}`);
  }
  const end = source + length;
  const used = kernels.decodeSymbols(source, end, stage.symbols, count, stage.work);
  if (used !== length) throw new DamagedBlock('damaged symbols');
  return { start: stage.symbols, end: stage.symbols + count };
}

export function writePlainLanes(
  writer: BytesWriter,
  stage: BlockStage,
  bits: LaneBits,
  rows: number,
): void {
  writer.u8(PLAIN);
  writeLanes(writer, stage, bits, rows, stage.lanes);
}
