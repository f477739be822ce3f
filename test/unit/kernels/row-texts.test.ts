/** Texts of rows, each with a code of its own, against a list of decoded strings. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { RowTexts } from '../../../src/engine/copy/row-texts.ts';
import { newSpan } from '../../../src/vector/dictionary.ts';
import { hashText } from '../../../src/vector/text-bytes.ts';
import { textsOf } from '../../support/texts-of.ts';
import { rounds } from '../../support/rounds.ts';
import { FieldRows, utf8 } from './support/field-rows.ts';

const rows = new FieldRows();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NULL = utf8('\\N');

function isText(bytes: Uint8Array): boolean {
  try {
    return !DECODER.decode(bytes).includes('\0');
  } catch {
    return false;
  }
}

function codes(texts: RowTexts, fields: readonly Uint8Array[]): (number | null | 'odd')[] {
  rows.place(fields);
  texts.read(rows.block, rows.job);
  return rows.codes();
}

const field = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).map(utf8),
  fc.string({ unit: fc.constantFrom('a', 'é'), maxLength: 3 }).map(utf8),
  fc.uint8Array({ maxLength: 20 }),
  fc.constant(NULL),
);

it('numbers the texts of rows one after the other, and leaves what is no text', () => {
  const texts = new RowTexts();
  fc.assert(
    fc.property(fc.array(fc.array(field, { maxLength: 200 }), { maxLength: 4 }), (blocks) => {
      texts.clear();
      const expected: string[] = [];
      for (const fields of blocks) {
        const wanted = fields.map((each) => {
          if (each.length === 2 && each[0] === 0x5c && each[1] === 0x4e) return null;
          if (each.includes(0x5c) || !isText(each)) return 'odd';
          return expected.push(DECODER.decode(each)) - 1;
        });
        expect(codes(texts, fields)).toEqual(wanted);
        // What kernels leave comes through here.
        const code = texts.codeOf('between');
        expect(code).toBe(expected.push('between') - 1);
      }
      if (expected.length === 0) expected.push('');
      const entries = texts.entries();
      expect(textsOf(entries)).toEqual(expected);
      expect(entries.longest).toBe(Math.max(...expected.map((text) => utf8(text).length)));
      expected.forEach((text, code) => {
        expect(entries.hashAt(code)).toBe(hashText(text));
        expect(entries.sizeAt(code)).toBe(utf8(text).length);
      });
    }),
    { numRuns: rounds(60) },
  );
});

it('leaves entries alone when the next batch begins', () => {
  const texts = new RowTexts();
  codes(texts, ['one', 'two'].map(utf8));
  const entries = texts.entries();
  expect(texts.entries()).toBe(entries);
  texts.clear();
  codes(texts, ['three', 'four', 'five'].map(utf8));
  expect(textsOf(entries)).toEqual(['one', 'two']);
  expect(textsOf(texts.entries())).toEqual(['three', 'four', 'five']);
  texts.clear();
  expect(textsOf(texts.entries())).toEqual(['']);
});

it('writes any of its strings behind their lengths, neighbours in one piece', () => {
  const texts = new RowTexts();
  const words = Array.from({ length: 3000 }, (_, i) => `${'ü'.repeat(i % 7)}${i}`);
  for (const word of words) texts.codeOf(word);
  const entries = texts.entries();
  const pieces = (wanted: number[]): Uint8Array[] => [
    ...(entries.written?.(Int32Array.from(wanted)) ?? []),
  ];
  const expected = (wanted: number[]): Buffer =>
    Buffer.concat(
      wanted.flatMap((code) => {
        const head = Buffer.alloc(4);
        head.writeUInt32LE(utf8(words[code]).length);
        return [head, utf8(words[code])];
      }),
    );
  const all = words.map((_, code) => code);
  expect(pieces(all)).toHaveLength(1);
  for (const wanted of [all, [], [2999], [5, 6, 7, 3, 4, 0, 0, 2998, 2999]]) {
    expect(Buffer.concat(pieces(wanted)).equals(expected(wanted))).toBe(true);
  }
});

it('gives the place of a string, and says which are longer than a limit', () => {
  const texts = new RowTexts();
  texts.codeOf('ééé');
  texts.codeOf('x'.repeat(5000));
  const span = newSpan();
  texts.entries().spanAt(1, span);
  expect(span.end - span.start).toBe(5000);
  expect(texts.longest).toBe(5000);
  expect([0, 1, 2].map((code) => texts.isLonger(code, 3))).toEqual([false, true, false]);
  expect(texts.isLonger(0, 2)).toBe(true);
});
