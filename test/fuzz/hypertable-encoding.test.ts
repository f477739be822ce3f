import { describe, expect, it } from 'vitest';
import { BytesReader, BytesWriter } from '../../src/storage/hypertable/bytes-io.ts';
import { decodeBlock, encodeBlock } from '../../src/storage/hypertable/column-block.ts';
import { packBatch, unpackBatch } from '../../src/storage/hypertable/packing.ts';
import { plainColumn, type PlainColumn } from '../../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../../src/storage/hypertable/text-dictionary.ts';
import type { Vector } from '../../src/vector/vector.ts';
import { OID, sqlType } from '../../src/types/type.ts';
import { randomOf, rowsOf } from '../unit/storage/hypertable/support.ts';
import { StringDictionary } from '../../src/vector/string-dictionary.ts';

type Make = (random: () => number, i: number) => number;

const SHAPES: Record<string, Make> = {
  constant: () => 42,
  zero: () => 0,
  'minus zero': () => -0,
  'mixed zeros': (r) => (r() < 0.5 ? 0 : -0),
  'small whole': (r) => Math.floor(r() * 100),
  'negative whole': (r) => Math.floor(r() * 1e6) - 5e5,
  '33 bits': (r) => Math.floor(r() * 2 ** 33),
  'wide whole': (r) => Math.floor((r() - 0.5) * 2 ** 53),
  'limit whole': (r) => (r() < 0.5 ? 2 ** 52 : -(2 ** 52)),
  'beyond whole': (r) => (r() < 0.5 ? 2 ** 53 - 1 : -(2 ** 53 - 1)),
  grid: (_, i) => 504921600e6 + i * 10_000_000,
  'grid with breaks': (r, i) => 504921600e6 + (i % 360) * 10_000_000 + (r() < 0.01 ? 17 : 0),
  walk: (() => {
    let v = 0;
    return (r: () => number) => (v += Math.floor(r() * 5) - 2);
  })(),
  runs: (_, i) => Math.floor(i / 50) * 1e9,
  decimals: (r) => Math.round(r() * 10000) / 100,
  'five places': (r) => Math.round(r() * 9e6) / 1e5,
  'decimals with noise': (r) => (r() < 0.05 ? r() : Math.round(r() * 1000) / 10),
  doubles: (r) => (r() - 0.5) * 10 ** Math.floor(r() * 600 - 300),
  specials: (r) => [NaN, Infinity, -Infinity, -0, 5e-324, 1.7e308, 3][Math.floor(r() * 7)],
  'whole with specials': (r, i) => (i % 97 === 0 ? NaN : Math.floor(r() * 50)),
  'decimals with specials': (r, i) => (i % 97 === 0 ? -0 : Math.round(r() * 50) / 10),
  'irregular micros': (r, i) => 7.6e14 + (i % 700) * 10_000_000 + Math.floor(r() * 5_000_000),
  'long doubles': (r) => 20 + 5 * Math.sin(r() * 3),
  'few distinct': (r) => Math.sqrt(Math.floor(r() * 12)),
  floats: (r) => Math.fround(r() * 100),
};

function bits(data: Float64Array): BigUint64Array {
  return new BigUint64Array(data.slice().buffer);
}

const FLOAT = sqlType(OID.float8);

function sizeOf(data: Float64Array): number {
  return encodeBlock({ rep: 'f64', data, nulls: undefined }, data.length, FLOAT).length;
}

/** Encodes and decodes, hot and cold; NULLs come back as 0. */
function there(data: Float64Array, nulls?: Uint8Array): Float64Array {
  const hot = encoded(data, nulls, false);
  const cold = encoded(data, nulls, true);
  // One comparison: a difference in 65,536 numbers takes minutes to print.
  expect(Buffer.compare(Buffer.from(cold.buffer), Buffer.from(hot.buffer))).toBe(0);
  return hot;
}

function encoded(data: Float64Array, nulls: Uint8Array | undefined, isCold: boolean): Float64Array {
  const bytes = encodeBlock({ rep: 'f64', data, nulls }, data.length, FLOAT, { isCold });
  const back = plainColumn(decodeBlock(bytes, FLOAT, () => new TextDictionary()));
  expect(back.nulls).toEqual(nulls?.includes(1) ? nulls : undefined);
  return back.rep === 'f64' ? back.data : new Float64Array(0);
}

