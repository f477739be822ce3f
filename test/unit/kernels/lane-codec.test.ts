import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { LANE_WORK_BYTES } from '../../../src/kernels/lane-kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';
import { naiveLanes } from './support/naive-lanes.ts';
import { rounds } from '../../support/rounds.ts';

const CODECS = [
  { size: 1, encode: kernels.encodeLanesU8, decode: kernels.decodeLanesU8 },
  { size: 2, encode: kernels.encodeLanesU16, decode: kernels.decodeLanesU16 },
  { size: 4, encode: kernels.encodeLanesU32, decode: kernels.decodeLanesU32 },
] as const;

const CANARY = 0xa5;
const ROWS_MAX = 5000;

/** Addresses for one test's use: source, packed bytes, target, working memory. */
function places(): { source: number; packed: number; target: number; work: number } {
  const source = scratch(ROWS_MAX * 16 + LANE_WORK_BYTES + 8192);
  const packed = source + ROWS_MAX * 4 + 256;
  const target = packed + ROWS_MAX * 5 + 1024;
  return { source, packed, target, work: Math.ceil((target + ROWS_MAX * 4 + 256) / 16) * 16 };
}

function viewOf(size: number): Uint8Array | Uint16Array | Uint32Array {
  const views = kernelViews();
  return size === 1 ? views.u8 : size === 2 ? views.u16 : views.u32;
}

/** Decodes with the kernel: nothing but the target may be written. */
function decode(
  codec: (typeof CODECS)[number],
  bytes: Uint8Array,
  rows: number,
  symbols: readonly number[] = [],
): { lanes: number[]; used: number } | undefined {
  const { source, packed, target, work } = places();
  const { u8 } = kernelViews();
  u8.set(bytes, packed);
  u8.set(symbols, source);
  const from = Math.ceil(target / 16) * 16;
  const end = from + rows * codec.size;
  u8.fill(CANARY, from - 16, from);
  u8.fill(CANARY, end, end + 16);
  const symbolsAt = symbols.length === 0 ? 0 : source;
  const used = codec.decode(
    packed,
    packed + bytes.length,
    from,
    rows,
    symbolsAt,
    symbolsAt + symbols.length,
    work,
  );
  for (let i = 1; i <= 16; i++) expect(u8[from - i]).toBe(CANARY);
  for (let i = 0; i < 16; i++) expect(u8[end + i]).toBe(CANARY);
  if (used < 0) return undefined;
  const first = from / codec.size;
  return { lanes: [...viewOf(codec.size).subarray(first, first + rows)], used };
}

function encode(codec: (typeof CODECS)[number], lanes: readonly number[]): Uint8Array {
  const { source, packed, work } = places();
  viewOf(codec.size).set(lanes, source / codec.size);
  const length = codec.encode(source, lanes.length, packed, work);
  return kernelViews().u8.slice(packed, packed + length);
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return ((state >>> 8) % 2 ** 22) / 2 ** 22;
  };
}

/** Lanes of many shapes: random in some bits, walks, runs, few distinct ones, with some far off. */
function lanesOf(size: number): fc.Arbitrary<number[]> {
  const limit = 2 ** (size * 8);
  return fc
    .record({
      rows: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1000, max: 4500 })),
      width: fc.integer({ min: 0, max: size * 8 }),
      shape: fc.constantFrom('random', 'walk', 'runs', 'distinct', 'ramp'),
      start: fc.integer({ min: 0, max: limit - 1 }),
      outliers: fc.constantFrom(0, 0, 0.002, 0.05),
      seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    })
    .map(({ rows, width, shape, start, outliers, seed }) => {
      const random = randomFrom(seed);
      const some = (): number => Math.floor(random() * 2 ** width + random());
      const listed = Array.from({ length: 1 + Math.floor(random() * 40) }, () => some());
      let lane = start;
      return Array.from({ length: rows }, (_, i) => {
        if (random() < outliers) return Math.floor(random() * limit);
        if (shape === 'random') lane = start + some();
        else if (shape === 'walk') lane += some() - Math.floor(2 ** width / 2);
        else if (shape === 'runs') lane = random() < 0.03 ? some() : lane;
        else if (shape === 'distinct') lane = listed[Math.floor(random() * listed.length)]!;
        else lane = start + (i % 700) * (width + 1);
        return ((lane % limit) + limit) % limit;
      });
    });
}

describe('lanes in vectors', () => {
  for (const codec of CODECS) {
    const bits = codec.size * 8;

    it(`come back, ${bits} bits`, () => {
      fc.assert(
        fc.property(lanesOf(codec.size), (lanes) => {
          const bytes = encode(codec, lanes);
          const vectors = Math.ceil(lanes.length / 1024);
          expect(bytes.length).toBeLessThanOrEqual(lanes.length * codec.size + vectors);
          expect(decode(codec, bytes, lanes.length)).toEqual({ lanes, used: bytes.length });
          expect(naiveLanes(bytes, lanes.length, codec.size)).toEqual({
            lanes,
            used: bytes.length,
          });
        }),
        { numRuns: rounds(40) },
      );
    });

    it(`are read from any bytes as the plain decoder reads them, ${bits} bits`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 8 }),
          fc.oneof(fc.integer({ min: 0, max: 34 }), fc.nat({ max: 255 })),
          fc.nat({ max: 4 }),
          fc.nat({ max: 3000 }),
          fc.integer({ min: 1, max: 1500 }),
          fc.nat({ max: 1600 }),
          fc.integer({ min: 1, max: 2 ** 31 - 1 }),
          (scheme, second, third, length, rows, count, seed) => {
            const random = randomFrom(seed);
            const byte = (): number => Math.floor(random() * 256);
            const bytes = Uint8Array.from({ length }, byte);
            if (length > 3) bytes.set([scheme, second, third]);
            if (length > 4 && second < 40) bytes[3] = 0;
            const symbols = Array.from({ length: count }, byte);
            const naive = naiveLanes(bytes, rows, codec.size, symbols);
            expect(decode(codec, bytes, rows, symbols)).toEqual(naive);
          },
        ),
        { numRuns: 300 },
      );
    });

    it(`survive damage as the plain decoder does, ${bits} bits`, () => {
      fc.assert(
        fc.property(
          lanesOf(codec.size),
          fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }),
          (lanes, changes) => {
            const bytes = encode(codec, lanes);
            for (const [at, value] of changes) bytes[at % Math.min(bytes.length, 40)] = value;
            const naive = naiveLanes(bytes, lanes.length, codec.size);
            expect(decode(codec, bytes, lanes.length)).toEqual(naive);
          },
        ),
        { numRuns: rounds(40) },
      );
    });
  }
});
