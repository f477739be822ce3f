/** When a column's texts are looked up, and when not. */
import { expect, it } from 'vitest';
import { ColumnTexts } from '../../../../src/engine/copy/column-texts.ts';

const LONG = 'x'.repeat(1000);
/** Texts of this length that make a dictionary large. */
const LARGE = 8400;

function addMany(texts: ColumnTexts, rowsPerText: number): void {
  const dictionary = texts.current();
  for (let i = 0; i < LARGE; i++) dictionary.codeOf(`${LONG}${i}`);
  texts.noteRows(LARGE * rowsPerText);
}

it('does not look up what has come seldom twice, for a while', () => {
  const texts = new ColumnTexts();
  expect(texts.isScattered).toBe(false);
  addMany(texts, 1);
  expect(texts.isScattered).toBe(true);
  texts.noteRows(LARGE * 7);
  expect(texts.isScattered).toBe(true);
  texts.noteRows(LARGE * 2);
  expect(texts.isScattered).toBe(false);
  addMany(texts, 1);
  expect(texts.isScattered).toBe(true);
});

it('goes on looking up what comes again', () => {
  const texts = new ColumnTexts();
  const first = texts.current();
  addMany(texts, 3);
  expect(texts.isScattered).toBe(false);
  expect(texts.current()).not.toBe(first);
});
