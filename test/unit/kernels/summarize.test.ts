import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';

type Lanes = Uint8Array | Uint16Array | Uint32Array;

interface Summary {
  readonly sum: number;
  readonly squares: number;
  readonly minimum: number;
  readonly maximum: number;
}

function twin(lanes: Lanes, start: number, end: number): Summary {
  let sum = 0;
  let squares = 0n;
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let i = start; i < end; i++) {
    const lane = lanes[i]!;
    sum += lane;
    squares += BigInt(lane) ** 2n;
    minimum = Math.min(minimum, lane);
    maximum = Math.max(maximum, lane);
  }
  const n = end - start;
  const centred = Number(BigInt(n) * squares - BigInt(sum) ** 2n) / n;
  return { sum, squares: centred, minimum, maximum };
}

/** Lays lanes, borders and outputs into scratch memory and runs the kernel of the lanes' width. */
function summarize(lanes: Lanes, borders: readonly number[]): Summary[] {
  const count = borders.length - 1;
  const base = scratch(lanes.byteLength + 16 + count * 40 + 64);
  const starts = base + Math.ceil(lanes.byteLength / 16) * 16;
  const ends = starts + count * 4;
  const outputs = Math.ceil((ends + count * 4) / 8) * 8;
  const { u8, u32, f64 } = kernelViews();
  u8.set(new Uint8Array(lanes.buffer, lanes.byteOffset, lanes.byteLength), base);
  for (let i = 0; i < count; i++) {
    u32[starts / 4 + i] = borders[i]!;
    u32[ends / 4 + i] = borders[i + 1]!;
  }
  const [sums, squares, minimums, maximums] = [0, 1, 2, 3].map((k) => outputs + k * count * 8) as [
    number,
    number,
    number,
    number,
  ];
  if (lanes instanceof Uint32Array) {
    kernels.summarizeU32(base, starts, ends, count, sums, minimums, maximums);
  } else {
    const kernel = lanes instanceof Uint8Array ? kernels.summarizeU8 : kernels.summarizeU16;
    kernel(base, starts, ends, count, sums, squares, minimums, maximums);
  }
  return Array.from({ length: count }, (_, i) => ({
    sum: f64[sums / 8 + i]!,
    squares: f64[squares / 8 + i]!,
    minimum: f64[minimums / 8 + i]!,
    maximum: f64[maximums / 8 + i]!,
  }));
}

function bordersOf(length: number, cuts: readonly number[]): number[] {
  return [...new Set([0, length, ...cuts.map((cut) => cut % length)])].sort((a, b) => a - b);
}

const cuts = fc.array(fc.nat(), { maxLength: 8 });

describe('summaries of stretches', () => {
  it('of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 5000 }), cuts, (lanes, at) => {
        const borders = bordersOf(lanes.length, at);
        const expected = borders.slice(1).map((end, i) => twin(lanes, borders[i]!, end));
        expect(summarize(lanes, borders)).toEqual(expected);
      }),
    );
  });

  it('of 16-bit lanes', () => {
    fc.assert(
      fc.property(fc.uint16Array({ minLength: 1, maxLength: 3000 }), cuts, (lanes, at) => {
        const borders = bordersOf(lanes.length, at);
        const expected = borders.slice(1).map((end, i) => twin(lanes, borders[i]!, end));
        expect(summarize(lanes, borders)).toEqual(expected);
      }),
    );
  });

  it('of 32-bit lanes', () => {
    fc.assert(
      fc.property(fc.uint32Array({ minLength: 1, maxLength: 3000 }), cuts, (lanes, at) => {
        const borders = bordersOf(lanes.length, at);
        const found = summarize(lanes, borders).map(({ sum, minimum, maximum }) => [
          sum,
          minimum,
          maximum,
        ]);
        const expected = borders.slice(1).map((end, i) => {
          const { sum, minimum, maximum } = twin(lanes, borders[i]!, end);
          return [sum, minimum, maximum];
        });
        expect(found).toEqual(expected);
      }),
    );
  });

  it.each([
    ['bytes', new Uint8Array(65_536).fill(255)],
    ['16-bit lanes', new Uint16Array(65_536).fill(65_535)],
  ])('is exact over the longest stretch of the largest %s', (_, lanes) => {
    expect(summarize(lanes, [0, 65_536])).toEqual([twin(lanes, 0, 65_536)]);
  });

  it('is exact over the longest stretch of the largest 32-bit lanes', () => {
    const lanes = new Uint32Array(65_536).fill(2 ** 32 - 1);
    expect(summarize(lanes, [0, 65_536])[0]).toMatchObject({
      sum: 65_536 * (2 ** 32 - 1),
      minimum: 2 ** 32 - 1,
      maximum: 2 ** 32 - 1,
    });
  });
});

