import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../../src/types/bytea.ts';
import { hashKey } from '../../../src/types/hash.ts';
import { OID } from '../../../src/types/type.ts';

const LENGTHS = [0, 1, 63, 64, 65, 255, 256, 257, 1000];

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 37) % 256);
}

/** In the middle of other bytes, as a part of a message is. */
function partOf(bytes: Uint8Array): Uint8Array {
  const around = new Uint8Array(bytes.length + 20).fill(7);
  around.set(bytes, 10);
  return around.subarray(10, 10 + bytes.length);
}

describe('byte strings', () => {
  it('are ordered by unsigned bytes, a prefix first, of any length', () => {
    for (const length of LENGTHS) {
      const a = bytesOf(length);
      expect(compareBytes(a, partOf(a))).toBe(0);
      expect(compareBytes(a, bytesOf(length + 1))).toBeLessThan(0);
      expect(compareBytes(bytesOf(length + 1), a)).toBeGreaterThan(0);
      for (const at of [0, length >> 1, length - 1].filter((each) => each >= 0 && each < length)) {
        const b = a.slice();
        b[at] = (a[at]! + 128) % 256;
        expect(Math.sign(compareBytes(a, partOf(b)))).toBe(Math.sign(a[at]! - b[at]!));
      }
    }
  });

  it('have one key each, whatever their lengths', () => {
    const all = LENGTHS.flatMap((length) => [
      bytesOf(length),
      new Uint8Array(length).fill(0x61),
      Uint8Array.from(Buffer.from('6'.repeat(length))),
    ]);
    const texts = new Set(all.map((bytes) => Buffer.from(bytes).toString('hex')));
    const keys = new Set(all.map((bytes) => hashKey(OID.bytea, bytes)));
    expect(keys.size).toBe(texts.size);
    for (const bytes of all)
      expect(hashKey(OID.bytea, partOf(bytes))).toBe(hashKey(OID.bytea, bytes));
  });
});
