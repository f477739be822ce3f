/** The commit log's packing against what went in, in every form, and against the loops that it replaces. */
import { describe, expect, it } from 'vitest';
import { BytesReader, BytesWriter } from '../../../../src/storage/hypertable/bytes-io.ts';
import {
  packNumbers,
  packWithLanes,
  unpackNumbers,
} from '../../../../src/storage/hypertable/pack-numbers.ts';
import { laneValue } from '../../../../src/vector/lanes.ts';
import { packVector, unpackVector } from '../../../../src/storage/hypertable/packing.ts';
import { OID, sqlType } from '../../../../src/types/type.ts';
import { valueAt, type TextVector } from '../../../../src/vector/vector.ts';
import { randomOf } from './support.ts';
import { encodeBlock } from '../../../../src/storage/hypertable/column-block.ts';
import { WideColumn } from '../../../../src/storage/hypertable/wide-column.ts';
import { putInteger, WideVector } from '../../../../src/vector/wide-vector.ts';
import { ByteDictionary } from '../../../../src/engine/copy/byte-dictionary.ts';
import { RowTexts } from '../../../../src/engine/copy/row-texts.ts';
import { textsOf } from '../../../support/texts-of.ts';
import { StringDictionary } from '../../../../src/vector/string-dictionary.ts';
import { seedOf } from '../../../support/seed.ts';
import { rounds } from '../../../support/rounds.ts';

const SEED = seedOf('packing');
const TEXT = sqlType(OID.text);
const WIDTHS = [8, 1, 2, 4];

/** The form that numbers have to get, by its own definition. */
function formOf(data: Float64Array): number {
  const isWhole = data.every((value) => Number.isInteger(value) && !Object.is(value, -0));
  const [least, most] = [Math.min(...data), Math.max(...data)];
  if (!isWhole || Math.max(Math.abs(least), Math.abs(most)) > 2 ** 53) return 0;
  if (most - least > 0xffffffff) return 0;
  const runs = data.reduce((sum, value, i) => sum + (i === 0 || value !== data[i - 1] ? 1 : 0), 0);
  if (runs * 12 < data.length) return 4;
  return most - least <= 0xff ? 1 : most - least <= 0xffff ? 2 : 3;
}

function packed(data: Float64Array, length: number): Uint8Array {
  const writer = new BytesWriter(16);
  packNumbers(writer, data, length);
  return writer.finish();
}

describe('packing numbers', () => {
  const whole = (range: number, base: number) => (random: () => number) =>
    base + Math.floor(random() * range);
  const shapes: ((random: () => number, i: number) => number)[] = [
    whole(2, 0),
    whole(256, -7),
    whole(257, 1e15),
    whole(65_536, -1e6),
    whole(65_537, 0),
    whole(2 ** 32, -(2 ** 53)),
    whole(2 ** 33, 0),
    whole(2 ** 54, 0),
    (random) => random() * 100,
    (random) => (random() < 0.001 ? -0 : 1),
    (random) => (random() < 0.001 ? NaN : 1),
    (random) => (random() < 0.001 ? Infinity : 2),
    (_, i) => Math.floor(i / 40) * 1e6,
    (_, i) => Math.floor(i / 11),
    () => 2 ** 53,
  ];

  it(`keeps every number in the form it should have (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (const shape of shapes) {
      for (const length of [1, 2, 255, 256, 257, 1000, 4999]) {
        const data = Float64Array.from({ length: length + 5 }, (_, i) => shape(random, i));
        const bytes = packed(data, length);
        const wanted = data.subarray(0, length);
        expect(bytes[0]).toBe(formOf(wanted));
        const width = WIDTHS[bytes[0] as number];
        if (width !== undefined)
          expect(bytes).toHaveLength((bytes[0] === 0 ? 1 : 9) + length * width);
        const back = unpackNumbers(new BytesReader(bytes), length);
        expect(new BigInt64Array(back.buffer, back.byteOffset, length)).toEqual(
          new BigInt64Array(wanted.slice().buffer),
        );
        const writer = new BytesWriter(16);
        const lanes = packWithLanes(writer, data, length);
        expect(Buffer.compare(writer.finish(), bytes)).toBe(0);
        expect(lanes !== undefined).toBe(length >= 256 && bytes[0] !== 0);
        if (lanes === undefined) continue;
        expect(Array.from(wanted, (_, row) => laneValue(lanes, row))).toEqual([...wanted]);
        expect(lanes.base + lanes.highest).toBe(Math.max(...wanted));
      }
    }
  });

  it('packs none', () => {
    const bytes = packed(new Float64Array(0), 0);
    expect(unpackNumbers(new BytesReader(bytes), 0)).toHaveLength(0);
  });
});

describe('packing texts', () => {
  it(`keeps every text, whatever the dictionary holds beside (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < rounds(20); round++) {
      const strings = [1, 2, 100, 256, 257, 1000, 70_000][Math.floor(random() * 7)] as number;
      const length = Math.floor(random() ** 2 * 3000);
      const texts = Array.from({ length: strings }, (_, i) => `${'ü'.repeat(i % 3)}text ${i}`);
      const dictionary = new StringDictionary(texts);
      const used = 1 + Math.floor(random() * strings);
      const codes = Int32Array.from({ length: length + 3 }, () => Math.floor(random() * used));
      const nulls =
        random() < 0.5 ? undefined : Uint8Array.from(codes, () => (random() < 0.3 ? 1 : 0));
      const vector: TextVector = { rep: 'text', type: TEXT, length, codes, dictionary, nulls };
      // Twice: what is kept of a dictionary must not depend on the rows.
      for (const rows of [length, Math.floor(length / 3)]) {
        const writer = new BytesWriter(16);
        packVector(writer, vector, rows);
        const back = unpackVector(new BytesReader(writer.finish()), TEXT, rows);
        for (let i = 0; i < rows; i++) {
          const [found, wanted] = [valueAt(back, i), valueAt(vector, i)];
          if (found !== wanted) expect(found, `row ${i}`).toBe(wanted);
        }
      }
    }
  });
});

