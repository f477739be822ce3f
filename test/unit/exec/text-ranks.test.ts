import { describe, expect, it } from 'vitest';
import { rankTexts } from '../../../src/exec/text-ranks.ts';
import { compareText } from '../../../src/types/text.ts';
import { LongList } from '../../../src/vector/long-list.ts';

const seed = Number(process.env['SEED'] ?? 42);
let state = seed;
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 4294967296) * below);
};

function word(alphabet: readonly string[], longest: number): string {
  let text = '';
  for (let left = random(longest + 1); left > 0; left--) text += alphabet[random(alphabet.length)];
  return text;
}

const LATIN = ['a', 'b', 'z', ' ', '\u0001', 'ÿ', '0'];
// Surrogates stand above the rest of the basic plane, in pairs or alone.
const WIDE = [...LATIN, 'Ā', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}', '\ud800', '\udfff'];

const TEXTS: readonly (readonly [string, () => string])[] = [
  ['short strings', () => word(LATIN, 3)],
  ['strings with a common start', () => `name of ${word(LATIN, 8)}`],
  ['strings as long as lanes', () => word(['a', 'b'], 12).padEnd(12, 'b')],
  ['strings longer than lanes', () => `x${word(['a', 'b'], 4)}${'y'.repeat(12)}${word(LATIN, 4)}`],
  ['wide characters', () => word(WIDE, 5)],
  ['wide characters after a common start', () => `😀${word(WIDE, 9)}`],
  ['wide characters behind the lanes', () => `${word(LATIN, 2).padEnd(12, 'q')}${word(WIDE, 2)}`],
  ['one string', () => 'the same'],
  ['empty strings', () => ''],
];

describe(`rankTexts (SEED=${seed})`, () => {
  const context = { checkpoint: () => undefined };
  it.each(TEXTS)('orders %s as comparing them does', async (_name, text) => {
    for (const length of [1, 2, 500, 20_000]) {
      const texts = new LongList<string>();
      for (let i = 0; i < length; i++) texts.push(text());
      const distinct = [...new Set(texts.toArray())].sort(compareText);
      const expected = new Map(distinct.map((each, rank) => [each, rank]));
      const ranks = await rankTexts(texts, context);
      expect([...ranks]).toEqual(texts.toArray().map((each) => expected.get(each)));
    }
  });
});
