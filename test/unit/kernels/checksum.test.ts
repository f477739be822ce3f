import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { crc32c } from '../../../src/base/crc32c.ts';
import { checksumOf } from '../../../src/kernels/checksum.ts';

const BYTES = 100_000;
const bytes = Uint8Array.from({ length: BYTES + 64 }, (_, i) => (i * 2_654_435_761) >>> 13);

it('is the checksum that JavaScript computes', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 63 }),
      fc.oneof(fc.nat({ max: BYTES }), fc.nat({ max: 40 }), fc.constantFrom(4096, 32_768, 65_536)),
      fc.nat({ max: 0xffffffff }),
      (skip, length, previous) => {
        const wanted = crc32c(bytes.subarray(skip, skip + length), previous);
        expect(checksumOf(bytes, previous, skip, skip + length)).toBe(wanted);
        expect(checksumOf(bytes.slice(skip, skip + length), previous)).toBe(wanted);
      },
    ),
    { numRuns: 200 },
  );
});
