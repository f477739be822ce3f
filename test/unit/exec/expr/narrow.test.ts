/** Parts of texts put together, by codes or by strings. */
import { describe, expect, it } from 'vitest';
import type { KernelArg } from '../../../../src/functions/function.ts';
import { mergeParts, type Part } from '../../../../src/exec/expr/narrow.ts';
import { TextDictionary } from '../../../../src/storage/hypertable/text-dictionary.ts';
import type { Value } from '../../../../src/types/value.ts';
import { valueAt, type TextVector } from '../../../../src/vector/vector.ts';
import { randomSource, TEXT } from '../support.ts';
import { printedSeed } from '../../../support/seed.ts';

describe('parts of texts', () => {
  it('give each row its own', () => {
    const seed = printedSeed('narrow');
    const random = randomSource(seed);
    let shared = 0;
    for (let round = 0; round < 600; round++) {
      const origins = [new TextDictionary(), new TextDictionary()];
      const dictionaries = origins.flatMap((origin, o) => {
        for (let i = 0; i < 5; i++) origin.intern(`${o} ${i}`);
        const first = origin.snapshot();
        origin.intern('later');
        return [first, origin.snapshot()];
      });
      const length = random(40);
      const count = 1 + random(4);
      const partOf = Int32Array.from({ length }, () => random(count));
      const expected: Value[] = [];
      const isPlain = random(3) > 0;
      const parts: Part[] = Array.from({ length: count }, (_, part) => {
        const selection = Int32Array.from({ length }, (__, row) => row).filter(
          (row) => partOf[row] === part,
        );
        let value: KernelArg;
        if (random(3) === 0) {
          const text = ['', '0 1', '1 2', 'later', 'none', null][random(6)];
          value = { rep: 'constant', type: TEXT, value: text };
          for (const row of selection) expected[row] = text;
        } else {
          const dictionary = dictionaries[random(isPlain ? 2 : 4)];
          const vector: TextVector = {
            rep: 'text',
            type: TEXT,
            length: selection.length,
            codes: selection.map(() => random(dictionary.length)),
            dictionary,
            nulls: random(2) === 0 ? undefined : Uint8Array.from(selection, () => random(2)),
          };
          value = vector;
          selection.forEach((row, i) => (expected[row] = valueAt(vector, i)));
        }
        return { selection, value };
      });
      const merged = mergeParts(TEXT, parts, length);
      if (merged.rep === 'constant') continue;
      if (merged.rep === 'text' && dictionaries.includes(merged.dictionary)) shared++;
      const found = Array.from({ length }, (_, row) => valueAt(merged, row));
      expect(found, `seed ${seed} round ${round}`).toEqual(expected);
    }
    expect(shared).toBeGreaterThan(50);
  });
});
