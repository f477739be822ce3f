import { expect, it } from 'vitest';
import { characterLength, compareText } from '../../../src/types/text.ts';

it('counts characters of short and of long texts alike', () => {
  for (const count of [0, 1, 10, 63, 64, 65, 1000, 100_000]) {
    for (const part of ['a', 'é', 'ж', '😀', 'a😀', '\udc00']) {
      const text = part.repeat(count);
      expect(characterLength(text)).toBe([...text].length);
      expect(characterLength(`${text}😀`)).toBe([...text].length + 1);
    }
  }
});

/** Letter by letter, by the order of the UTF-8 bytes. */
function byBytes(a: string, b: string): number {
  return Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

it('compares long texts as their bytes compare, wherever they differ', () => {
  const long = 'Lorem ipsum é '.repeat(400);
  for (const at of [0, 1, 511, 512, 513, 1023, 1024, 2048, 5000, long.length]) {
    for (const [x, y] of [
      ['a', 'b'],
      ['\uffff', '😀'],
      ['é', '😀'],
      ['', 'a'],
    ] as const) {
      const a = long.slice(0, at) + x + long.slice(at);
      const b = long.slice(0, at) + y + long.slice(at);
      expect(Math.sign(compareText(a, b))).toBe(byBytes(a, b));
      expect(Math.sign(compareText(b, a))).toBe(byBytes(b, a));
      expect(compareText(a, a.slice(0, 1) + a.slice(1))).toBe(0);
    }
  }
});
