import { describe, it } from 'vitest';
import { rankTexts } from '../../../src/exec/text-ranks.ts';
import { compareText } from '../../../src/types/text.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { TextEntries } from '../../../src/vector/text-entries.ts';
import { TextTable } from '../../../src/vector/text-table.ts';
import { seedOf } from '../../support/seed.ts';
import { rounds } from '../../support/rounds.ts';
import { expectSame } from '../../support/expect-same.ts';

const seed = seedOf('text ranks');
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
// Surrogates stand above the rest of the basic plane.
const WIDE = [...LATIN, 'Ā', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'];

const TEXTS: readonly (readonly [string, () => string])[] = [
  ['short strings', () => word(LATIN, 3)],
  ['strings with a common start', () => `name of ${word(LATIN, 8)}`],
  ['strings as long as lanes', () => word(['a', 'b'], 12).padEnd(12, 'b')],
  ['strings longer than lanes', () => `x${word(['a', 'b'], 4)}${'y'.repeat(12)}${word(LATIN, 4)}`],
  ['wide characters', () => word(WIDE, 5)],
  ['wide characters after a common start', () => `😀${word(WIDE, 9)}`],
  ['wide characters behind the lanes', () => `${word(LATIN, 2).padEnd(12, 'q')}${word(WIDE, 2)}`],
  ['megabytes', () => 'm'.repeat(random(3) * 1_000) + word(LATIN, 2)],
  ['one string', () => 'the same'],
  ['empty strings', () => ''],
];

/** The texts in dictionaries of strings and of bytes by turns. */
function entriesOf(texts: readonly string[]): TextEntries {
  const entries = new TextEntries(texts.length);
  for (let start = 0; start < texts.length; start += 77) {
    const some = texts.slice(start, start + 77);
    const table = new TextTable();
    const codes = some.map((each) => table.add(each));
    const isBytes = random(2) === 0;
    const dictionary = isBytes ? table.snapshot() : new StringDictionary(some);
    for (const [i, code] of codes.entries()) entries.push(dictionary, isBytes ? code : i);
  }
  return entries;
}

describe(`rankTexts (SEED=${seed})`, () => {
  const context = { checkpoint: () => undefined };
  it.each(TEXTS)('orders %s as comparing them does', async (_name, text) => {
    for (const length of [1, 2, 500, rounds(5_000)]) {
      const texts = Array.from({ length }, text);
      const distinct = [...new Set(texts)].sort(compareText);
      const expected = new Map(distinct.map((each, rank) => [each, rank]));
      const ranks = await rankTexts(entriesOf(texts), context);
      expectSame(
        ranks,
        texts.map((each) => expected.get(each)),
      );
    }
  });
});
