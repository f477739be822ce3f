import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';
import { CELL, RUN, WANTS } from '../../../src/kernels/summary-kernels.ts';
import { randomSource } from '../../support/random-source.ts';
import { seedOf } from '../../support/seed.ts';

const random = randomSource(seedOf('bucket sums'));

type Lanes = Uint8Array | Uint16Array | Uint32Array;

interface Run {
  readonly start: number;
  readonly end: number;
  readonly time: number;
  readonly step: number;
}

interface Cell {
  rows: number;
  sum: number;
  low: number;
  high: number;
}

function twin(
  lanes: Lanes,
  runs: readonly Run[],
  width: number,
): { cells: Map<number, Cell>; pieces: number } {
  const cells = new Map<number, Cell>();
  let pieces = 0;
  for (const { start, end, time, step } of runs) {
    let before = -1;
    for (let row = start; row < end; row++) {
      const bucket = Math.floor((time + (row - start) * step) / width);
      if (bucket !== before) pieces++;
      before = bucket;
      const cell = cells.get(bucket) ?? { rows: 0, sum: 0, low: Infinity, high: -Infinity };
      const lane = lanes[row]!;
      cell.rows++;
      cell.sum += lane;
      cell.low = Math.min(cell.low, lane);
      cell.high = Math.max(cell.high, lane);
      cells.set(bucket, cell);
    }
  }
  return { cells, pieces };
}

function kernelsOf(lanes: Lanes) {
  if (lanes instanceof Uint8Array) return [kernels.bucketSumsU8, kernels.finishCellsU8] as const;
  if (lanes instanceof Uint16Array) return [kernels.bucketSumsU16, kernels.finishCellsU16] as const;
  return [kernels.bucketSumsU32, kernels.finishCellsU32] as const;
}

function bucketSums(
  lanes: Lanes,
  runs: readonly Run[],
  width: number,
  count: number,
): { cells: Map<number, Cell>; pieces: number } {
  const at = scratch(lanes.byteLength + 64 + runs.length * RUN.bytes + count * CELL.bytes);
  const runsAt = at + Math.ceil(lanes.byteLength / 16) * 16;
  const cellsAt = runsAt + runs.length * RUN.bytes;
  const { u8, u32, f64 } = kernelViews();
  u8.set(new Uint8Array(lanes.buffer, lanes.byteOffset, lanes.byteLength), at);
  runs.forEach(({ start, end, time, step }, i) => {
    const run = runsAt + i * RUN.bytes;
    u32[(run + RUN.start) / 4] = start;
    u32[(run + RUN.end) / 4] = end;
    f64[(run + RUN.time) / 8] = time;
    f64[(run + RUN.step) / 8] = step;
  });
  const [sum, finish] = kernelsOf(lanes);
  u8.fill(77, cellsAt, cellsAt + count * CELL.bytes);
  kernels.clearCells(cellsAt, count);
  // In two calls, as of two pieces.
  const half = runs.length >> 1;
  const wanted = WANTS.sums + WANTS.extremes;
  const pieces =
    sum(at, runsAt, half, width, wanted, cellsAt) +
    sum(at, runsAt + half * RUN.bytes, runs.length - half, width, wanted, cellsAt);
  finish(cellsAt, count);
  const cells = new Map<number, Cell>();
  for (let b = 0; b < count; b++) {
    const cell = cellsAt + b * CELL.bytes;
    const rows = u32[(cell + CELL.rows) / 4]!;
    if (rows === 0) continue;
    const [of, low, high] = [CELL.sum, CELL.low, CELL.high].map(
      (field) => f64[(cell + field) / 8]!,
    );
    cells.set(b, { rows, sum: of!, low: low!, high: high! });
  }
  return { cells, pieces };
}

const shape = fc.record({
  width: fc.constantFrom(1, 7, 60, 3600),
  runs: fc.array(
    fc.record({
      rows: fc.integer({ min: 1, max: 90 }),
      time: fc.nat({ max: 20_000 }),
      step: fc.constantFrom(1, 3, 10, 60, 100, 5000),
    }),
    { minLength: 1, maxLength: 12 },
  ),
});

function texts(cells: ReadonlyMap<number, Cell>): string {
  const sorted = [...cells].sort(([a], [b]) => a - b);
  return sorted
    .map(([b, { rows, sum, low, high }]) => `${b}: ${rows} ${sum} ${low} ${high}`)
    .join();
}

function check(make: (length: number) => Lanes): void {
  fc.assert(
    fc.property(shape, ({ width, runs: wanted }) => {
      const runs: Run[] = [];
      let start = 0;
      for (const { rows, time, step } of wanted) {
        runs.push({ start, end: start + rows, time, step });
        start += rows;
      }
      const lanes = make(start);
      const latest = Math.max(...runs.map((run) => run.time + (run.end - run.start) * run.step));
      const found = bucketSums(lanes, runs, width, Math.floor(latest / width) + 1);
      const expected = twin(lanes, runs, width);
      expect(found.pieces).toBe(expected.pieces);
      expect(texts(found.cells)).toBe(texts(expected.cells));
    }),
  );
}

describe('sums and extremes by bucket', () => {
  it('of bytes', () => {
    check((length) => Uint8Array.from({ length }, () => random() * 256));
  });

  it('of 16-bit lanes', () => {
    check((length) => Uint16Array.from({ length }, () => random() * 65_536));
  });

  it('of 32-bit lanes', () => {
    check((length) => Uint32Array.from({ length }, () => random() * 2 ** 32));
  });

  it('of times and borders near the limits of doubles', () => {
    const step = 3;
    const width = 2 ** 40 + 1;
    // A run that meets a border exactly, and one that is a step's part short of it.
    const time = width * 4000 - 30;
    for (const first of [time, time - 1, time - 2]) {
      const runs = [{ start: 0, end: 40, time: first, step }];
      const lanes = Uint8Array.from({ length: 40 }, (_, i) => i);
      expect(bucketSums(lanes, runs, width, 4001)).toEqual(twin(lanes, runs, width));
    }
  });

  it.each([
    ['bytes', new Uint8Array(65_536).fill(255)],
    ['16-bit lanes', new Uint16Array(65_536).fill(65_535)],
    ['32-bit lanes', new Uint32Array(65_536).fill(2 ** 32 - 1)],
  ])('is exact over a whole piece of the largest %s', (_, lanes) => {
    const runs = [{ start: 0, end: 65_536, time: 0, step: 1 }];
    expect(bucketSums(lanes, runs, 1e6, 1)).toEqual(twin(lanes, runs, 1e6));
  });
});