/** Sums and counts of what is not NULL, by the kernel of the lanes' width. */
function summarizeKnown(
  lanes: Lanes,
  nulls: Uint8Array,
  borders: readonly number[],
): { sum: number; count: number }[] {
  const count = borders.length - 1;
  const base = scratch(lanes.byteLength + nulls.length + count * 24 + 128);
  const mask = base + Math.ceil(lanes.byteLength / 16) * 16;
  const starts = mask + Math.ceil(nulls.length / 16) * 16;
  const ends = starts + count * 4;
  const sums = Math.ceil((ends + count * 4) / 8) * 8;
  const counts = sums + count * 8;
  const { u8, u32, f64 } = kernelViews();
  u8.set(new Uint8Array(lanes.buffer, lanes.byteOffset, lanes.byteLength), base);
  u8.set(nulls, mask);
  for (let i = 0; i < count; i++) {
    u32[starts / 4 + i] = borders[i]!;
    u32[ends / 4 + i] = borders[i + 1]!;
  }
  const kernel =
    lanes instanceof Uint8Array
      ? kernels.summarizeKnownU8
      : lanes instanceof Uint16Array
        ? kernels.summarizeKnownU16
        : kernels.summarizeKnownU32;
  kernel(base, mask, starts, ends, count, sums, counts);
  const found = Array.from({ length: count }, (_, i) => ({
    sum: f64[sums / 8 + i]!,
    count: f64[counts / 8 + i]!,
  }));
  kernel(base, mask, starts, ends, count, 0, counts);
  expect(Array.from({ length: count }, (_, i) => f64[counts / 8 + i])).toEqual(
    found.map((each) => each.count),
  );
  return found;
}

describe.each([
  ['bytes', Uint8Array, 255],
  ['16 bits', Uint16Array, 65_535],
  ['32 bits', Uint32Array, 4_294_967_295],
] as const)('stretches of %s among NULLs', (_, Lanes, most) => {
  it('are summed without them', () => {
    const row = fc.record({
      lane: fc.oneof(fc.constant(most), fc.nat(most)),
      isNull: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 300 }),
        fc.array(fc.nat(300), { maxLength: 12 }),
        (rows, cuts) => {
          const lanes = new Lanes(rows.map(({ lane }) => lane));
          const nulls = Uint8Array.from(rows, ({ isNull }) => Number(isNull));
          const inside = cuts.filter((cut) => cut > 0 && cut < rows.length);
          const borders = [...new Set([0, ...inside, rows.length])].sort((a, b) => a - b);
          const expected = borders.slice(1).map((end, i) => {
            const known = rows.slice(borders[i], end).filter(({ isNull }) => !isNull);
            return { sum: known.reduce((sum, { lane }) => sum + lane, 0), count: known.length };
          });
          expect(summarizeKnown(lanes, nulls, borders)).toEqual(expected);
        },
      ),
    );
  });

  it('take as many as a piece has', () => {
    const lanes = new Lanes(65_536).fill(most);
    const nulls = new Uint8Array(65_536);
    nulls[65_535] = 1;
    const found = summarizeKnown(lanes, nulls, [0, 65_536]);
    expect(found).toEqual([{ sum: most * 65_535, count: 65_535 }]);
  });
});
