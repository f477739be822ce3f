/** The regular expression of a SIMILAR TO pattern, as PostgreSQL 15 shows it in plans. */
import { expect, it } from 'vitest';
import { similarToRegex } from '../../../../src/functions/regex/like.ts';

const CASES: readonly (readonly [string, string])[] = [
  ['a%b_', 'a.*b.'],
  ['(a|b).', '(?:a|b)\\.'],
  // A class inside brackets does not end them.
  ['_[_[:alpha:]_]_', '.[_[:alpha:]_].'],
  ['[%[:digit:]%]%', '[%[:digit:]%].*'],
  // Nor does a bracket that comes first, or first after a caret.
  ['[]%][^]%]%', '[]%][^]%].*'],
  ['[^^]]_', '[^^]].'],
  // An escaped character is not first.
  ['[\\^]]_', '[\\^]].'],
];

it.each(CASES)('%s', (pattern, regex) => {
  expect(similarToRegex(pattern, '\\')).toBe(`^(?:${regex})$`);
});
