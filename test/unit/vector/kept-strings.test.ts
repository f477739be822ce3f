import { expect, it } from 'vitest';
import { GENERATION_STRINGS, KeptStrings } from '../../../src/vector/kept-strings.ts';

const PART = GENERATION_STRINGS / 8;

function filled(name: string): KeptStrings {
  const table = new KeptStrings();
  for (let i = 0; i < PART; i++) table.keep(i, name);
  return table;
}

it('keeps what it is given, by number', () => {
  const table = new KeptStrings();
  table.keep(5000, 'b');
  table.keep(3, 'a');
  expect([table.get(3), table.get(4), table.get(5000), table.get(9999)]).toEqual([
    'a',
    undefined,
    'b',
    undefined,
  ]);
  expect(table.units).toBe(2);
});

it('lets go of what nobody has asked for while two generations came', () => {
  const forgotten = filled('forgotten');
  const asked = filled('asked');
  const others: KeptStrings[] = [];
  for (let i = 0; i < 24; i++) {
    others.push(filled('other'));
    expect(asked.get(7)).toBe('asked');
  }
  expect(forgotten.units).toBe(0);
  expect(forgotten.get(7)).toBeUndefined();
  const kept = others.filter(({ units }) => units > 0).length;
  expect(kept).toBeGreaterThanOrEqual(8);
  expect(kept).toBeLessThanOrEqual(16);
  forgotten.keep(7, 'again');
  expect([forgotten.get(7), forgotten.units]).toEqual(['again', 5]);
});
