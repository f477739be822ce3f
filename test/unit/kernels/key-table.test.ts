/** Keys of a fixed width, numbered by kernels, against a Map of their bytes. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { finishNow } from '../../../src/base/steps.ts';
import { PackedTable } from '../../../src/exec/packed-keys/packed-table.ts';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch, tryAllocate } from '../../../src/kernels/memory.ts';
import { rounds } from '../../support/rounds.ts';
import { expectSame } from '../../support/expect-same.ts';

/** Words of all keys, one key behind the other. */
function placed(words: Uint32Array): { pointer: number; block: object } {
  const block = tryAllocate(words.byteLength + 16)!;
  kernelViews().u32.set(words, block.pointer >>> 2);
  return { pointer: block.pointer, block };
}

class Twin {
  readonly #numbers = new Map<string, number>();

  number(words: Uint32Array, width: number, adds: boolean): { numbers: number[]; fresh: number[] } {
    const fresh: number[] = [];
    const numbers: number[] = [];
    for (let row = 0; row * width < words.length; row++) {
      const key = words.slice(row * width, (row + 1) * width).join();
      let number = this.#numbers.get(key) ?? -1;
      if (number < 0 && adds) {
        number = this.#numbers.size;
        this.#numbers.set(key, number);
        fresh.push(row);
      }
      numbers.push(number);
    }
    return { numbers, fresh };
  }
}

it('numbers keys of any width, and grows', () => {
  const batch = fc.record({
    rows: fc.integer({ min: 0, max: 3000 }),
    spread: fc.constantFrom(1, 7, 300, 2 ** 14, 2 ** 32),
    seed: fc.integer(),
    finds: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.array(batch, { minLength: 1, maxLength: 6 }),
      (width, batches) => {
        const table = new PackedTable(width * 4);
        const twin = new Twin();
        for (const { rows, spread, seed, finds } of batches) {
          let state = seed | 0;
          const words = Uint32Array.from({ length: rows * width }, () => {
            state = (Math.imul(state, 1664525) + 1013904223) | 0;
            return Math.floor(((state >>> 0) / 2 ** 32) * spread);
          });
          const { pointer, block } = placed(words);
          const out = new Int32Array(rows);
          const expected = twin.number(words, width, !finds);
          if (finds) table.find(pointer, rows, out);
          else {
            const fresh = new Int32Array(rows);
            const added = finishNow(table.insert(pointer, rows, out, fresh));
            expectSame(fresh.subarray(0, added), expected.fresh);
          }
          expectSame(out, expected.numbers);
          expect(block).toBeDefined();
        }
        table.free();
      },
    ),
    { numRuns: rounds(40) },
  );
});

const doubles = fc.array(
  fc.oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.constantFrom(0, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1),
  ),
  { maxLength: 40 },
);

it('makes words of doubles and doubles of words', () => {
  fc.assert(
    fc.property(doubles, fc.constantFrom(8, 12, 20), (values, stride) => {
      const stage = scratch(8192);
      const target = stage + 1024;
      const length = values.length;
      const words = (): number[] =>
        values.map((_, i) => kernelViews().i32[(target + i * stride) >>> 2] as number);
      kernelViews().f64.set(values, stage >>> 3);
      kernels.keyWords(stage, length, target, stride, 0);
      expect(words()).toEqual(values.map((v) => Math.min(Math.max(v, -(2 ** 31)), 2 ** 31 - 1)));
      kernels.keyWords(stage, length, target, stride, 1);
      expect(words()).toEqual(values.map((v) => Number(BigInt.asIntN(32, BigInt(v)))));
      kernels.keyWholes(stage, length, target, stride);
      kernels.collectLongs(target, stride, length, stage);
      expect([...kernelViews().i64.subarray(stage >>> 3, (stage >>> 3) + length)]).toEqual(
        values.map(BigInt),
      );
      expect(kernels.wholeDoubles(stage, length, stage + 512)).toBe(1);
      const back = (stage + 512) >>> 3;
      expect([...kernelViews().f64.subarray(back, back + length)]).toEqual(values);
    }),
  );
});

it('tells numbers that no double holds', () => {
  const stage = scratch(64);
  for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
    kernelViews().i64[stage >>> 3] = value;
    expect(kernels.wholeDoubles(stage, 1, stage + 8)).toBe(0);
  }
});

it('keeps doubles bit for bit but for NaN, and tells zeros with a sign', () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { maxLength: 40 }), (values) => {
      const stage = scratch(4096);
      kernelViews().f64.set(values, stage >>> 3);
      const fits = kernels.keyFloats(stage, values.length, stage + 1024, 8);
      expect(fits).toBe(values.some((value) => Object.is(value, -0)) ? 0 : 1);
      const first = (stage + 1024) >>> 3;
      expect([...kernelViews().f64.subarray(first, first + values.length)]).toEqual(values);
    }),
  );
});

it('spreads and collects words, and widens keys', () => {
  const stage = scratch(4096);
  kernelViews().u32.set([1, 2, 3], stage >>> 2);
  kernels.spreadWords(stage, 3, stage + 64, 12);
  kernels.collectWords(stage + 64, 12, 3, stage + 256);
  expect([...kernelViews().u32.subarray((stage + 256) >>> 2, ((stage + 256) >>> 2) + 3)]).toEqual([
    1, 2, 3,
  ]);
  kernelViews().u32.set([1, 2, 3, 4], stage >>> 2);
  kernels.spreadLongs(stage, 2, stage + 64, 12);
  kernels.widenKeys(stage + 64, 8, 1, stage + 256, 12);
  expect([...kernelViews().u32.subarray((stage + 256) >>> 2, ((stage + 256) >>> 2) + 3)]).toEqual([
    1, 2, 0,
  ]);
});