describe('numbers come back bit for bit', () => {
  for (const [name, make] of Object.entries(SHAPES)) {
    it(name, () => {
      const random = randomOf(name.length * 131 + 7);
      for (const length of [1, 2, 3, 31, 32, 33, 500, 1023, 1024, 1025, 5000, 65_536]) {
        const data = Float64Array.from({ length }, (_, i) => make(random, i));
        expect(bits(there(data))).toEqual(bits(data));
        expect(sizeOf(data)).toBeLessThanOrEqual(length * 8 + 30 + length / 1000);
      }
    });
    it(`${name}, with NULLs`, () => {
      const random = randomOf(name.length * 17 + 3);
      for (const length of [1, 40, 3000]) {
        const data = Float64Array.from({ length }, (_, i) => make(random, i));
        const nulls = Uint8Array.from({ length }, () => (random() < 0.3 ? 1 : 0));
        const wanted = data.map((value, i) => (nulls[i] === 1 ? 0 : value));
        expect(bits(there(data, nulls))).toEqual(bits(wanted));
      }
    });
  }

  it('any doubles, mixed from all shapes', () => {
    const makes = Object.values(SHAPES);
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomOf(seed);
      const chosen = makes.filter(() => random() < 0.15);
      if (chosen.length === 0) continue;
      const length = 1 + Math.floor(random() * 4000);
      const stay = random() < 0.5 ? 0.999 : 0.9;
      let make = chosen[0]!;
      const data = Float64Array.from({ length }, (_, i) => {
        if (random() > stay) make = chosen[Math.floor(random() * chosen.length)]!;
        return make(random, i);
      });
      expect(bits(there(data))).toEqual(bits(data));
    }
  });

  it('random bits', () => {
    const random = randomOf(4711);
    for (const mask of [0xffffffff, 0xfff00000, 0x0000ffff, 0x7ff00001]) {
      const words = Uint32Array.from({ length: 6000 }, () => (random() * 2 ** 32) & mask);
      const data = new Float64Array(words.buffer);
      expect(bits(there(data))).toEqual(bits(data));
    }
  });

  it('keeps the payload of a NaN, raw and among exceptions', () => {
    for (const length of [3, 100, 2000]) {
      for (const unit of [1, 10, Math.SQRT2]) {
        const data = Float64Array.from({ length }, (_, i) => i / unit);
        new BigUint64Array(data.buffer)[length >> 1] = 0x7ff8_0000_dead_beefn;
        new BigUint64Array(data.buffer)[length - 1] = 0xfff8_0000_0000_0001n;
        new BigUint64Array(data.buffer)[0] = 0x7ff0_0000_0000_0001n;
        expect(bits(there(data))).toEqual(bits(data));
      }
    }
  });

  it('every bit width, random values', () => {
    const random = randomOf(99);
    for (let width = 0; width <= 53; width++) {
      const data = Float64Array.from({ length: 1100 }, () => Math.floor(random() * 2 ** width));
      expect(there(data)).toEqual(data);
    }
  });

  it('packs more where it will rest', () => {
    const random = randomOf(11);
    const normal = (): number => {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += random();
      return sum;
    };
    let value = 50;
    const data = Float64Array.from({ length: 65_536 }, (_, i) => {
      if (i % 4320 === 0) value = Math.floor(random() * 100);
      value = Math.max(0, Math.min(100, value + normal()));
      return Math.round(value);
    });
    const column = { rep: 'f64' as const, data, nulls: undefined };
    const hot = encodeBlock(column, data.length, FLOAT).length;
    const cold = encodeBlock(column, data.length, FLOAT, { isCold: true }).length;
    expect(cold).toBeLessThan(hot * 0.8);
    expect(bits(there(data))).toEqual(bits(data));
    for (const make of Object.values(SHAPES)) {
      const shaped = Float64Array.from({ length: 3000 }, (_, i) => make(random, i));
      const other = { rep: 'f64' as const, data: shaped, nulls: undefined };
      const size = encodeBlock(other, 3000, FLOAT, { isCold: true }).length;
      expect(size).toBeLessThanOrEqual(encodeBlock(other, 3000, FLOAT).length + 40);
    }
  });

  it('packs what packs', () => {
    const bytes = (make: Make): number => {
      const random = randomOf(5);
      return sizeOf(Float64Array.from({ length: 1024 }, (_, i) => make(random, i)));
    };
    expect(bytes(SHAPES['constant']!)).toBeLessThan(40);
    expect(bytes(SHAPES['grid']!)).toBeLessThan(50);
    expect(bytes(SHAPES['grid with breaks']!)).toBeLessThan(900);
    expect(bytes(SHAPES['small whole']!)).toBeLessThan(1000);
    expect(bytes(SHAPES['walk']!)).toBeLessThan(450);
    expect(bytes(SHAPES['decimals']!)).toBeLessThan(2000);
    expect(bytes(SHAPES['decimals with noise']!)).toBeLessThan(2600);
    expect(bytes(SHAPES['whole with specials']!)).toBeLessThan(1100);
    expect(bytes(SHAPES['specials']!)).toBeLessThan(600);
    expect(bytes(SHAPES['floats']!)).toBeLessThan(3500);
    expect(bytes(SHAPES['irregular micros']!)).toBeLessThan(3500);
    expect(bytes(SHAPES['long doubles']!)).toBeLessThan(7600);
  });
});

