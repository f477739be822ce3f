/** Expressions over long texts: in steps as at once, also where others use the same automaton in between. */
import { describe, expect, it } from 'vitest';
import { finishNow, type Stepped } from '../../../../src/base/steps.ts';
import type { RegexMatch } from '../../../../src/functions/regex/groups.ts';
import { compileRegex } from '../../../../src/functions/regex/regex.ts';
import { SearchedText } from '../../../../src/functions/scalar/searched-text.ts';
import { randomSource } from '../../../support/random-source.ts';
import { rounds } from '../../../support/rounds.ts';
import { seedOf } from '../../../support/seed.ts';

const PATTERNS = [
  'b',
  'a+b',
  '(a*)(b+)(c|)',
  '^(.*)c(.*)$',
  'x(.*y)?',
  '(a|ab)(c|bcd)?',
  '(?=b).',
  '(?<!a)b+',
  '\\mab\\M',
  'z$',
  '(a|b|c)*z',
  '[^a]{3}',
  '(a|b)*a(a|b){10}c?',
  'é|😀',
  '(ab)*?c',
  '((a+)(b?))*',
  '((a|(b))+? ?)*z?',
  '(?:(a)(.*)|(b+?)|(c))*',
  ' +',
];

/** Takes steps to the end and does something else between them. */
function withOthers<T>(steps: Stepped<T>, between: () => void): [T, number] {
  for (let count = 0; ; count++) {
    const step = steps.next();
    if (step.done === true) return [step.value, count];
    between();
  }
}

const seed = seedOf('regex steps');
const random = randomSource(seed);
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)];

function longText(): string {
  const alphabet = pick(['ab', 'abc ', 'abcé😀', 'xy', 'a']);
  const characters = [...alphabet];
  const repeats = random() < 0.5 ? 1 : 5000;
  let text = '';
  while (text.length < 24_000) text += pick(characters).repeat(1 + Math.floor(random() * repeats));
  return random() < 0.5 ? text : `${text}z`;
}

describe(`long texts (SEED=${seed})`, () => {
  it('match in steps where they match at once', () => {
    for (let round = 0; round < rounds(3); round++) {
      const text = longText();
      const regex = compileRegex(pick(PATTERNS));
      const disturb = (): void => {
        // More states than the automaton keeps.
        for (let i = 0; i < 3; i++)
          regex.test(`${pick(['a', 'b', 'é'])}${text.slice(i * 50, i * 50 + 30)}`);
      };
      expect(withOthers(regex.testSteps(text), disturb)[0]).toBe(regex.test(text));
      const now = regex.search(text);
      const later = regex.search(text);
      withOthers(later.prepare(), disturb);
      const [first] = withOthers(later.nextSteps(0, true), disturb);
      expect(first).toEqual(now.next(0, true));
    }
  });

  it('have groups that repeat, of which each iteration reads its own part', () => {
    const words = Array.from({ length: 10_000 }, (_, i) => `word ${i % 1000}`);
    const text = words.join(' ');
    const search = compileRegex('^(([a-z]+) ([0-9]+) ?)*$').search(text);
    const match = finishNow(search.nextSteps(0, true));
    const groups = [1, 2, 3].map((k) => text.slice(match?.groupStarts[k], match?.groupEnds[k]));
    expect(groups).toEqual(['word 999', 'word', '999']);
  });

  it('have the same matches', () => {
    for (const pattern of ['a+', '(b)(a*)', ' ', '😀', '(?=b)']) {
      const text = longText().slice(0, 12_000);
      const searched = new SearchedText(compileRegex(pattern), text);
      const now: RegexMatch[] = [];
      const later: RegexMatch[] = [];
      searched.visit(0, true, (match) => now.push(match) > 0);
      finishNow(searched.visitSteps(0, true, (match) => later.push(match) > 0));
      expect(later).toEqual(now);
    }
  });

  it('stop now and then', () => {
    const text = 'ab'.repeat(300_000);
    for (const pattern of ['c', '^(.*)b$', '(?=c)', '\\mc']) {
      const searched = new SearchedText(compileRegex(pattern), text);
      const [, count] = withOthers(
        searched.visitSteps(0, true, () => false),
        () => {},
      );
      expect(count).toBeGreaterThan(5);
    }
  });

  it('have groups in short matches found without looking at the rest', () => {
    const text = 'm 17 '.repeat(100_000);
    let count = 0;
    // It was the length of the text for each match, minutes in all: more than a test may take.
    new SearchedText(compileRegex('(m) (\\d+)'), text).visit(0, true, () => ++count > 0);
    expect(count).toBe(100_000);
  });
});
