import fc from '../../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { BytesReader, BytesWriter } from '../../../../src/storage/hypertable/bytes-io.ts';
import { decodeBlock, encodeBlock } from '../../../../src/storage/hypertable/column-block.ts';
import { TextDictionary } from '../../../../src/storage/hypertable/text-dictionary.ts';
import { OID } from '../../../../src/types/type.ts';
import { textsOf } from '../../../support/texts-of.ts';

const TEXT = { oid: OID.text, typmod: -1 };

const texts = fc.array(
  fc.oneof(
    fc.string({ unit: 'grapheme-ascii' }),
    fc.string({ unit: 'grapheme' }),
    fc.string({ minLength: 120, maxLength: 140 }),
    fc.constantFrom('', '\u0000', '\u007f', '\u0080', '\ufeff', '\u{1d11e}'),
  ),
);

function decoded(bytes: Uint8Array, target: TextDictionary): (string | null)[] {
  const back = decodeBlock(bytes, TEXT, () => target);
  if (back.rep !== 'text') throw new Error('not texts');
  const { codes, dictionary, nulls } = back;
  return [...codes].map((code, i) => (nulls?.[i] === 1 ? null : dictionary.textOf(code)));
}

describe('texts of a block', () => {
  it('come back, in an empty dictionary and in one that has some of them', () => {
    fc.assert(
      fc.property(fc.array(fc.option(texts)), texts, (groups, known) => {
        const rows = groups.flatMap((group) => group ?? [null]);
        const dictionary = new TextDictionary();
        const codes = Int32Array.from(rows, (text) => dictionary.intern(text ?? ''));
        const nulls = Uint8Array.from(rows, (text) => (text === null ? 1 : 0));
        const column = { rep: 'text', codes, dictionary, nulls } as const;
        const bytes = encodeBlock(column, rows.length, TEXT);
        const own = new TextDictionary();
        expect(decoded(bytes, own)).toEqual(rows);
        for (const text of rows) if (text !== null) expect(own.textOf(own.intern(text))).toBe(text);
        expect(new Set(textsOf(own.snapshot())).size).toBe(own.size);
        const shared = new TextDictionary();
        for (const text of known) shared.intern(text);
        expect(decoded(bytes, shared)).toEqual(rows);
        expect(new Set(textsOf(shared.snapshot())).size).toBe(shared.size);
      }),
    );
  });

  it('come back from a dictionary of very many', () => {
    const dictionary = new TextDictionary();
    for (let i = 0; i < 300_000; i++) {
      const bytes = Buffer.from(`t${i}`);
      dictionary.addDistinct(bytes, 0, bytes.length);
    }
    const rows = 65_536;
    const nulls = Uint8Array.from({ length: rows }, (_, i) => Number(i % 5 === 0));
    const kinds: readonly ((i: number) => number)[] = [
      (i) => i,
      (i) => (i * 7919) % 300_001,
      (i) => (i % 3) * 131_072,
      (i) => 300_000 - (i % 1000),
    ];
    for (const code of kinds) {
      for (const mask of [undefined, nulls]) {
        const codes = Int32Array.from({ length: rows }, (_, i) => code(i));
        const column = { rep: 'text', codes, dictionary, nulls: mask } as const;
        const back = decoded(encodeBlock(column, rows, TEXT), new TextDictionary());
        const wanted = Array.from(codes, (each, i) =>
          mask?.[i] === 1 ? null : dictionary.textOf(each),
        );
        expect(back.every((text, i) => text === wanted[i])).toBe(true);
        expect(back).toHaveLength(rows);
      }
    }
  });

  it('that claim to be longer than their block are damage', () => {
    const writer = new BytesWriter();
    writer.u32(0xffff_ffff);
    writer.u32(1);
    expect(() => new BytesReader(writer.finish()).texts(2)).toThrow(RangeError);
  });
});
