/** Matches by JavaScript's own matcher, held against those of the automaton. */
import fc from '../../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { parseRegex } from '../../../../src/functions/regex/parse.ts';
import { PlainForm } from '../../../../src/functions/regex/plain-form.ts';
import { Subject } from '../../../../src/functions/regex/program.ts';
import { compileRegex, RegexSearch } from '../../../../src/functions/regex/regex.ts';
import type { RegexMatch } from '../../../../src/functions/regex/groups.ts';
import { rounds } from '../../../support/rounds.ts';

const OPTIONS = {
  foldCase: false,
  newlineStops: false,
  newlineAnchors: false,
  expanded: false,
  literal: false,
  extended: false,
};

function formOf(pattern: string): PlainForm | undefined {
  const { root, groupCount } = parseRegex(pattern, { ...OPTIONS });
  return PlainForm.of(root, groupCount);
}

function byAutomaton(pattern: string, text: string): RegexMatch | undefined {
  const { root, groupCount } = parseRegex(pattern, { ...OPTIONS });
  const input = { root, groupCount, isAnchored: true };
  return new RegexSearch(input, new Subject(text), undefined).next(0, true);
}

/** Groups that took part and those that did not; without groups there are no arrays. */
function groupsOf(match: RegexMatch | undefined, count: number): unknown {
  if (match === undefined) return undefined;
  const groups = Array.from({ length: count }, (_, i) => [
    match.groupStarts[i + 1] ?? -1,
    match.groupEnds[i + 1] ?? -1,
  ]);
  return [match.start, match.end, groups];
}

const part = fc.constantFrom(
  'a',
  'b',
  '[ab]',
  '.',
  '\\.',
  '(?:ab)?',
  'a??',
  '(b)',
  '(a*)',
  '(a*?b)',
  '([^b]+)',
  '([^a]+?)',
  '(?:b|a)',
  '(a?.)',
  '.*',
  '.*?',
  '\\d',
  '[^[:alpha:]]',
);
const text = fc
  .array(fc.constantFrom('a', 'b', 'ab', '.', '1', '\n', 'é', 'ÿ'), { maxLength: 14 })
  .map((parts) => parts.join(''));

describe('a plain form', () => {
  it('finds the matches and groups of the automaton', () => {
    let taken = 0;
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        fc.array(text, { minLength: 1, maxLength: 6 }),
        (parts, texts) => {
          const pattern = `^${parts.join('')}$`;
          const form = formOf(pattern);
          if (form === undefined) return;
          const count = parseRegex(pattern, { ...OPTIONS }).groupCount;
          for (const each of texts) {
            taken++;
            const expected = groupsOf(byAutomaton(pattern, each), count);
            expect(groupsOf(form.match(each), count), pattern).toEqual(expected);
            const whole = compileRegex(pattern).search(each).next(0, true);
            expect(groupsOf(whole, count), pattern).toEqual(expected);
          }
        },
      ),
      { numRuns: rounds(800) },
    );
    expect(taken).toBeGreaterThan(rounds(120));
  });

  it.each([
    'a.*$',
    '^a.*',
    '^(a|ab)(c|bcd)$',
    '^(a*b*)$',
    '^(a(b))$',
    '^(?:a+)+$',
    '^.*.*$',
    '^a*.*$',
    '^a*a*b$',
    '^.*(?:ab)?c$',
    '^(?:a)?(?:a)?(?:a)?(?:a)?(?:a)?$',
    '^a{2,5}$',
    '^(?:a*)?$',
    '^\\yab$',
    '^(?=a).*$',
  ])('is not made of %s', (pattern) => {
    expect(formOf(pattern)).toBeUndefined();
  });

  it.each(['^a*b.*$', '^[^/]+/[^/]+/(.*)$', '^(?:ab)?a*?b+?$', '^.*abc$', '^([a-c]*)[d-f]+y(x?)$'])(
    'is made of %s',
    (pattern) => {
      expect(formOf(pattern)).toBeDefined();
    },
  );

  it('does not go back for long', () => {
    const text = 'a'.repeat(4000);
    const start = performance.now();
    for (const pattern of ['^(?:a)?(?:a)?(?:a)?(?:a)?a*b$', '^(?:a)?(?:aa)?[^b]*b[^c]*c.*d$']) {
      for (let i = 0; i < 20; i++) expect(formOf(pattern)!.match(text)).toBeUndefined();
    }
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('takes neither long texts nor wide characters', () => {
    const form = formOf('^https?://(?:www\\.)?([^/]+)/.*$');
    expect(form?.takes('http://a/'.padEnd(4096))).toBe(true);
    expect(form?.takes('http://a/'.padEnd(4097))).toBe(false);
    expect(form?.takes('http://ж/')).toBe(false);
  });

  it('leaves texts alone in which other code finds the match', () => {
    const regex = compileRegex('^https?://(?:www\\.)?([^/]+)/.*$');
    for (const host of ['a.b', 'ж.b', 'x'.repeat(5000)]) {
      const match = regex.search(`https://www.${host}/c`).next(0, true);
      expect(groupsOf(match, 1)).toEqual([0, 14 + host.length, [[12, 12 + host.length]]]);
    }
    expect(regex.search('http://a/b').next(1, true)).toBeUndefined();
  });
});
