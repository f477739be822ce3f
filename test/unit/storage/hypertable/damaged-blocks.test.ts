import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { decodeBlock, encodeBlock } from '../../../../src/storage/hypertable/column-block.ts';
import { plainColumn, type PlainColumn } from '../../../../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../../../../src/storage/hypertable/text-dictionary.ts';
import { OID, sqlType } from '../../../../src/types/type.ts';
import { randomOf } from './support.ts';

const ROUNDS = Number(process.env['FUZZ'] ?? 400);
const FLOAT = sqlType(OID.float8);

type Make = (random: () => number, i: number) => number;
const SHAPES: readonly Make[] = [
  (r) => Math.floor(r() * 100),
  (_, i) => i * 1e7,
  (_, i) => Math.floor(i / 40),
  (r) => (r() < 0.02 ? 1e9 : Math.floor(r() * 9)),
  (r) => Math.floor(r() * 2 ** 31),
  (r) => Math.round(r() * 1e6) / 100,
  (r) => (r() < 0.05 ? NaN : Math.round(r() * 100) / 10),
  (r) => Math.floor(r() * 2 ** 51),
  (r, i) => i * 1e12 + Math.floor(r() * 1000),
  (r) => Math.sqrt(Math.floor(r() * 9)),
  (r) => r() * 30,
  (r) => Math.fround(r() * 30),
  (r) => [200, 404, 70_000][Math.floor(r() * 3)]!,
];

function columns(random: () => number): PlainColumn[] {
  const rows = 1 + Math.floor(random() * 2500);
  const nulls =
    random() < 0.3 ? Uint8Array.from({ length: rows }, () => Number(random() < 0.1)) : undefined;
  const dictionary = new TextDictionary();
  const codes = Int32Array.from({ length: rows }, () =>
    dictionary.intern(`text ${Math.floor(random() * 300)}`),
  );
  return [
    ...SHAPES.map((make) => ({
      rep: 'f64' as const,
      data: Float64Array.from({ length: rows }, (_, i) => make(random, i)),
      nulls,
    })),
    { rep: 'text', codes, dictionary, nulls },
    { rep: 'bool', data: Uint8Array.from(codes, (code) => code & 1), nulls },
  ];
}

function rowsOf(column: PlainColumn): number {
  return column.rep === 'text' ? column.codes.length : column.data.length;
}

describe('damaged blocks', () => {
  it('are refused or decoded to something, whatever their bytes are', () => {
    const random = randomOf(20_26);
    let refused = 0;
    for (let round = 0; round < ROUNDS;) {
      for (const column of columns(random)) {
        const isCold = random() < 0.5;
        const good = encodeBlock(column, rowsOf(column), FLOAT, { isCold });
        for (let change = 0; change < 5; change++, round++) {
          const bytes = damaged(good, random);
          try {
            const back = plainColumn(decodeBlock(bytes, FLOAT, () => new TextDictionary()));
            expect(rowsOf(back)).toBeLessThanOrEqual(65_536);
          } catch (error) {
            expect((error as Error).name).toMatch(
              /^(DamagedBlock|ByteRangeError|RangeError|TypeError)$/,
            );
            expect((error as Error).message).not.toMatch(/memory access|unreachable/);
            refused++;
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(ROUNDS / 20);
  });

  it('of a version that we do not know are refused', () => {
    const bytes = encodeBlock(
      { rep: 'f64', data: new Float64Array(3), nulls: undefined },
      3,
      FLOAT,
    );
    bytes[4] = 1;
    seal(bytes);
    expect(() => decodeBlock(bytes, FLOAT, () => new TextDictionary())).toThrow(
      'unknown version 1',
    );
  });
});

/** A few bytes changed or cut off, most of them near the start, with a checksum that matches. */
function damaged(good: Uint8Array, random: () => number): Uint8Array {
  let bytes = good.slice();
  if (random() < 0.2) bytes = bytes.slice(0, 5 + Math.floor(random() * (bytes.length - 5)));
  for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
    const reach = random() < 0.6 ? Math.min(64, bytes.length) : bytes.length;
    const at = 5 + Math.floor(random() * (reach - 5));
    if (at < bytes.length) bytes[at] = random() < 0.3 ? 255 : Math.floor(random() * 256);
  }
  seal(bytes);
  return bytes;
}

function seal(bytes: Uint8Array): void {
  new DataView(bytes.buffer).setUint32(0, crc32c(bytes, 0, 4, bytes.length), true);
}
