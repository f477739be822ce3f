/** Texts of views: long ones are read in turns, once, and work that needs them begins again. */
import { beforeAll, expect, it } from 'vitest';
import { initParser } from '../../../src/parse/parser.ts';
import { readStored, storedStatements, StoredTexts } from '../../../src/parse/stored-texts.ts';

beforeAll(initParser);

const turns = {
  checkpoint: () => undefined,
  wait: (ms: number) =>
    new Promise<void>((resolve) => {
      setTimeout(resolve, ms);
    }),
};
const long = (name: string, letters = 40_000): string =>
  `SELECT '${name}', '${'x'.repeat(letters)}'`;

it('keeps the trees of long texts, and lets go of those not asked for lately', () => {
  const first = storedStatements(long('a'));
  expect(storedStatements(long('a'))).toBe(first);
  const second = storedStatements(long('b', 300_000));
  storedStatements(long('a'));
  storedStatements(long('c', 300_000));
  expect(storedStatements(long('a'))).toBe(first);
  expect(storedStatements(long('b', 300_000))).not.toBe(second);
});

it('keeps the newest text, however long', async () => {
  const huge = long('huge', 1_000_000);
  const read = await readStored(huge, turns);
  expect(storedStatements(huge)).toBe(read);
});

it('begins work again once for each text that it lacks', async () => {
  const texts = new StoredTexts();
  const names = ['d', 'e', 'f'].map((name) => long(name, 400_000));
  let begun = 0;
  const work = (): Promise<number> => {
    begun++;
    return Promise.resolve(names.map((sql) => texts.statements(sql)).length);
  };
  expect(await texts.reading(work, turns)).toBe(3);
  expect(begun).toBe(4);
  await expect(texts.reading(() => Promise.reject(new Error('its own')), turns)).rejects.toThrow(
    'its own',
  );
});

it('parses short texts at once', () => {
  expect(new StoredTexts().statements('SELECT 1')).toHaveLength(1);
});
