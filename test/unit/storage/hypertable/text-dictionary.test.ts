/** Codes of one dictionary in another, against the strings themselves. */
import { describe, expect, it } from 'vitest';
import { TextDictionary } from '../../../../src/storage/hypertable/text-dictionary.ts';
import { randomOf } from './support.ts';
import { RowTexts } from '../../../../src/engine/copy/row-texts.ts';
import type { Dictionary } from '../../../../src/vector/dictionary.ts';
import { StringDictionary } from '../../../../src/vector/string-dictionary.ts';
import { seedOf } from '../../../support/seed.ts';

const SEED = seedOf('text dictionary');

/** As COPY has texts that it does not look up. */
function laid(texts: readonly string[]): Dictionary {
  const rows = new RowTexts();
  for (const text of texts) rows.codeOf(text);
  return rows.entries();
}

describe('TextDictionary.translate', () => {
  it(`gives each row its own string (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < 200; round++) {
      const dictionary = new TextDictionary();
      const texts = Array.from({ length: 1 + Math.floor(random() * 40) }, (_, i) => `t${i}`);
      // Dictionaries in the same order, with and without the empty string, and in another order.
      const lists = [texts, ['', ...texts], ['', ...texts.slice(0, 5)], texts.toReversed()];
      lists.push(['', ...texts, ...texts.slice(0, 2)]);
      const others = [...lists.map((list) => new StringDictionary(list)), ...lists.map(laid)];
      for (let step = 0; step < 12; step++) {
        const other = others[Math.floor(random() ** 2 * others.length)] as Dictionary;
        const length = Math.floor(random() * 120);
        const codes = Int32Array.from({ length: length + 2 }, () =>
          Math.floor(random() * other.length),
        );
        const nulls =
          random() < 0.5 ? undefined : Uint8Array.from(codes, () => (random() < 0.2 ? 1 : 0));
        const target = new Int32Array(length + 4).fill(-9);
        dictionary.translate(other, codes, length, nulls, target, 3);
        for (let i = 0; i < length; i++) {
          const code = target[3 + i] as number;
          const isRight =
            nulls?.[i] === 1 ? code >= 0 : dictionary.textOf(code) === other.at(codes[i] as number);
          if (!isRight) expect.fail(`row ${i}`);
        }
        expect(target[length + 3]).toBe(-9);
      }
    }
  });

  it('knows strings by their rows again where memory ran out among them', () => {
    const own = new TextDictionary();
    const texts = Array.from({ length: 200 }, (_, i) => `t${i}`);
    let isFull = true;
    const dictionary = new StringDictionary(texts);
    const { spanAt } = dictionary;
    dictionary.spanAt = (code, span) => {
      if (isFull && code === 150) throw new RangeError('no memory');
      spanAt.call(dictionary, code, span);
    };
    const codes = Int32Array.from(texts.keys());
    const target = new Int32Array(texts.length);
    expect(() => own.translate(dictionary, codes, 200, undefined, target, 0)).toThrow('no memory');
    isFull = false;
    own.translate(dictionary, codes, 200, undefined, target, 0);
    expect(Array.from(target, (code) => own.textOf(code))).toEqual(texts);
  });

  it(`takes over columns whose dictionaries grow (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < 100; round++) {
      const own = new TextDictionary();
      const others = [own, new TextDictionary(), new TextDictionary()];
      for (let step = 0; step < 20; step++) {
        const dictionary = others[Math.floor(random() * 3)] as TextDictionary;
        const texts = Array.from({ length: Math.floor(random() * 60) }, () =>
          random() < 0.1 ? null : `t${Math.floor(random() * 10 * (step + 1))}`,
        );
        const codes = Int32Array.from(texts, (text) => dictionary.intern(text ?? ''));
        const nulls = texts.includes(null)
          ? Uint8Array.from(texts, (text) => (text === null ? 1 : 0))
          : undefined;
        const target = new Int32Array(texts.length + 2).fill(-9);
        own.takeOver({ codes, dictionary, nulls }, texts.length, target, 1);
        texts.forEach((text, i) => {
          const code = target[i + 1] as number;
          const isRight = text === null ? code >= 0 : own.textOf(code) === text;
          if (!isRight) expect.fail(`row ${i}`);
        });
        expect([target[0], target[texts.length + 1]]).toEqual([-9, -9]);
      }
    }
  });
});
