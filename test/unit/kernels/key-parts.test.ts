/** Keys made distinct a part at a time, against a Set of their words. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, tryAllocate, type KernelBlock } from '../../../src/kernels/memory.ts';

const block = (bytes: number): KernelBlock => tryAllocate(bytes) as KernelBlock;
const NONE = 12;

interface Keys {
  /** In words. */
  readonly width: number;
  readonly words: Uint32Array;
}

const keys = fc
  .record({
    width: fc.integer({ min: 1, max: 3 }),
    rows: fc.integer({ min: 0, max: 700 }),
    spread: fc.constantFrom(1, 7, 300, 2 ** 32),
    seed: fc.integer(),
  })
  .map(({ width, rows, spread, seed }): Keys => {
    let state = seed | 0;
    const words = Uint32Array.from({ length: rows * width }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return Math.floor(((state >>> 0) / 2 ** 32) * spread);
    });
    return { width, words };
  });

it('parts records by their hashes and counts the different keys of each part', () => {
  fc.assert(
    fc.property(
      keys,
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      ({ width, words }, bits, hasWord) => {
        const rows = words.length / width;
        const parts = 1 << bits;
        const source = block(words.byteLength + 16);
        const hashes = block(rows * 4 + 4);
        const starts = block(parts * 4);
        const work = block(1 << 20);
        const records = block(rows * (width + 1) * 4 + 4);
        const out = block(rows * 4 + 4);
        const { u32 } = kernelViews();
        u32.set(words, source.pointer / 4);
        kernels.hashKeys(source.pointer, width * 4, rows, hashes.pointer);
        const hashOf = [...u32.subarray(hashes.pointer / 4, hashes.pointer / 4 + rows)];
        kernels.countParts(hashes.pointer, rows, bits, starts.pointer);
        const counts = [...u32.subarray(starts.pointer / 4, starts.pointer / 4 + parts)];
        expect(counts).toEqual(
          counts.map((_, part) => hashOf.filter((hash) => hash >>> (32 - bits) === part).length),
        );
        const firsts = counts.map((_, part) => counts.slice(0, part).reduce((a, b) => a + b, 0));
        u32.set(firsts, starts.pointer / 4);
        const part = (): void =>
          kernels.partKeys(
            work.pointer,
            source.pointer,
            width * 4,
            hashes.pointer,
            rows,
            bits,
            starts.pointer,
            records.pointer,
          );
        // Whoever is late may do it again.
        part();
        part();
        for (const [p, count] of counts.entries()) {
          const first = records.pointer + firsts[p]! * (width + 1) * 4;
          const word = hasWord ? (width - 1) * 4 : NONE;
          kernels.distinctKeys(work.pointer, first, count, width * 4, bits, 11, word, out.pointer);
          const known = new Map<string, number>();
          for (let row = 0; row < rows; row++) {
            if (hashOf[row]! >>> (32 - bits) !== p) continue;
            const key = words.subarray(row * width, (row + 1) * width);
            known.set(key.join(), key[width - 1]!);
          }
          const at = out.pointer / 4;
          expect(u32[at]).toBe(known.size);
          if (!hasWord) continue;
          const found = [...u32.subarray(at + 1, at + 1 + known.size)];
          expect(found).toEqual([...known.values()]);
        }
      },
    ),
  );
});

it('says where there is no room for the different keys', () => {
  const rows = 400;
  const source = block(rows * 4);
  const hashes = block(rows * 4);
  const starts = block(8);
  const work = block(16 << 8);
  const records = block(rows * 8);
  const out = block(rows * 4 + 4);
  const { u32 } = kernelViews();
  for (let row = 0; row < rows; row++) u32[source.pointer / 4 + row] = row;
  kernels.hashKeys(source.pointer, 4, rows, hashes.pointer);
  u32.set([0, 0], starts.pointer / 4);
  const put = (bits: number): void =>
    kernels.partKeys(
      work.pointer,
      source.pointer,
      4,
      hashes.pointer,
      rows,
      bits,
      starts.pointer,
      records.pointer,
    );
  kernels.countParts(hashes.pointer, rows, 1, starts.pointer);
  const [first] = u32.subarray(starts.pointer / 4);
  u32.set([0, first!], starts.pointer / 4);
  put(1);
  // 256 slots have room for 192 keys.
  kernels.distinctKeys(work.pointer, records.pointer, 192, 4, 1, 8, NONE, out.pointer);
  expect(u32[out.pointer / 4]).toBe(192);
  kernels.distinctKeys(work.pointer, records.pointer, 193, 4, 1, 8, NONE, out.pointer);
  expect(u32[out.pointer / 4]).toBe(2 ** 32 - 1);
});
