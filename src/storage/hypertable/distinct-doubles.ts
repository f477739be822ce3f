/** A vector of few distinct doubles, told apart by their bits: each once, then a code for each row. */
import { kernelViews } from '../../kernels/memory.ts';
import { readLanes, writeLanes, type BlockStage, type StagedBytes } from './block-stage.ts';
import { BytesWriter } from './bytes-io.ts';
import { DamagedBlock } from './damaged-block.ts';

const DISTINCT_MAX = 256;
const SLOTS = 1024;

const codes = new Int32Array(SLOTS);
const lows = new Int32Array(DISTINCT_MAX);
const highs = new Int32Array(DISTINCT_MAX);

/** Undefined where there are more distinct doubles than pay. */
export function writeDistinct(
  stage: BlockStage,
  source: number,
  count: number,
): Uint8Array | undefined {
  const { i32, u8 } = kernelViews();
  const limit = Math.min(DISTINCT_MAX, count >>> 1);
  codes.fill(-1);
  let distinct = 0;
  for (let i = 0; i < count; i++) {
    const low = i32[source / 4 + i * 2];
    const high = i32[source / 4 + i * 2 + 1];
    let slot = Math.imul(high ^ Math.imul(low, 0x9e3779b1), 0x85ebca6b) >>> 22;
    let code = codes[slot];
    while (code >= 0 && (lows[code] !== low || highs[code] !== high)) {
      slot = (slot + 1) % SLOTS;
      code = codes[slot];
    }
    if (code < 0) {
      if (distinct >= limit) return undefined;
      codes[slot] = code = distinct++;
      lows[code] = low;
      highs[code] = high;
    }
    u8[stage.lanes + i] = code;
  }
  const writer = new BytesWriter(16 + distinct * 8 + count);
  writer.u8(distinct - 1);
  for (let code = 0; code < distinct; code++) {
    writer.i32(lows[code]);
    writer.i32(highs[code]);
  }
  writeLanes(writer, stage, 8, count, stage.lanes);
  return writer.finish();
}

export function readDistinct(staged: StagedBytes, target: number, count: number): void {
  const { reader, stage } = staged;
  const distinct = reader.u8() + 1;
  for (let code = 0; code < distinct; code++) {
    lows[code] = reader.i32();
    highs[code] = reader.i32();
  }
  readLanes(staged, 8, count, stage.lanes);
  const { i32, u8 } = kernelViews();
  for (let i = 0; i < count; i++) {
    const code = u8[stage.lanes + i];
    if (code >= distinct) throw new DamagedBlock('code without a double');
    i32[target / 4 + i * 2] = lows[code];
    i32[target / 4 + i * 2 + 1] = highs[code];
  }
}
