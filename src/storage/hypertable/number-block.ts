/**
 * The numbers of one block: as lanes where all of them fit one kind, which is how most are, else vector by
 * vector as doubles. docs/format/segment.md has the layout.
 */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, tryAllocate } from '../../kernels/memory.ts';
import type { NullMask } from '../../vector/vector.ts';
import type { BlockStage, StagedBytes } from './block-stage.ts';
import type { BytesWriter } from './bytes-io.ts';
import { isPlainCoding, readAnyLanes, writeColdLanes, writePlainLanes } from './cold-lanes.ts';
import { DamagedBlock } from './damaged-block.ts';
import { readDoubles, writeDoubles } from './double-vectors.ts';
import type { LaneBits } from '../../vector/lanes.ts';
import { PendingLanes } from './pending-lanes.ts';
import { fillLanes, planLanes, PLACES_MAX, POWERS, stageDoubles, type LanePlan } from './narrow.ts';
import type { StoredColumn } from './stored-column.ts';

const DOUBLES = 0;
/** Up to so many rows are decoded at once. */
const LAZY_ROWS = 4096;

export function writeNumbers(
  writer: BytesWriter,
  stage: BlockStage,
  data: Float64Array,
  nulls: NullMask,
  rows: number,
  isCold: boolean,
): void {
  stageDoubles(stage, data, nulls, rows);
  const plan = planLanes(stage, rows);
  if (plan === undefined) {
    writer.u8(DOUBLES);
    writeDoubles(writer, stage, rows);
    return;
  }
  fillLanes(stage, rows, plan);
  writePlanned(writer, stage, plan, rows, isCold);
}

/** Writes the lanes that the stage has. */
export function writePlanned(
  writer: BytesWriter,
  stage: BlockStage,
  { bits, places, base, factor }: Omit<LanePlan, 'highest'>,
  rows: number,
  isCold: boolean,
): void {
  writer.u8(bits);
  writer.u8(places);
  writer.f64(base);
  writer.f64(factor);
  if (isCold) writeColdLanes(writer, stage, bits, rows);
  else writePlainLanes(writer, stage, bits, rows);
}

/** With `isLazy` lanes may be left to be decoded when they are asked for. */
export function readNumbers(
  staged: StagedBytes,
  rows: number,
  nulls: NullMask,
  isLazy: boolean,
): StoredColumn {
  const { reader, stage } = staged;
  const shape = reader.u8();
  if (shape === DOUBLES) {
    readDoubles(staged, rows);
    return { rep: 'f64', data: stagedDoubles(stage, rows, nulls), nulls };
  }
  const bits = laneBits(shape);
  const places = reader.u8();
  const base = reader.f64();
  const factor = reader.f64();
  if (places > PLACES_MAX || !areExact(base, factor)) throw new DamagedBlock('damaged lanes');
  const divisor = POWERS[places];
  const coding = reader.u8();
  const block = tryAllocate(Math.max(1, rows * (bits >>> 3)));
  if (block !== undefined) {
    const lanes = { block, bits, length: rows, base, factor, divisor };
    if (isLazy && rows > LAZY_ROWS && isPlainCoding(coding)) {
      const pending = new PendingLanes(lanes, reader.bytes(reader.remaining));
      return { rep: 'lanes', lanes, nulls, pending };
    }
    readAnyLanes(staged, coding, bits, rows, block.pointer);
    return { rep: 'lanes', lanes, nulls };
  }
  // No room in the kernels' memory: JavaScript's own takes the doubles.
  readAnyLanes(staged, coding, bits, rows, stage.lanes);
  const widen = bits === 8 ? kernels.widenU8 : bits === 16 ? kernels.widenU16 : kernels.widenU32;
  widen(stage.lanes, stage.doubles, rows, base, factor, divisor);
  return { rep: 'f64', data: stagedDoubles(stage, rows, nulls), nulls };
}

/** Whether every lane stands for a whole number that a double holds. */
function areExact(base: number, factor: number): boolean {
  if (!Number.isInteger(base) || !Number.isInteger(factor) || factor < 1) return false;
  return Math.abs(base) <= 2 ** 53 && factor <= 2 ** 53;
}

export function laneBits(shape: number): LaneBits {
  if (shape !== 8 && shape !== 16 && shape !== 32) throw new DamagedBlock('unknown width of lanes');
  return shape;
}

/** The stage's doubles, 0 where they are NULL. */
function stagedDoubles(stage: BlockStage, rows: number, nulls: NullMask): Float64Array {
  const first = stage.doubles / 8;
  const data = kernelViews().f64.slice(first, first + rows);
  if (nulls !== undefined) for (let i = 0; i < rows; i++) if (nulls[i] === 1) data[i] = 0;
  return data;
}
