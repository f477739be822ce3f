/** Threads that help with kernel calls, as the build makes them. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { finishNow } from '../../src/base/steps.ts';
import { PartedKeys } from '../../src/exec/packed-keys/parted-keys.ts';
import { runCalls, type KernelCall } from '../../src/kernels/call-list.ts';
import { KernelTeam } from '../../src/kernels/kernel-team.ts';
import { KernelThread } from '../../src/kernels/kernel-thread.ts';
import { freeBlock, kernelViews, tryAllocate, type KernelBlock } from '../../src/kernels/memory.ts';
import { OID, sqlType } from '../../src/types/type.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/call-worker.js');
const COLUMNS = 24;
const ROWS = 200_000;
const STRETCHES = 5000;

describe('a team of threads', () => {
  const helpers = [0, 1].map(() => KernelThread.of(PROGRAM) as KernelThread);
  const team = new KernelTeam(helpers);

  afterAll(() => team.stop());

  function callsOf(lanes: KernelBlock, borders: KernelBlock, own: KernelBlock): KernelCall[] {
    const ends = borders.pointer + STRETCHES * 4;
    return Array.from({ length: COLUMNS }, (_, c) => {
      const sums = own.pointer + c * STRETCHES * 24;
      const extremes = [sums + STRETCHES * 8, sums + STRETCHES * 16];
      const input = [lanes.pointer + c * ROWS, borders.pointer, ends, STRETCHES];
      return { kernel: 'summarizeU8', args: [...input, sums, 0, ...extremes] };
    });
  }

  it('leaves what one thread would have left, again and again', async () => {
    const lanes = tryAllocate(ROWS * COLUMNS) as KernelBlock;
    const borders = tryAllocate(STRETCHES * 8) as KernelBlock;
    const bytes = COLUMNS * STRETCHES * 24;
    const { u8, u32 } = kernelViews();
    for (let i = 0; i < ROWS * COLUMNS; i++) u8[lanes.pointer + i] = (i * 7919) % 253;
    for (let i = 0; i < STRETCHES; i++) {
      u32[borders.pointer / 4 + i] = i * 40;
      u32[borders.pointer / 4 + STRETCHES + i] = i * 40 + 1 + (i % 40);
    }
    const expected = tryAllocate(bytes) as KernelBlock;
    runCalls(callsOf(lanes, borders, expected));
    const bytesOf = ({ pointer }: KernelBlock): Buffer =>
      Buffer.from(kernelViews().u8.slice(pointer, pointer + bytes));
    for (let round = 0; round < 60; round++) {
      const own = tryAllocate(bytes) as KernelBlock;
      kernelViews().u8.fill(round, own.pointer, own.pointer + bytes);
      const release = team.run(callsOf(lanes, borders, own), own, [lanes, borders]);
      expect(Buffer.compare(bytesOf(own), bytesOf(expected))).toBe(0);
      release();
      if (round % 7 === 0) await new Promise((resolve) => void setTimeout(resolve, 5));
    }
    while (helpers.some(({ waiting }) => waiting > 0)) {
      await new Promise((resolve) => void setTimeout(resolve, 1));
    }
    freeBlock(expected);
  });

  it('counts different keys as one thread does', async () => {
    const rows = 60_000;
    const type = sqlType(OID.int8);
    for (let round = 0; round < 5; round++) {
      const keys = PartedKeys.of([type], team) as PartedKeys;
      const known = new Set<number>();
      for (let page = 0; page < 6; page++) {
        const data = Float64Array.from(
          { length: rows },
          (_, row) => (row * 7919 * (page + 1)) % 150_001,
        );
        for (const value of data) known.add(value);
        const column = { rep: 'f64', type, length: rows, data, nulls: undefined } as const;
        finishNow(keys.add([column], rows));
      }
      let count = 0;
      for (const result of keys.distinct(-1)) {
        if (result !== undefined && 'count' in result) count += result.count;
        if (round % 2 === 0) await new Promise((resolve) => void setTimeout(resolve, 1));
      }
      expect(count).toBe(known.size);
      keys.free();
    }
  });

  it('goes on without a helper that has ended', async () => {
    const [first] = helpers;
    await first?.stop();
    const lanes = tryAllocate(ROWS * COLUMNS) as KernelBlock;
    const borders = tryAllocate(STRETCHES * 8) as KernelBlock;
    kernelViews().u32.fill(1, borders.pointer / 4 + STRETCHES, borders.pointer / 4 + STRETCHES * 2);
    kernelViews().u32.fill(0, borders.pointer / 4, borders.pointer / 4 + STRETCHES);
    for (let round = 0; round < 5; round++) {
      const own = tryAllocate(COLUMNS * STRETCHES * 24) as KernelBlock;
      const release = team.run(callsOf(lanes, borders, own), own, [lanes, borders]);
      const lane = kernelViews().u8[lanes.pointer];
      expect(kernelViews().f64[own.pointer / 8]).toBe(lane);
      release();
      await new Promise((resolve) => void setTimeout(resolve, 2));
    }
  });
});
