import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../src/base/byte-writer.ts';

describe('ByteWriter', () => {
  it('keeps every value when the buffer grows in the middle of it', () => {
    for (let capacity = 1; capacity < 40; capacity++) {
      const writer = new ByteWriter(capacity);
      writer.u8(7);
      writer.i16(-2);
      writer.i32(-3);
      writer.i64(-4n);
      writer.f64(0.1);
      writer.bytes(Uint8Array.of(1, 2, 3));
      writer.cstring('aä€');
      const reader = new ByteReader(writer.toBytes());
      expect([reader.u8(), reader.i16(), reader.i32(), reader.i64(), reader.f64()]).toEqual([
        7,
        -2,
        -3,
        -4n,
        0.1,
      ]);
      expect([...reader.take(3)]).toEqual([1, 2, 3]);
      expect(reader.cstring()).toBe('aä€');
      expect(reader.remaining).toBe(0);
    }
  });
});
