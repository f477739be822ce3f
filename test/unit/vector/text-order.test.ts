/** The order of bytes, held against that of strings. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { compareText } from '../../../src/types/text.ts';
import { newSpan } from '../../../src/vector/dictionary.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { compareSpans, equalSpans, indexOfBytes } from '../../../src/vector/text-bytes.ts';
import { compareEntry } from '../../../src/vector/text-order.ts';
import { TextTable } from '../../../src/vector/text-table.ts';

const character = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    '\u007f',
    '\u0080',
    'ÿ',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '😀',
    '\u{10ffff}',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
const text = fc.array(character, { maxLength: 20 }).map((parts) => parts.join(''));
const ENCODER = new TextEncoder();

it('is the same', () => {
  fc.assert(
    fc.property(text, text, text, (common, left, right) => {
      for (const [a, b] of [
        [left, right],
        [common + left, common + right],
        [common, common + right],
        [common, common],
      ] as const) {
        const wanted = Math.sign(compareText(a, b));
        const table = new TextTable();
        const codes = [table.add(a), table.add(b)] as const;
        const dictionary = table.snapshot();
        const [one, other] = [newSpan(), newSpan()];
        dictionary.spanAt(codes[0], one);
        dictionary.spanAt(codes[1], other);
        expect(Math.sign(compareSpans(one, other))).toBe(wanted);
        expect(equalSpans(one, other)).toBe(a === b);
        expect(Math.sign(compareEntry(dictionary, codes[0], b))).toBe(wanted);
        expect(Math.sign(compareEntry(new StringDictionary([a]), 0, b))).toBe(wanted);
      }
    }),
    { numRuns: 1000 },
  );
});

it('finds bytes where they first stand', () => {
  const short = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 12 });
  fc.assert(
    fc.property(short, short, short, (before, inside, wanted) => {
      fc.pre(wanted.length > 0);
      const all = Buffer.from(before + inside + wanted);
      const start = Buffer.byteLength(before);
      const end = all.length - 1;
      const found = all.subarray(start, end).indexOf(wanted);
      const bytes = ENCODER.encode(wanted);
      expect(indexOfBytes(all, start, end, bytes)).toBe(found < 0 ? -1 : start + found);
    }),
  );
});
