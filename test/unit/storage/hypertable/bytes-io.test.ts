import { describe, expect, it } from 'vitest';
import { BytesReader, BytesWriter } from '../../../../src/storage/hypertable/bytes-io.ts';
import { randomOf } from './support.ts';
import { decodeText } from '../../../../src/vector/text-bytes.ts';
import { seedOf } from '../../../support/seed.ts';

const SEED = seedOf('bytes io');
const PIECES = ['', 'a', 'host_1', 'ü', '€', '😀', '\u0000', '\u007f', 'x'.repeat(300)];

describe('BytesWriter.textBytes', () => {
  it(`writes strings as text does, whatever room there is (SEED=${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < 500; round++) {
      const kinds = 1 + Math.floor(random() * PIECES.length);
      const texts = Array.from({ length: Math.floor(random() * 30) }, () =>
        Array.from(
          { length: Math.floor(random() * 4) },
          () => PIECES[Math.floor(random() * kinds)] as string,
        ).join(''),
      );
      const room = Math.floor(random() * 64);
      const [all, each] = [new BytesWriter(room), new BytesWriter(room)];
      all.u8(7);
      for (const text of texts) {
        const bytes = Buffer.from(`<${text}>`);
        all.textBytes(bytes, 1, bytes.length - 1);
      }
      all.u8(9);
      each.u8(7);
      for (const text of texts) each.text(text);
      each.u8(9);
      expect(all.finish()).toEqual(each.finish());
      const reader = new BytesReader(all.finish());
      expect(reader.u8()).toBe(7);
      const { bytes, starts } = reader.texts(texts.length);
      const found = texts.map((_, i) => decodeText(bytes, starts[i]! + 4, starts[i + 1]!));
      expect(found).toEqual(texts);
      expect(reader.u8()).toBe(9);
    }
  });
});
