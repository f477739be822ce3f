import { expect, it } from 'vitest';
import { characterLength } from '../../../src/types/text.ts';

it('counts characters of short and of long texts alike', () => {
  for (const count of [0, 1, 10, 63, 64, 65, 1000, 100_000]) {
    for (const part of ['a', 'é', 'ж', '😀', 'a😀', '\udc00']) {
      const text = part.repeat(count);
      expect(characterLength(text)).toBe([...text].length);
      expect(characterLength(`${text}😀`)).toBe([...text].length + 1);
    }
  }
});
