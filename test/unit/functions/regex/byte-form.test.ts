/** Matches over bytes, held against those of the plain form over strings. */
import fc from '../../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { compileRegex } from '../../../../src/functions/regex/regex.ts';
import { rounds } from '../../../support/rounds.ts';

const part = fc.constantFrom(
  'a',
  'b',
  '[ab]',
  '.',
  '(?:ab)?',
  'a??',
  '(b)',
  '(a*)',
  '(a*?b)',
  '([^b]+)',
  '([^a]+?)',
  '(a?.)',
  '(?:b.)??',
  '.*',
  '.*?',
  '\\d{2}',
  '[^é]',
  '[^a]*',
  '([^/.]*)',
  '([é-€]*)',
  '[\u0001-\u{10ffff}]*',
  'é',
);
const text = fc.string({
  unit: fc.constantFrom('a', 'b', '.', '1', '\n', 'é', '€', '😀'),
  maxLength: 14,
});
const ENCODER = new TextEncoder();

it('finds the matches and groups of the string', () => {
  let narrow = 0;
  let wide = 0;
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 6 }),
      fc.array(text, { minLength: 1, maxLength: 6 }),
      fc.nat(3),
      (parts, texts, at) => {
        const regex = compileRegex(`^${parts.join('')}$`);
        const form = regex.bytes;
        if (form === undefined) return;
        for (const each of texts) {
          const bytes = ENCODER.encode('x'.repeat(at) + each);
          const isAscii = bytes.length === at + each.length;
          if (!form.takes(bytes, at, bytes.length)) {
            expect(isAscii).toBe(false);
            continue;
          }
          if (isAscii) narrow++;
          else wide++;
          const match = regex.search(each).next(0, true);
          expect(form.matches(bytes, at, bytes.length)).toBe(match !== undefined);
          if (match === undefined) continue;
          for (let group = 1; group <= regex.groupCount; group++) {
            const found = bytes.subarray(form.groupStart(group), form.groupEnd(group));
            const characters = [...each];
            const [start, end] = [match.groupStarts[group], match.groupEnds[group]];
            expect(Buffer.from(found).toString()).toBe(characters.slice(start, end).join(''));
            const before = bytes.subarray(at, form.groupStart(group));
            expect(Buffer.from(before).toString()).toBe(characters.slice(0, start).join(''));
          }
        }
      },
    ),
    { numRuns: rounds(800) },
  );
  expect(narrow).toBeGreaterThan(rounds(250));
  expect(wide).toBeGreaterThan(rounds(25));
});
