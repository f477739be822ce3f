/** Lists of kernel calls, as several threads take them. */
import { describe, expect, it } from 'vitest';
import {
  finishCalls,
  listBytes,
  runCalls,
  takeCalls,
  writeCalls,
  type KernelCall,
} from '../../../src/kernels/call-list.ts';
import { KernelTeam } from '../../../src/kernels/kernel-team.ts';
import { kernelViews, tryAllocate, type KernelBlock } from '../../../src/kernels/memory.ts';

const ROWS = 1000;
const STRETCHES = 40;

interface Setup {
  readonly calls: readonly KernelCall[];
  readonly blocks: readonly KernelBlock[];
  results(): number[];
  clear(): void;
}

/** Sums and extremes of random stretches, one call for each of several columns. */
function setUp(columns: number): Setup {
  const block = (bytes: number): KernelBlock => tryAllocate(bytes) as KernelBlock;
  const lanes = block(ROWS * columns);
  const borders = block(STRETCHES * 8);
  const outputs = block(STRETCHES * 24 * columns);
  const { u8, u32 } = kernelViews();
  for (let i = 0; i < ROWS * columns; i++) u8[lanes.pointer + i] = (i * 7919) % 251;
  for (let i = 0; i < STRETCHES; i++) {
    u32[borders.pointer / 4 + i] = i * 25;
    u32[borders.pointer / 4 + STRETCHES + i] = i * 25 + 1 + (i % 25);
  }
  const ends = borders.pointer + STRETCHES * 4;
  const calls = Array.from({ length: columns }, (_, c): KernelCall => {
    const out = outputs.pointer + c * STRETCHES * 24;
    const statistics = [out, 0, out + STRETCHES * 8, out + STRETCHES * 16];
    const input = [lanes.pointer + c * ROWS, borders.pointer, ends, STRETCHES];
    return { kernel: 'summarizeU8', args: [...input, ...statistics] };
  });
  const first = outputs.pointer / 8;
  const count = STRETCHES * 3 * columns;
  return {
    calls,
    blocks: [lanes, borders, outputs],
    results: () => [...kernelViews().f64.subarray(first, first + count)],
    clear: () => void kernelViews().f64.fill(-1, first, first + count),
  };
}

describe('a list of kernel calls', () => {
  it('does what the calls do', () => {
    const { calls, results, clear } = setUp(9);
    clear();
    runCalls(calls);
    const expected = results();
    const list = tryAllocate(listBytes(calls.length)) as KernelBlock;
    clear();
    writeCalls(calls, list.pointer);
    takeCalls(list.pointer);
    expect(results()).toEqual(expected);
    // Nothing is left to take.
    clear();
    takeCalls(list.pointer);
    finishCalls(list.pointer);
    expect(results().every((value) => value === -1)).toBe(true);
  });

  it('is finished where somebody has taken calls and does not come back', () => {
    const { calls, results, clear } = setUp(5);
    runCalls(calls);
    const expected = results();
    const list = tryAllocate(listBytes(calls.length)) as KernelBlock;
    clear();
    writeCalls(calls, list.pointer);
    Atomics.add(kernelViews().i32, list.pointer / 4, 3);
    takeCalls(list.pointer);
    expect(results()).not.toEqual(expected);
    finishCalls(list.pointer);
    expect(results()).toEqual(expected);
  });

  it('is made by the event loop alone where there are no helpers', () => {
    const { calls, blocks, results, clear } = setUp(3);
    runCalls(calls);
    const expected = results();
    clear();
    const own = tryAllocate(64) as KernelBlock;
    const release = new KernelTeam([]).run(calls, own, blocks);
    expect(results()).toEqual(expected);
    release();
  });
});
