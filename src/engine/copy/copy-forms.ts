/** What COPY TO does to a field's text: escapes in the text format, quotes in CSV. */
import type { Pieces } from '../../types/codec.ts';
import { quotedPieces } from '../../types/large-value.ts';
import type { CopyOptions } from './options.ts';

export interface TextForm {
  whole(text: string): string;
  /** The same of a text in pieces. */
  pieces(pieces: Pieces): Pieces;
}

const TEXT_ESCAPES = new Map<string, string>([
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

/** What numbers, dates and bools are printed with. */
const NUMBER_CHARACTERS = /[-+.: \w]/;
const ONLY_NUMBER_CHARACTERS = /^[-+.: \w]+$/;

/** undefined where fields go as they are; `columns` is how many a row has. */
export function formOf(name: string, columns: number, options: CopyOptions): TextForm | undefined {
  if (options.format === 'binary') return undefined;
  if (options.format === 'text') return textForm(options.delimiter);
  return csvForm(options, isForced(name, options), columns === 1);
}

export function headerForm(options: CopyOptions): TextForm {
  return options.format === 'csv' ? csvForm(options, false, false) : textForm(options.delimiter);
}

function isForced(name: string, { forceQuote }: CopyOptions): boolean {
  return forceQuote === '*' || forceQuote?.includes(name) === true;
}

/** True where nothing in a number or a date of the column can need escapes or quotes. */
export function areNumbersPlain(name: string, options: CopyOptions): boolean {
  const { format, delimiter, quote, escape, nullText } = options;
  if (format === 'binary') return true;
  if (NUMBER_CHARACTERS.test(delimiter)) return false;
  if (format === 'text') return true;
  if (isForced(name, options) || NUMBER_CHARACTERS.test(quote + escape)) return false;
  return !ONLY_NUMBER_CHARACTERS.test(nullText);
}

function textForm(delimiter: string): TextForm {
  const special = delimiter.replace(/[\\\]^-]/g, '\\$&');
  const mustEscape = new RegExp(`[\\\\\\b\\f\\n\\r\\t\\v${special}]`, 'g');
  const whole = (text: string): string =>
    text.replace(mustEscape, (character) => TEXT_ESCAPES.get(character) ?? `\\${character}`);
  return {
    whole,
    *pieces(pieces) {
      for (const piece of pieces) yield whole(piece);
    },
  };
}

/** `isAlone`: the row has no other field. */
function csvForm(options: CopyOptions, force: boolean, isAlone: boolean): TextForm {
  const { quote, nullText, delimiter } = options;
  const quoting = {
    quote,
    needsQuotes: (text: string) =>
      force || text.includes(delimiter) || text.includes(quote) || /[\r\n]/.test(text),
    // A line of nothing else than \. would end the data.
    taken: isAlone ? [nullText, '\\.'] : [nullText],
    escape: (text: string) => escapeQuotes(text, options),
  };
  return {
    whole: (text) =>
      quoting.taken.includes(text) || quoting.needsQuotes(text)
        ? quote + quoting.escape(text) + quote
        : text,
    pieces: (pieces) => quotedPieces(pieces, quoting),
  };
}

function escapeQuotes(text: string, { quote, escape }: CopyOptions): string {
  let escaped = '';
  for (const character of text) {
    escaped += character === quote || character === escape ? escape + character : character;
  }
  return escaped;
}
