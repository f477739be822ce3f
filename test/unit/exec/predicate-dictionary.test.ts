/** Conditions on one text column, decided by dictionary entry, held against deciding each row. */
import { expect, it } from 'vitest';
import { dictionaryConjunct } from '../../../src/exec/predicate-dictionary.ts';
import { TextDictionary } from '../../../src/storage/hypertable/text-dictionary.ts';
import { valueAt, type TextVector } from '../../../src/vector/vector.ts';
import {
  BOOL,
  call,
  column,
  comparison,
  constant,
  randomSource,
  scalar,
  TEXT,
  testContext,
} from './support.ts';
import { printedSeed } from '../../support/seed.ts';

const word = (code: number): string => `w${code}`;

function vectorOf(dictionary: TextDictionary, codes: Int32Array, nulls?: Uint8Array): TextVector {
  const snapshot = dictionary.snapshot();
  return { rep: 'text', type: TEXT, length: codes.length, codes, dictionary: snapshot, nulls };
}

it('selects the rows of each batch, whatever batches before have decided', () => {
  const seed = printedSeed('predicate dictionary');
  const random = randomSource(seed);
  for (let round = 0; round < 300; round++) {
    const dictionary = new TextDictionary();
    const context = testContext();
    const bound = word(random(50));
    const select = dictionaryConjunct(
      comparison('<', column(TEXT, 0), constant(TEXT, bound)),
      [0],
    )!;
    for (let batch = 0; batch < 6; batch++) {
      const more = random(40);
      for (let i = 0; i < more; i++) dictionary.intern(word(random(100)));
      const length = random(120);
      const codes = Int32Array.from({ length }, () => random(dictionary.size));
      const nulls = Uint8Array.from({ length }, () => Number(random(4) === 0));
      const vector = vectorOf(dictionary, codes, random(2) === 0 ? nulls : undefined);
      const all = Int32Array.from({ length }, (_, row) => row);
      const rows = random(2) === 0 ? undefined : all.filter(() => random(3) > 0);
      const found = select({ columns: [vector], length }, rows, context);
      const expected = (rows ?? all).filter((row) => {
        const text = valueAt(vector, row);
        return text !== null && (text as string) < bound;
      });
      expect(found === undefined ? all : found, `seed ${seed}`).toEqual(expected);
    }
  }
});

it('looks at no entry without a row where that might raise an error', () => {
  const dictionary = new TextDictionary();
  for (let i = 0; i < 20; i++) dictionary.intern(word(i));
  const seen: string[] = [];
  const note = scalar('note', ([text]) => {
    seen.push(text as string);
    if (text === word(7)) throw new Error('seven');
    return text === word(2);
  });
  const vector = vectorOf(dictionary, Int32Array.of(3, 2, 3, 1));
  const batch = { columns: [vector], length: vector.length };
  const context = testContext();
  const mayFail = dictionaryConjunct(call(note, BOOL, [column(TEXT, 0)]), [0])!;
  // Code 0 is the empty string.
  expect(mayFail(batch, undefined, context)).toEqual(Int32Array.of(0, 2));
  expect(seen.toSorted()).toEqual([word(0), word(1), word(2)]);
  const all = vectorOf(dictionary, Int32Array.of(1, 8));
  expect(() => mayFail({ columns: [all], length: 2 }, undefined, context)).toThrow('seven');
});
