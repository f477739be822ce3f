/** Ranks of rows by their values: what sorting by them orders, comparing the values does. */
import { describe, expect, it } from 'vitest';
import { valueRanks } from '../../../src/exec/value-ranks.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { LongColumn } from '../../../src/vector/long-column.ts';
import type { TextVector } from '../../../src/vector/vector.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { seedOf } from '../../support/seed.ts';

const SEED = seedOf('value ranks');
let state = SEED;
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 4294967296) * below);
};
const type = sqlType(OID.text);
const context = { checkpoint: () => undefined };

function texts(strings: readonly string[], length: number): TextVector {
  const dictionary = new StringDictionary(strings);
  const codes = Int32Array.from({ length }, () => random(dictionary.length));
  const nulls = random(2) === 0 ? undefined : Uint8Array.from(codes, () => Number(random(5) === 0));
  return { rep: 'text', type, length, codes, dictionary, nulls };
}

function expectOrder(vector: TextVector, ranks: Float64Array): void {
  const text = (row: number): string => vector.dictionary.at(vector.codes[row] as number);
  for (let i = 0; i < 500; i++) {
    const [a, b] = [random(vector.length), random(vector.length)];
    if (vector.nulls?.[a] === 1 || vector.nulls?.[b] === 1) continue;
    const wanted = text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0;
    expect(Math.sign((ranks[a] as number) - (ranks[b] as number))).toBe(wanted);
  }
}

describe(`valueRanks (SEED=${SEED})`, () => {
  it('orders strings of one dictionary, the first time and again', async () => {
    for (const size of [1, 2, 300, 7000]) {
      const dictionary = Array.from({ length: size }, () => `h${random(size * 2)}`);
      for (const length of [1, 50, 9000, 20]) {
        const vector = texts(dictionary, length);
        const column = LongColumn.of(vector);
        expectOrder(vector, await valueRanks(column, context));
      }
    }
  });

  it('gives NULLs the rank 0 and equal strings the same', async () => {
    const vector: TextVector = {
      ...texts(['b', 'a', 'b', 'c'], 5),
      codes: Int32Array.of(3, 0, 1, 2, 0),
      nulls: Uint8Array.of(0, 0, 0, 0, 1),
    };
    for (let round = 0; round < 2; round++) {
      expect([...(await valueRanks(LongColumn.of(vector), context))]).toEqual([2, 1, 0, 1, 0]);
    }
  });
});
