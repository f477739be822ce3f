/** upper, lower and initcap: character by character, each for one, as C libraries do (no ß -> SS). */
import type { Stepped } from '../../base/steps.ts';
import { mapText } from './in-pieces.ts';

/** JavaScript has another small letter for it at the end of a word. */
const CAPITAL_SIGMA = 'Σ';

/** The one that becomes two characters in JavaScript. */
const DOTTED_I = 'İ';

export function upper(text: string): string {
  const simple = text.toUpperCase();
  return simple.length === text.length ? simple : mapCharacters(text, (char) => char.toUpperCase());
}

export function lower(text: string): string {
  const simple = text.toLowerCase();
  return simple.length === text.length && !text.includes(CAPITAL_SIGMA)
    ? simple
    : mapCharacters(text, smallLetter);
}

function smallLetter(char: string): string {
  return char === DOTTED_I ? 'i' : char.toLowerCase();
}

function mapCharacters(text: string, map: (char: string) => string): string {
  let result = '';
  for (const char of text) {
    const mapped = map(char);
    result += mapped.length === char.length ? mapped : char;
  }
  return result;
}

export const upperSteps = (text: string): Stepped<string> => mapText(text, upper);
export const lowerSteps = (text: string): Stepped<string> => mapText(text, lower);

/** What the C library takes for letters and digits. */
const WORD_CHARACTER = /[\p{Alphabetic}\p{Nd}]/u;

/** Words with a capital first letter, over the pieces of a text. */
class WordCase {
  #inWord = false;

  map(text: string): string {
    let result = '';
    for (const char of text) {
      const mapped = this.#inWord ? smallLetter(char) : char.toUpperCase();
      result += mapped.length === char.length ? mapped : char;
      this.#inWord = WORD_CHARACTER.test(char);
    }
    return result;
  }
}

export function initcap(text: string): string {
  return new WordCase().map(text);
}

export function initcapSteps(text: string): Stepped<string> {
  const words = new WordCase();
  return mapText(text, (piece) => words.map(piece));
}
