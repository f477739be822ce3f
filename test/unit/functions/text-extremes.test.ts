/** Extremes of texts by group, held against sorting. */
import { describe, expect, it } from 'vitest';
import { TextExtremes } from '../../../src/functions/aggregate/text-extremes.ts';
import { compareText } from '../../../src/types/text.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { valueAt, type TextVector } from '../../../src/vector/vector.ts';
import { randomSource } from '../exec/support.ts';
import { printedSeed } from '../../support/seed.ts';

const TEXT = sqlType(OID.text);

describe('extremes of texts', () => {
  it.each([true, false])('are those of all values, max %s', (isMax) => {
    const seed = printedSeed('text extremes');
    const random = randomSource(seed);
    for (let round = 0; round < 200; round++) {
      const extremes = new TextExtremes(isMax, TEXT);
      const texts: string[][] = [];
      const origin = {};
      const word = (): string => ['a', 'é', 'ж', '😀', '\uffee', ''][random(6)] + random(50);
      let strings = Array.from({ length: 1 + random(60) }, word);
      let groups = 0;
      for (let batch = 0; batch < 6; batch++) {
        if (random(2) === 0) strings = [...strings, word(), word()];
        const dictionary = new StringDictionary(strings, round % 2 === 0 ? origin : undefined);
        const length = random(30);
        groups = Math.max(groups, 1 + random(round % 40 === 0 ? 90_000 : 5));
        extremes.ensureGroups(groups);
        const codes = Int32Array.from({ length }, () => random(dictionary.length));
        const nulls = Uint8Array.from({ length }, () => Number(random(4) === 0));
        const vector: TextVector = { rep: 'text', type: TEXT, length, codes, dictionary, nulls };
        const isRun = random(3) === 0;
        const one = random(groups);
        const groupOf = Int32Array.from({ length }, () => (isRun ? one : random(groups)));
        if (isRun) extremes.addRun(one, [vector], 0, length);
        else extremes.add(groupOf, [vector], 0, length);
        groupOf.forEach((group, row) => {
          if (nulls[row] === 0) (texts[group] ??= []).push(strings[codes[row]]);
        });
      }
      const found = extremes.finish(groups);
      for (let group = 0; group < groups; group++) {
        const sorted = (texts[group] ?? []).sort(compareText);
        const expected = (isMax ? sorted.at(-1) : sorted[0]) ?? null;
        if (valueAt(found, group) !== expected) {
          expect(valueAt(found, group), `seed ${seed} round ${round}`).toBe(expected);
        }
      }
    }
  });
});
