import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { kernelBytesInUse, kernelViews, tryAllocate } from '../../../src/kernels/memory.ts';

describe('memory of the kernels', () => {
  it('gives blocks that do not overlap, aligned, and grows', () => {
    const sizes = [1, 15, 16, 100, 4096, 65_537, 30_000_000, 5];
    const blocks = sizes.map((bytes) => tryAllocate(bytes)!);
    const before = kernelBytesInUse();
    blocks.forEach((block, i) =>
      kernelViews().u8.fill(i + 1, block.pointer, block.pointer + sizes[i]!),
    );
    blocks.forEach((block, i) => {
      expect(block.pointer % 16).toBe(0);
      expect(kernelViews().u8[block.pointer]).toBe(i + 1);
      expect(kernelViews().u8[block.pointer + sizes[i]! - 1]).toBe(i + 1);
    });
    expect(before).toBeGreaterThanOrEqual(sizes.reduce((sum, size) => sum + size));
  });

  it('has no place for more than an address reaches', () => {
    expect(tryAllocate(2 ** 32)).toBeUndefined();
  });

  it('gets blocks back that nobody holds, though V8 sees no need', async () => {
    const before = kernelBytesInUse();
    let most = 0;
    for (let i = 0; i < 3000; i++) {
      if (tryAllocate(1 << 20) === undefined) throw new Error(`no room for block ${i}`);
      most = Math.max(most, kernelBytesInUse());
      if (i % 50 === 0) await setTimeout(1);
    }
    // A collection in steps may take until half as much again has come.
    expect(most - before).toBeLessThan(1.5 * 2 ** 30);
  });
});