describe('blocks', () => {
  const nullsOf = (random: () => number, length: number): Uint8Array =>
    Uint8Array.from({ length }, () => (random() < 0.2 ? 1 : 0));

  it('hold every form of column', () => {
    const random = randomOf(17);
    const rows = 3000;
    const dictionary = new TextDictionary();
    const codes = Int32Array.from({ length: rows }, () =>
      dictionary.intern(`näme ${Math.floor(random() * 300)} 🙂`),
    );
    const columns: [PlainColumn, number][] = [
      [
        { rep: 'f64', data: Float64Array.from({ length: rows }, random), nulls: undefined },
        OID.float8,
      ],
      [{ rep: 'bool', data: nullsOf(random, rows), nulls: nullsOf(random, rows) }, OID.bool],
      [{ rep: 'text', codes, dictionary, nulls: nullsOf(random, rows) }, OID.text],
      [
        {
          rep: 'any',
          data: Array.from({ length: rows }, (_, i) =>
            i % 3 === 0 ? null : 2n ** 60n + BigInt(i),
          ),
          nulls: Uint8Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? 1 : 0)),
        },
        OID.int8,
      ],
    ];
    for (const [column, oid] of columns) {
      const back = plainColumn(
        decodeBlock(
          encodeBlock(column, rows, sqlType(oid)),
          sqlType(oid),
          () => new TextDictionary(),
        ),
      );
      expect(back.rep).toBe(column.rep);
      expect(back.nulls).toEqual(column.nulls);
      if (column.rep === 'text' && back.rep === 'text') {
        const texts = (c: typeof column): string[] =>
          [...c.codes].map((code, i) => (c.nulls?.[i] === 1 ? '' : c.dictionary.textOf(code)));
        expect(texts(back)).toEqual(texts(column));
      } else if (back.rep !== 'text' && column.rep !== 'text')
        expect(back.data).toEqual(column.data);
    }
  });
});

describe('log packing', () => {
  it('round-trips batches of every shape', () => {
    for (const [name, make] of Object.entries(SHAPES)) {
      const random = randomOf(name.length);
      const length = Math.floor(random() * 300);
      const data = Float64Array.from({ length }, (_, i) => make(random, i));
      const nulls = Uint8Array.from({ length }, () => (random() < 0.3 ? 1 : 0));
      const dictionary = new StringDictionary(Array.from({ length: 400 }, (_, i) => `t${i}`));
      const codes = Int32Array.from({ length }, () => Math.floor(random() * 400));
      const columns: Vector[] = [
        { rep: 'f64', type: sqlType(OID.float8), length, data, nulls: undefined },
        { rep: 'text', type: sqlType(OID.text), length, codes, dictionary, nulls },
        { rep: 'bool', type: sqlType(OID.bool), length, data: nulls, nulls: undefined },
        {
          rep: 'any',
          type: sqlType(OID.int8),
          length,
          data: [...data].map((_, i) => BigInt(i) - 2n ** 62n),
          nulls: undefined,
        },
      ];
      const writer = new BytesWriter(16);
      packBatch(writer, [1, 2, 5, 9], { columns, length });
      const back = unpackBatch(new BytesReader(writer.finish()));
      expect(back.attnums).toEqual([1, 2, 5, 9]);
      expect(rowsOf(back.batch)).toEqual(rowsOf({ columns, length }));
    }
  });
});
