import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../../src/base/crc32c.ts';
import {
  decodeBlock,
  encodeBlock,
  numberRows,
} from '../../../../src/storage/hypertable/column-block.ts';
import {
  storedValueAt,
  type LaneColumn,
} from '../../../../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../../../../src/storage/hypertable/text-dictionary.ts';
import { OID, sqlType } from '../../../../src/types/type.ts';
import { randomOf } from './support.ts';
import { seedOf } from '../../../support/seed.ts';
import { rounds } from '../../../support/rounds.ts';
import { expectSame } from '../../../support/expect-same.ts';

const SEED = seedOf('pending lanes');
const FLOAT = sqlType(OID.float8);
const RARE = 0.01;

type Make = (random: () => number, i: number) => number;
/** One for each scheme of vectors, and for each width of lanes. */
const SHAPES: readonly Make[] = [
  () => 7,
  (_, i) => Math.floor(i / 300),
  (r) => Math.floor(r() * 100),
  (r) => Math.floor(r() * 256),
  (_, i) => (i % 4320) * 1e7,
  (r, i) => i * 13 + Math.floor(r() * 5) + (r() < RARE ? 9000 : 0),
  (r) => [200, 404, 70_000][Math.floor(r() * 3)]!,
  (r) => Math.floor(r() * 2 ** 31),
  (r) => (r() < RARE ? 1e9 : Math.floor(r() * 9)),
  (r) => Math.round(r() * 1e4) / 100,
];

function randomBlock(random: () => number): { values: number[]; bytes: Uint8Array } {
  const rows = 4097 + Math.floor(random() * 9000);
  const make = SHAPES[Math.floor(random() * SHAPES.length)]!;
  const values = Array.from({ length: rows }, (_, i) => make(random, i));
  const column = { rep: 'f64', data: Float64Array.from(values), nulls: undefined } as const;
  return { values, bytes: encodeBlock(column, rows, FLOAT) };
}

function decodeLazily(bytes: Uint8Array): LaneColumn {
  const column = decodeBlock(bytes, FLOAT, () => new TextDictionary(), true);
  if (column.rep !== 'lanes') throw new RangeError('not lanes');
  return column;
}

describe(`pending lanes (SEED=${SEED})`, () => {
  it('give the rows that were asked for, in whatever order', () => {
    const random = randomOf(SEED);
    for (let round = 0; round < rounds(20); round++) {
      const { values, bytes } = randomBlock(random);
      expect(numberRows(bytes)).toBe(values.length);
      const column = decodeLazily(bytes);
      const { pending } = column;
      if (pending === undefined) throw new RangeError('decoded at once');
      const base = Math.floor(random() * 3) * 65_536;
      for (let asked = 0; asked < 12; asked++) {
        const start = Math.floor(random() * values.length);
        const end = Math.min(values.length, start + 1 + Math.floor(random() * 2500));
        pending.need({ starts: [base + start], ends: [base + end] }, base);
        for (let row = start; row < end; row++) {
          if (storedValueAt(column, row) !== values[row]) {
            expect(storedValueAt(column, row)).toBe(values[row]);
          }
        }
      }
      pending.need(undefined);
      expect(pending.isDone).toBe(true);
      expectSame(
        values.map((_, row) => storedValueAt(column, row)),
        values,
      );
      pending.need(undefined);
    }
  });

  it('read a last vector of few rows, whatever its scheme', () => {
    const random = randomOf(SEED);
    for (const make of SHAPES) {
      for (let rows = 5 * 1024 + 1; rows < 5 * 1024 + 20; rows++) {
        const values = Array.from({ length: rows }, (_, i) => make(random, i));
        const data = Float64Array.from(values);
        const column = decodeLazily(
          encodeBlock({ rep: 'f64', data, nulls: undefined }, rows, FLOAT),
        );
        column.pending?.need(undefined);
        expectSame(
          values.map((_, row) => storedValueAt(column, row)),
          values,
        );
      }
    }
  });

  it('decode no more than the vectors of the rows', () => {
    const values = Float64Array.from({ length: 8192 }, (_, i) => i % 97);
    const bytes = encodeBlock({ rep: 'f64', data: values, nulls: undefined }, 8192, FLOAT);
    const { pending } = decodeLazily(bytes);
    pending?.need({ starts: [0, 3000], ends: [1024, 3001] });
    expect(pending?.isDone).toBe(false);
    pending?.need({ starts: [1024, 3072], ends: [2048, 8192] });
    expect(pending?.isDone).toBe(true);
  });

  it('of damaged blocks are refused, at the latest when they are asked for', () => {
    const random = randomOf(SEED + 1);
    let refused = 0;
    for (let round = 0; round < rounds(80); round++) {
      const bytes = randomBlock(random).bytes.slice();
      for (let n = 0; n < 3; n++) {
        bytes[5 + Math.floor(random() * (bytes.length - 5))] = Math.floor(random() * 256);
      }
      const cut = random() < 0.2 ? bytes.slice(0, 5 + Math.floor(random() * bytes.length)) : bytes;
      const view = new DataView(cut.buffer, cut.byteOffset);
      if (cut.length < 5) continue;
      view.setUint32(0, crc32c(cut, 0, 4, cut.length), true);
      try {
        const column = decodeBlock(cut, FLOAT, () => new TextDictionary(), true);
        if (column.rep === 'lanes') column.pending?.need(undefined);
      } catch (error) {
        expect((error as Error).name).toMatch(/^(DamagedBlock|ByteRangeError|RangeError)$/);
        expect((error as Error).message).not.toMatch(/memory access|unreachable/);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(10);
  });
});
