import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { md5, md5OfText } from '../../../src/functions/digest/md5.ts';

it('computes what the platform computes, at every length around the borders of blocks', () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + length * 7) & 255);
    const expected = createHash('md5').update(bytes).digest('hex');
    expect(md5(bytes), `of ${length} bytes`).toBe(expected);
    expect(md5(Uint8Array.of(1, ...bytes, 2), 1, length + 1)).toBe(expected);
  }
});

it('computes the digests of texts of all lengths and characters', () => {
  for (const text of ['', 'a', 'ü€😀', 'x'.repeat(100), 'é'.repeat(9000)]) {
    expect(md5OfText(text)).toBe(createHash('md5').update(text).digest('hex'));
  }
});