describe('packing texts of a load', () => {
  it(`writes what it writes of other texts (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (const distinct of [1, 30, 400, 5000]) {
      const words = new ByteDictionary();
      for (let i = 0; i < distinct; i++) words.codeOf(`${'ü'.repeat(i % 30)}${i}`);
      const dictionary = words.entries();
      const plain = new StringDictionary(textsOf(dictionary));
      const length = 1 + Math.floor(random() * 3000);
      const codes = Int32Array.from({ length }, () => Math.floor(random() ** 2 * distinct));
      const [a, b] = [dictionary, plain].map((each) => {
        const writer = new BytesWriter(16);
        packVector(
          writer,
          { rep: 'text', type: TEXT, length, codes, dictionary: each, nulls: undefined },
          length,
        );
        return writer.finish();
      });
      expect(Buffer.compare(a, b)).toBe(0);
    }
  });
});

describe('packing integers of 64 bits', () => {
  it(`writes words as it writes values, and reads them (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    const type = sqlType(OID.int8);
    for (const length of [0, 1, 7, 3000]) {
      const values = Array.from({ length }, () => {
        if (random() < 0.1) return null;
        const high = BigInt(Math.floor((random() - 0.5) * 2 ** 32));
        const value = (high << 32n) + BigInt(Math.floor(random() * 2 ** 32));
        const number = Number(random() < 0.3 ? BigInt.asIntN(40, value) : value);
        return Number.isSafeInteger(number) ? number : value;
      });
      const words = new Int32Array(2 * length);
      values.forEach((value, row) => putInteger(value, words, 2 * row));
      const nulls = Uint8Array.from(values, (value) => (value === null ? 1 : 0));
      const [plain, wide] = [
        { rep: 'any', type, length, data: values, nulls } as const,
        new WideVector(type, words, nulls),
      ].map((vector) => {
        const writer = new BytesWriter(16);
        packVector(writer, vector, length);
        return writer.finish();
      });
      expect(Buffer.compare(plain, wide)).toBe(0);
      const back = unpackVector(new BytesReader(wide), type, length);
      expect(Array.from(values, (_, row) => valueAt(back, row))).toEqual(values);
      const column = new WideColumn(words, nulls);
      const blocks = [column, { rep: 'any', data: values, nulls } as const].map((each) =>
        encodeBlock(each, length, type),
      );
      expect(Buffer.compare(blocks[0], blocks[1])).toBe(0);
    }
  });
});

describe('packing texts that were not looked up', () => {
  it(`keeps them, equal ones too (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < rounds(10); round++) {
      const rows = new RowTexts();
      const length = 1 + Math.floor(random() * 3000);
      const texts: (string | null)[] = [];
      const codes = Int32Array.from({ length }, () => {
        const text = `${'ü'.repeat(random() * 9)}${Math.floor(random() * 2000)}`;
        texts.push(random() < 0.1 ? null : text);
        return texts.at(-1) === null ? 0 : rows.codeOf(text);
      });
      const hasNulls = texts.includes(null);
      const nulls = hasNulls
        ? Uint8Array.from(texts, (text) => (text === null ? 1 : 0))
        : undefined;
      const dictionary = rows.entries();
      const vector: TextVector = { rep: 'text', type: TEXT, length, codes, dictionary, nulls };
      const writer = new BytesWriter();
      packVector(writer, vector, length);
      const found = unpackVector(new BytesReader(writer.finish()), TEXT, length);
      expect(texts.map((_, row) => valueAt(found, row))).toEqual(texts);
    }
  });
});
