import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { md5 } from '../../../src/functions/digest/md5.ts';

it('computes what the platform computes, at every length around the borders of blocks', () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + length * 7) & 255);
    const expected = createHash('md5').update(bytes).digest('hex');
    expect(Buffer.from(md5(bytes)).toString('hex'), `of ${length} bytes`).toBe(expected);
  }
});
