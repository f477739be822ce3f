/** Text tables against a Map of decoded strings. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { ByteDictionary } from '../../../src/engine/copy/byte-dictionary.ts';
import { FieldRows, utf8 } from './support/field-rows.ts';
import { textsOf } from '../../support/texts-of.ts';
import { rounds } from '../../support/rounds.ts';
import { expectSame } from '../../support/expect-same.ts';

const rows = new FieldRows();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isText(bytes: Uint8Array): boolean {
  try {
    return !DECODER.decode(bytes).includes('\0');
  } catch {
    return false;
  }
}

function codes(
  dictionary: ByteDictionary,
  fields: readonly Uint8Array[],
): (number | null | 'odd')[] {
  rows.place(fields);
  dictionary.read(rows.block, rows.job);
  return rows.codes();
}

it('numbers strings, and leaves what is no text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }).map(utf8),
    fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 20 }).map(utf8),
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ min: 0x7f, maxLength: 6 }),
    fc.constant(utf8('\\N')),
  );
  fc.assert(
    fc.property(fc.array(fc.array(text, { maxLength: 100 }), { maxLength: 4 }), (blocks) => {
      const dictionary = new ByteDictionary();
      for (const fields of blocks) {
        codes(dictionary, fields).forEach((code, row) => {
          const field = fields[row];
          if (field.length === 2 && DECODER.decode(field.map((b) => b & 127)) === '\\N') return;
          if (field.includes(0x5c) || !isText(field)) expect(code).toBe('odd');
          else expect(dictionary.entries().at(code as number)).toBe(DECODER.decode(field));
        });
      }
      expect(new Set(textsOf(dictionary.entries())).size).toBe(dictionary.entries().length);
    }),
    { numRuns: rounds(80) },
  );
});

it('grows', () => {
  const dictionary = new ByteDictionary();
  const texts = Array.from({ length: 5000 }, (_, i) => `${'long '.repeat(i % 9)}${i % 3000}`);
  for (let at = 0; at < texts.length; at += 500) {
    const part = texts.slice(at, at + 500);
    const found = codes(dictionary, part.map(utf8));
    expect(found.map((code) => dictionary.entries().at(code as number))).toEqual(part);
  }
  expect(textsOf(dictionary.entries())).toEqual([...new Set(texts)]);
});

it('takes strings that are too long for the table', () => {
  const dictionary = new ByteDictionary();
  const long = utf8('ü'.repeat(1000));
  const textOf = (code: number): string | undefined => dictionary.entries().at(code);
  for (let i = 0; i < 300; i++) {
    expect(textOf(dictionary.code(long, 0, long.length))).toBe('ü'.repeat(1000));
    expect(textOf(dictionary.codeOf(`short ${i}`))).toBe(`short ${i}`);
    expect(textOf(dictionary.codeOf('short 0'))).toBe('short 0');
  }
  expect(() => dictionary.code(Uint8Array.of(0xff), 0, 1)).toThrow(TypeError);
});

it('finds strings again among many, whatever their lengths', () => {
  const dictionary = new ByteDictionary();
  const texts = Array.from(
    { length: 40_000 },
    (_, i) => `${'x'.repeat(i % 41)}/${i}/${'y'.repeat(i % 23)}`,
  );
  const order = texts.map((_, i) => (i * 7919) % texts.length);
  for (const list of [texts, order.map((i) => texts[i])]) {
    for (let at = 0; at < list.length; at += 500) {
      const part = list.slice(at, at + 500);
      const found = codes(dictionary, part.map(utf8));
      expectSame(
        found.map((code) => dictionary.entries().at(code as number)),
        part,
      );
    }
  }
  expect(dictionary.entries()).toHaveLength(texts.length);
});

it('writes strings behind their lengths', () => {
  const text = fc
    .string({ unit: 'binary', maxLength: 60 })
    .map((each) => each.replaceAll('\0', ''));
  const lists = fc.array(text, { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(lists, fc.array(fc.nat(), { maxLength: 3000 }), (words, picks) => {
      const dictionary = new ByteDictionary();
      for (const word of words) dictionary.codeOf(word);
      const entries = dictionary.entries();
      const wanted = Int32Array.from(picks, (pick) => pick % entries.length);
      const pieces = Array.from(entries.written?.(wanted) ?? [], (piece) => piece.slice());
      const expected = Array.from(wanted, (code) => {
        const bytes = utf8(entries.at(code));
        const head = Buffer.alloc(4);
        head.writeUInt32LE(bytes.length);
        return Buffer.concat([head, bytes]);
      });
      expect(Buffer.compare(Buffer.concat(pieces), Buffer.concat(expected))).toBe(0);
    }),
    { numRuns: 200 },
  );
});

it('leaves the writing to others where strings are too long for the table', () => {
  const dictionary = new ByteDictionary();
  dictionary.codeOf('short');
  expect(dictionary.entries().written).toBeDefined();
  dictionary.codeOf('long'.repeat(400));
  expect(dictionary.entries().written).toBeUndefined();
});
