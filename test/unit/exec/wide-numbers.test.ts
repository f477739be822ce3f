import { describe, expect, it } from 'vitest';
import { WideNumbers } from '../../../src/exec/wide-numbers.ts';
import { seedOf } from '../../support/seed.ts';

const seed = seedOf('wide numbers');
let state = seed;
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state;
};
const word = (): bigint => BigInt.asIntN(64, (BigInt(random()) << 32n) | BigInt(random()));

const KINDS: readonly (readonly [string, () => bigint])[] = [
  ['any', word],
  ['few', () => BigInt.asIntN(64, (BigInt(random() % 300) << 54n) + 7n)],
  ['neighbours', () => 2n ** 60n + BigInt(random() % 5000)],
  ['negative', () => -(2n ** 63n) + BigInt(random() % 1000)],
];

describe(`WideNumbers (SEED=${seed})`, () => {
  it.each(KINDS)('numbers %s integers in the order of their arrival', (_name, value) => {
    const numbers = new WideNumbers();
    const known = new Map<bigint, number>();
    for (let i = 0; i < 20_000; i++) {
      const one = value();
      const before = numbers.find(one);
      if (before !== (known.get(one) ?? -1)) expect(before).toBe(known.get(one) ?? -1);
      if (!known.has(one)) known.set(one, known.size);
      const number = numbers.add(one);
      if (number !== known.get(one)) expect(number).toBe(known.get(one));
    }
    expect(numbers.size).toBe(known.size);
    const found = [...known.keys()].map((one) => numbers.find(one));
    expect(found).toEqual([...known.values()]);
    expect(numbers.bytes).toBeGreaterThan(known.size * 8);
  });
});
