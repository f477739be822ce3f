import { describe, expect, it } from 'vitest';
import { HashPages } from '../../../src/vector/hash-pages.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { TextTable } from '../../../src/vector/text-table.ts';
import { textsOf } from '../../support/texts-of.ts';
import { randomOf } from '../storage/hypertable/support.ts';
import { seedOf } from '../../support/seed.ts';
import { rounds } from '../../support/rounds.ts';
import { expectSame } from '../../support/expect-same.ts';

const SEED = seedOf('text table');

function push(table: TextTable, text: string): void {
  const bytes = Buffer.from(text);
  table.pushDistinct(bytes, 0, bytes.length);
}

describe('TextTable', () => {
  it('numbers strings in the order of their arrival and finds them again', () => {
    const table = new TextTable();
    const known = new Map<string, number>();
    let wrong = 0;
    for (let i = 0; i < 120_000; i++) {
      const text = `text ${(i * 7919) % 80_021}`;
      const number = known.get(text) ?? known.size;
      known.set(text, number);
      if (table.add(text) !== number) wrong++;
    }
    expect(table.size).toBe(known.size);
    for (const [text, number] of known) {
      if (table.find(text) !== number || table.textOf(number) !== text) wrong++;
    }
    expect(wrong).toBe(0);
    expect(table.find('text')).toBe(-1);
    expect(table.find('')).toBe(-1);
  });

  it('indexes distinct strings when one is first looked for', () => {
    const table = new TextTable();
    table.add('first');
    const texts = Array.from({ length: 20_000 }, (_, i) => `text ${i}`);
    for (const text of texts) push(table, text);
    expect(table.size).toBe(20_001);
    expect(table.textOf(20_000)).toBe('text 19999');
    expect(table.add('text 7')).toBe(8);
    expect(table.add('new')).toBe(20_001);
    push(table, 'newer');
    expect(table.find('newer')).toBe(20_002);
    expect(texts.every((text, i) => table.find(text) === i + 1)).toBe(true);
    expect(textsOf(table.snapshot())).toEqual(['first', ...texts, 'new', 'newer']);
  });

  it(`numbers entries of a dictionary at once as one after the other (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < rounds(10); round++) {
      const alphabet = 1 + Math.floor(random() ** 3 * 20_000);
      const some = (): string =>
        `${Math.floor(random() * alphabet)} ${'ä'.repeat(random() < 0.3 ? 20 : 0)}`;
      const [one, many] = [new TextTable(), new TextTable()];
      for (let step = 0; step < 4; step++) {
        const texts = Array.from({ length: Math.floor(random() * 3000) }, some);
        const strings = new StringDictionary(texts);
        const codes = Int32Array.from(texts.keys());
        const numbers = new Int32Array(texts.length);
        const pages = new TextTable();
        for (const text of texts) push(pages, text);
        const dictionary = step % 2 === 0 ? strings : pages.snapshot();
        many.addAllFrom(dictionary, codes, codes.length, numbers);
        expectSame(
          numbers,
          codes.map((code) => one.addFrom(dictionary, code)),
        );
      }
      expect(textsOf(many.snapshot())).toEqual(textsOf(one.snapshot()));
      push(many, 'last');
      const again = new Int32Array(2);
      many.addAllFrom(new StringDictionary(['none', 'last']), Int32Array.of(0, 1), 1, again);
      expect([...again]).toEqual([one.size + 1, 0]);
    }
  });

  it('tells strings of all lengths and alphabets apart', () => {
    const table = new TextTable();
    const texts = ['', '\0', '\0\0', 'a', 'A', 'ä', '𝄞', '\ud834', 'a'.repeat(100_000)];
    texts.forEach((text, i) => expect(table.add(text)).toBe(i));
    texts.forEach((text, i) => expect(table.find(text)).toBe(i));
  });
});

describe('HashPages', () => {
  /** Finds an entry by a hash that only it has. */
  const find = (pages: HashPages, hash: number): number => {
    const { slots } = pages.directory[hash >>> pages.shift];
    const mask = slots.length - 2;
    let at = (hash << 1) & mask;
    while (slots[at + 1] !== 0 && slots[at] !== hash) at = (at + 2) & mask;
    return slots[at + 1];
  };
  const put = (pages: HashPages, hash: number, entry: number): void => {
    const page = pages.directory[hash >>> pages.shift];
    const mask = page.slots.length - 2;
    let at = (hash << 1) & mask;
    while (page.slots[at + 1] !== 0) at = (at + 2) & mask;
    pages.put(page, at, hash, entry);
  };

  it.each([
    ['spread hashes', (i: number) => Math.imul(i, 0x9e3779b1) | 0],
    ['hashes that agree in their upper bits', (i: number) => i],
    ['hashes that agree in their lower bits', (i: number) => i << 14],
    ['negative hashes', (i: number) => -1 - i],
  ])('keeps %s', (_name, hashOf) => {
    const pages = new HashPages();
    for (let i = 0; i < 50_000; i++) put(pages, hashOf(i), i + 1);
    let wrong = 0;
    for (let i = 0; i < 50_000; i++) if (find(pages, hashOf(i)) !== i + 1) wrong++;
    expect(wrong).toBe(0);
    expect(find(pages, hashOf(50_001))).toBe(0);
  });

  it('never moves more than a page at once', () => {
    const pages = new HashPages();
    for (let i = 0; i < 200_000; i++) put(pages, Math.imul(i, 0x9e3779b1), i + 1);
    const largest = Math.max(...pages.directory.map(({ slots }) => slots.length));
    expect(largest).toBe(2 * 8192);
    expect(pages.bytes).toBe(
      [...new Set(pages.directory)].reduce((sum, { slots }) => sum + slots.byteLength, 0),
    );
  });
});
