import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../src/base/crc32c.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('crc32c', () => {
  it('gives the published check values', () => {
    expect(crc32c(bytes('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it('goes on from a previous checksum at any border', () => {
    const data = Uint8Array.from({ length: 100 }, (_, i) => (i * 37) & 0xff);
    for (let cut = 0; cut <= data.length; cut++) {
      expect(crc32c(data, crc32c(data, 0, 0, cut), cut)).toBe(crc32c(data));
    }
  });

  it('is what it is bit by bit, wherever the bytes stand', () => {
    const data = Uint8Array.from({ length: 1200 }, (_, i) => (i * 151 + (i >> 3)) & 0xff);
    for (let start = 0; start < 9; start++) {
      for (let end = start; end < data.length; end += end > 60 && end < 1000 ? 97 : 1) {
        let crc = ~5 >>> 0;
        for (let i = start; i < end; i++) {
          crc ^= data[i] as number;
          for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
        }
        expect(crc32c(data, 5, start, end)).toBe(~crc >>> 0);
        expect(crc32c(data.subarray(start, end), 5)).toBe(~crc >>> 0);
      }
    }
  });
});
