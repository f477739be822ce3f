/** Texts compared by their codes, held against comparing strings. */
import { describe, expect, it } from 'vitest';
import { codeConjunct } from '../../../src/exec/predicate-code.ts';
import { TextDictionary } from '../../../src/storage/hypertable/text-dictionary.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { valueAt, type TextVector } from '../../../src/vector/vector.ts';
import { column, comparison, constant, randomSource, TEXT, testContext } from './support.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { printedSeed } from '../../support/seed.ts';

describe('texts by code', () => {
  it('are selected as their strings are', () => {
    const seed = printedSeed('predicate code');
    const random = randomSource(seed);
    for (let round = 0; round < 500; round++) {
      const origin = new TextDictionary();
      const words = Array.from({ length: 1 + random(30) }, (_, i) => `w${i}`);
      for (const word of words) origin.intern(word);
      const dictionary = origin.snapshot();
      // Strings that came later are in no vector of this dictionary.
      if (random(2) === 0) origin.intern('later');
      const length = random(random(4) === 0 ? 400 : 60);
      const vector: TextVector = {
        rep: 'text',
        type: TEXT,
        length,
        codes: Int32Array.from({ length }, () => random(dictionary.length)),
        dictionary,
        nulls: random(2) === 0 ? undefined : Uint8Array.from({ length }, () => random(2)),
      };
      const value = [...words, '', 'later', 'none', null][random(words.length + 4)];
      const operator = (['=', '<>'] as const)[random(2)];
      const sides = [column(TEXT, 0), constant(TEXT, value)] as const;
      const [left, right] = random(2) === 0 ? sides : [sides[1], sides[0]];
      const select = codeConjunct(comparison(operator, left, right))!;
      const some = Int32Array.from({ length }, (_, i) => i).filter(() => random(2) === 0);
      const rows = random(2) === 0 ? undefined : some;
      const found = select({ columns: [vector], length }, rows, testContext());
      const all = rows ?? Int32Array.from({ length }, (_, i) => i);
      const expected = all.filter((row) => {
        const text = valueAt(vector, row);
        return text !== null && value !== null && (text === value) === (operator === '=');
      });
      const selected = found === undefined ? all : found;
      expect(selected, `seed ${seed} round ${round}`).toEqual(expected);
    }
  });

  it('are left to others where codes say nothing', () => {
    const context = testContext();
    const equal = (left: Parameters<typeof comparison>[1]) =>
      codeConjunct(comparison('=', left, constant(TEXT, 'a')));
    const vector: TextVector = {
      rep: 'text',
      type: TEXT,
      length: 2,
      codes: Int32Array.of(0, 1),
      dictionary: new StringDictionary(['a', 'a']),
      nulls: undefined,
    };
    expect(equal(column(TEXT, 0))!({ columns: [vector], length: 2 }, undefined, context)).toBe(
      false,
    );
    const unprepared = new TextDictionary();
    for (const text of ['a', 'b']) unprepared.addDistinct(Buffer.from(text), 0, 1);
    const dictionary = unprepared.snapshot();
    const select = equal(column(TEXT, 0))!;
    expect(select({ columns: [{ ...vector, dictionary }], length: 2 }, undefined, context)).toBe(
      false,
    );
    expect(equal(column(sqlType(OID.bpchar), 0))).toBeUndefined();
    expect(codeConjunct(comparison('<', column(TEXT, 0), constant(TEXT, 'a')))).toBeUndefined();
    expect(codeConjunct(comparison('=', column(TEXT, 0), column(TEXT, 1)))).toBeUndefined();
  });
});
