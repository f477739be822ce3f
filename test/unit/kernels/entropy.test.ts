import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, scratch } from '../../../src/kernels/memory.ts';
import { fitFrequencies } from '../../../src/storage/hypertable/symbol-frequencies.ts';
import { naiveSymbols, type Frequencies } from './support/naive-symbols.ts';

const COUNT_MAX = 3000;
const TABLE = 16_384;
const CANARY = 0x5c;

function places(): Record<'table' | 'list' | 'source' | 'bytes' | 'target' | 'work', number> {
  const table = scratch(TABLE + 16_384 + COUNT_MAX * 6);
  const list = table + TABLE;
  const source = list + 4096;
  const bytes = source + COUNT_MAX + 96;
  const target = bytes + COUNT_MAX * 2 + 200;
  return { table, list, source, bytes, target, work: list + 2048 };
}

function listOf(symbols: readonly number[]): Frequencies {
  const counts = new Uint32Array(256);
  for (const symbol of symbols) counts[symbol]!++;
  const fitted = fitFrequencies(counts);
  return [...fitted.keys()].filter((s) => fitted[s]! > 0).map((s) => [s, fitted[s]!] as const);
}

function encode(symbols: readonly number[], frequencies: Frequencies): Uint8Array {
  const { list, source, bytes, work } = places();
  const { u8, u32 } = kernelViews();
  u8.set(symbols, source);
  let before = 0;
  for (const [symbol, frequency] of frequencies) {
    u32[list / 4 + symbol] = frequency | (before << 16);
    before += frequency;
  }
  const end = bytes + symbols.length * 2 + 16;
  const start = kernels.encodeSymbols(source, symbols.length, end, list, work) >>> 0;
  expect(start).toBeGreaterThanOrEqual(bytes);
  return u8.slice(start, end);
}

function decode(
  packed: Uint8Array,
  count: number,
  frequencies: Frequencies,
): { symbols: number[]; used: number } | undefined {
  const { table, list, bytes, target } = places();
  const { u8 } = kernelViews();
  frequencies.forEach(([symbol, frequency], i) => {
    u8.set([symbol, frequency & 0xff, frequency >> 8], list + i * 3);
  });
  expect(kernels.symbolTable(list, frequencies.length, table)).toBe(1);
  u8.set(packed, bytes);
  u8.fill(CANARY, target + count, target + count + 8);
  const used = kernels.decodeSymbols(bytes, bytes + packed.length, target, count, table);
  for (let i = 0; i < 8; i++) expect(u8[target + count + i]).toBe(CANARY);
  return used < 0 ? undefined : { symbols: [...u8.subarray(target, target + count)], used };
}

/** Symbols of some distribution. */
const symbolLists = fc
  .tuple(
    fc.integer({ min: 1, max: COUNT_MAX }),
    fc.integer({ min: 1, max: 256 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  )
  .map(([count, distinct, skew, seed]) => {
    let state = seed;
    return Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (Math.floor((state / 2 ** 32) ** skew * distinct) * 7) % 256;
    });
  });

describe('symbols', () => {
  it('come back', () => {
    fc.assert(
      fc.property(symbolLists, (symbols) => {
        const frequencies = listOf(symbols);
        const packed = encode(symbols, frequencies);
        const expected = { symbols, used: packed.length };
        expect(decode(packed, symbols.length, frequencies)).toEqual(expected);
        expect(naiveSymbols(packed, symbols.length, frequencies)).toEqual(expected);
      }),
    );
  });

  it('are read from damaged bytes as the plain decoder reads them', () => {
    fc.assert(
      fc.property(
        symbolLists,
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
        fc.nat({ max: 40 }),
        (symbols, changes, cut) => {
          const frequencies = listOf(symbols);
          const whole = encode(symbols, frequencies);
          const packed = whole.slice(0, Math.max(0, whole.length - Math.max(0, cut - 20)));
          for (const [at, value] of changes)
            if (packed.length > 0) packed[at % packed.length] = value;
          const naive = naiveSymbols(packed, symbols.length, frequencies);
          expect(decode(packed, symbols.length, frequencies)).toEqual(naive);
        },
      ),
    );
  });

  it('have frequencies that add up', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 70_000 })), {
          minLength: 256,
          maxLength: 256,
        }),
        (counts) => {
          const fitted = fitFrequencies(Uint32Array.from(counts));
          const sum = fitted.reduce((total, frequency) => total + frequency, 0);
          expect(sum).toBe(counts.some((count) => count > 0) ? 4096 : 0);
          counts.forEach((count, symbol) => expect(fitted[symbol]! > 0).toBe(count > 0));
        },
      ),
    );
  });

  it('are refused where frequencies do not add up', () => {
    const { table, list } = places();
    const { u8 } = kernelViews();
    u8.set([1, 0xff, 0x0f, 2, 1, 0], list);
    expect(kernels.symbolTable(list, 2, table)).toBe(1);
    expect(kernels.symbolTable(list, 1, table)).toBe(0);
    u8.set([2, 2, 0], list + 3);
    expect(kernels.symbolTable(list, 2, table)).toBe(0);
    u8.set([2, 0, 0], list + 3);
    expect(kernels.symbolTable(list, 2, table)).toBe(0);
  });
});
