/** Top-n over batches of texts and numbers, held against sorting all rows. */
import { describe, expect, it } from 'vitest';
import type { PhysicalNode, SortKey } from '../../../src/plan/physical.ts';
import { compareText } from '../../../src/types/text.ts';
import type { Value } from '../../../src/types/value.ts';
import { vectorFromValues, type Batch, type TextVector } from '../../../src/vector/vector.ts';
import {
  constant,
  FLOAT8,
  INT4,
  INT8,
  outputColumns,
  randomSource,
  rowsOf,
  sortKey,
  TEXT,
} from './support.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { printedSeed } from '../../support/seed.ts';
import { rounds } from '../../support/rounds.ts';

const TYPES = [TEXT, FLOAT8, INT4];

function compare(keys: readonly SortKey[], a: readonly Value[], b: readonly Value[]): number {
  for (const { expr, descending, nullsFirst } of keys) {
    const at = expr.kind === 'column' ? expr.index : 0;
    const [x, y] = [a[at], b[at]];
    if (x === null && y === null) continue;
    if (x === null || y === null) return (x === null) === nullsFirst ? -1 : 1;
    const order = typeof x === 'string' ? compareText(x, y as string) : Number(x) - Number(y);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

describe('top-n', () => {
  it('gives the first of the sorted rows', async () => {
    const seed = printedSeed('top n');
    const random = randomSource(seed);
    for (let round = 0; round < rounds(20); round++) {
      const words = Array.from(
        { length: 2 + random(3000) },
        () => ['', 'a', 'é', 'ж', '😀', '\uffee'][random(6)] + random(500),
      );
      const dictionary = new StringDictionary(words);
      const batches: Batch[] = [];
      const rows: Value[][] = [];
      for (let batch = 0; batch < 1 + random(4); batch++) {
        const length = random(random(4) === 0 ? 20_000 : 900);
        const codes = Int32Array.from({ length }, () => random(dictionary.length));
        const nulls = Uint8Array.from({ length }, () => Number(random(50) === 0));
        const texts: TextVector = {
          rep: 'text',
          type: TEXT,
          length,
          codes,
          dictionary,
          nulls,
        };
        const numbers = Array.from({ length }, () => (random(50) === 0 ? null : random(900)));
        const ids = numbers.map((_, i) => rows.length + i);
        batches.push({
          length,
          columns: [texts, vectorFromValues(FLOAT8, numbers), vectorFromValues(INT4, ids)],
        });
        for (let i = 0; i < length; i++) {
          rows.push([nulls[i] === 1 ? null : dictionary.at(codes[i]), numbers[i], ids[i]]);
        }
      }
      const flags = (): [boolean, boolean] => [random(2) === 0, random(2) === 0];
      const text = sortKey(TEXT, 0, ...flags());
      const number = sortKey(FLOAT8, 1, ...flags());
      const keys = [[text], [number], [text, number], [number, text]][random(4)];
      const limit = 1 + random(20);
      const offset = random(3) === 0 ? random(30) : 0;
      const node: PhysicalNode = {
        kind: 'top-n',
        input: {
          kind: 'values',
          rows: [],
          batches,
          columns: outputColumns(TYPES),
          estimatedRows: 1,
        },
        keys,
        limit: constant(INT8, limit),
        offset: constant(INT8, offset),
        columns: outputColumns(TYPES),
        estimatedRows: 1,
      };
      const found = await rowsOf(node);
      const expected = rows.toSorted((a, b) => compare(keys, a, b)).slice(offset, offset + limit);
      expect(found, `seed ${seed} round ${round}`).toEqual(expected);
    }
  });
});
