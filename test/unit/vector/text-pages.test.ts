/** Strings as bytes in pages, against the strings themselves. */
import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { newSpan } from '../../../src/vector/dictionary.ts';
import { PageDictionary } from '../../../src/vector/page-dictionary.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { decodeText, encodeText, hashBytes, hashText } from '../../../src/vector/text-bytes.ts';
import { INLINE_BYTES_MAX, TextPages } from '../../../src/vector/text-pages.ts';
import { TextTable } from '../../../src/vector/text-table.ts';
import { textsOf } from '../../support/texts-of.ts';

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 80 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 9 }), fc.nat({ max: 30_000 }))
      .map(([piece, count]) => piece.repeat(count)),
  },
);

function push(pages: TextPages, each: string): number {
  const bytes = Buffer.from(`<${each}>`);
  return pages.push(bytes, 1, bytes.length - 1, 0);
}

describe('strings of pages', () => {
  it('are written behind their lengths, and nothing far behind them', () => {
    const picked = fc.array(fc.nat(), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), picked, (texts, picks) => {
        const pages = new TextPages();
        for (const each of texts) push(pages, each);
        const numbers = Int32Array.from(picks, (pick) => pick % texts.length);
        const wanted = Buffer.concat(
          Array.from(numbers, (number) => {
            const head = Buffer.alloc(4);
            head.writeUInt32LE(Buffer.byteLength(texts[number]));
            return Buffer.concat([head, Buffer.from(texts[number])]);
          }),
        );
        const target = new Uint8Array(3 + wanted.length + INLINE_BYTES_MAX);
        const end = pages.writeAll(numbers, new DataView(target.buffer), 3);
        expect(end).toBe(3 + wanted.length);
        expect(Buffer.compare(target.subarray(3, end), wanted)).toBe(0);
      }),
    );
  });
});

describe('texts and their bytes', () => {
  it('have one hash and come back', () => {
    const span = newSpan();
    fc.assert(
      fc.property(text, fc.nat({ max: 9 }), (each, offset) => {
        const bytes = Buffer.from('#'.repeat(offset) + each);
        expect(hashBytes(bytes, offset, bytes.length)).toBe(hashText(each));
        expect(decodeText(bytes, offset, bytes.length)).toBe(each);
        encodeText(each, span);
        const encoded = Buffer.from(span.bytes.subarray(span.start, span.end));
        expect(encoded.equals(Buffer.from(each))).toBe(true);
      }),
    );
  });

  it('keep a mark of byte order', () => {
    const bytes = Buffer.from('\ufeffx');
    expect(decodeText(bytes, 0, bytes.length)).toBe('\ufeffx');
  });
});

describe('TextPages', () => {
  it('gives strings back as text and as bytes', () => {
    const span = newSpan();
    fc.assert(
      fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
        const pages = new TextPages();
        texts.forEach((each, i) => expect(push(pages, each)).toBe(i));
        texts.forEach((each, i) => {
          pages.spanAt(i, span);
          const bytes = Buffer.from(span.bytes.subarray(span.start, span.end));
          expect(bytes.equals(Buffer.from(each))).toBe(true);
          expect(pages.hashAt(i)).toBe(hashText(each));
          expect(pages.equals(i, span.bytes, span.start, span.end)).toBe(true);
          // Once made, and once kept.
          expect([pages.at(i), pages.at(i)]).toEqual([each, each]);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('holds very many strings of all lengths, over all borders of pages and chunks', () => {
    const pages = new TextPages();
    const textOf = (i: number): string =>
      `${['', 'ü', '😀', 'ü€'][i % 4]}${'x'.repeat((i * 7919) % 97)}${i}`;
    for (let i = 0; i < 150_000; i++) {
      push(pages, i % 30_000 === 29_999 ? 'long'.repeat(500_000) + i : textOf(i));
    }
    let wrong = 0;
    for (let i = 0; i < 150_000; i++) {
      const wanted = i % 30_000 === 29_999 ? 'long'.repeat(500_000) + i : textOf(i);
      if (pages.at(i) !== wanted) wrong++;
    }
    expect(wrong).toBe(0);
    expect(pages.bytes).toBeGreaterThan(5 * 2_000_000 + 150_000 * 16);
  });

  it('takes over memory that holds strings', () => {
    const texts = ['one', '', 'zwölf', '😀', 'last'];
    const bytes = texts.map((each) => Buffer.from(each));
    const pages = new TextPages();
    push(pages, 'before');
    pages.adopt(
      Buffer.concat(bytes),
      Uint32Array.from(bytes, ({ length }) => length),
    );
    push(pages, 'after');
    expect(textsOf(new PageDictionary(pages))).toEqual(['before', ...texts, 'after']);
  });
});

describe('TextTable', () => {
  it('numbers strings, bytes and entries of dictionaries alike', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 60 }), (texts) => {
        const table = new TextTable();
        const known = [...new Set(texts)];
        const strings = new StringDictionary(texts);
        const pages = new TextPages();
        for (const each of texts) push(pages, each);
        const bytes = new PageDictionary(pages);
        texts.forEach((each, i) => {
          const number = known.indexOf(each);
          const utf8 = Buffer.from(each);
          expect(table.findFrom(bytes, i)).toBe(number < table.size ? number : -1);
          const added = [
            () => table.add(each),
            () => table.addFrom(strings, i),
            () => table.addFrom(bytes, i),
            () => table.addBytes(utf8, 0, utf8.length),
          ];
          expect(added[i % 4]!()).toBe(number);
          expect(table.findFrom(strings, i)).toBe(number);
          expect(table.find(each)).toBe(number);
        });
        expect(textsOf(table.snapshot())).toEqual(known);
        const copy = new TextTable();
        for (const _ of copy.takeSteps(table.snapshot())) continue;
        expect(known.map((each) => copy.find(each))).toEqual([...known.keys()]);
      }),
      { numRuns: 60 },
    );
  });

  it('gives dictionaries that stay as they are', () => {
    const table = new TextTable();
    table.add('a');
    const before = table.snapshot();
    expect(table.snapshot()).toBe(before);
    table.add('b');
    expect(textsOf(before)).toEqual(['a']);
    expect(textsOf(table.snapshot())).toEqual(['a', 'b']);
    expect(table.snapshot().source).toBe(before.source);
  });

  it('takes half a surrogate pair for the character of what is none', () => {
    const table = new TextTable();
    expect(table.add('x\ud834')).toBe(0);
    expect(table.find('x\ufffd')).toBe(0);
    expect(table.textOf(0)).toBe('x\ufffd');
  });
});
