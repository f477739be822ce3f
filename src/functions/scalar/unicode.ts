/** normalize(), unistr() and parse_ident(). */
import { finishNow, type Stepped } from '../../base/steps.ts';
import { dbError } from '../../errors/db-error.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID } from '../../types/type.ts';
import { scalar } from '../define.ts';
import type { ScalarFunction } from '../function.ts';

type NormalForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

function normalForm(name: string): NormalForm {
  const form = name.toUpperCase();
  if (form === 'NFC' || form === 'NFD' || form === 'NFKC' || form === 'NFKD') return form;
  throw dbError('invalid_parameter_value', `invalid normalization form: ${name}`);
}

const UNICODE_ESCAPE = /\\(?:\\|([0-9a-f]{4})|u([0-9a-f]{4})|\+([0-9a-f]{6})|U([0-9a-f]{8})|)/gi;

/** Replaces \XXXX, \uXXXX, \+XXXXXX and \UXXXXXXXX by their characters. */
function unistr(text: string): string {
  const result = text.replace(UNICODE_ESCAPE, (whole, a, b, c, d) => {
    if (whole === '\\\\') return '\\';
    const digits: string | undefined = a ?? b ?? c ?? d;
    if (digits === undefined) {
      throw dbError('syntax_error', {
        message: 'invalid Unicode escape',
        hint: 'Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.',
      });
    }
    const code = Number.parseInt(digits, 16);
    if (code === 0 || code > 0x10ffff) {
      throw dbError(
        'invalid_parameter_value',
        `invalid Unicode code point: ${code.toString(16).toUpperCase().padStart(4, '0')}`,
      );
    }
    return String.fromCodePoint(code);
  });
  if (/\p{Cs}/u.test(result)) {
    throw dbError('syntax_error', 'invalid Unicode surrogate pair');
  }
  return result;
}

/** Parts of an identifier where `lastIndex` is. */
const QUOTED = /"((?:[^"]|"")*)"/y;
const PLAIN = /[\p{L}_][\p{L}\p{N}_$]*/uy;

/** Parts read in one step. */
const STEP_PARTS = 4096;

/** Splits a qualified identifier into its parts, folding those that are not quoted. */
function* parseIdentSteps(text: string, strict: boolean): Stepped<PgArray> {
  const parts: string[] = [];
  const fail = (detail?: string): never => {
    throw dbError('invalid_parameter_value', {
      message: `string is not a valid identifier: "${text}"`,
      detail,
    });
  };
  let at = 0;
  const skipSpace = (): void => {
    while (at < text.length && /\s/.test(text[at] as string)) at++;
  };
  skipSpace();
  for (;;) {
    if (text[at] === '"') {
      QUOTED.lastIndex = at;
      const match = QUOTED.exec(text);
      if (match === null) fail('String has unclosed double quotes.');
      const [whole, name] = match as unknown as [string, string];
      if (name === '') fail('Quoted identifier must not be empty.');
      parts.push(name.replaceAll('""', '"'));
      at += whole.length;
    } else {
      PLAIN.lastIndex = at;
      const match = PLAIN.exec(text);
      if (match === null) {
        if (text[at] === '.') fail('No valid identifier before ".".');
        if (at > 0 && parts.length > 0) fail('No valid identifier after ".".');
        fail();
      }
      const [name] = match as unknown as [string];
      parts.push(name.toLowerCase());
      at += name.length;
    }
    if (parts.length % STEP_PARTS === 0) yield;
    skipSpace();
    if (text[at] !== '.') break;
    at++;
    skipSpace();
  }
  if (at < text.length && strict) fail();
  return new PgArray(OID.text, parts);
}

export const unicodeFunctions: readonly ScalarFunction[] = [
  scalar('normalize(text) text', (text: string) => text.normalize('NFC')),
  scalar('normalize(text, text) text', (text: string, form: string) =>
    text.normalize(normalForm(form)),
  ),
  scalar('is_normalized(text) bool', (text: string) => text.normalize('NFC') === text),
  scalar(
    'is_normalized(text, text) bool',
    (text: string, form: string) => text.normalize(normalForm(form)) === text,
  ),
  scalar('unistr(text) text', unistr),
  scalar('parse_ident(text) text[]', (text: string) => finishNow(parseIdentSteps(text, true)), {
    inSteps: (text: string) => parseIdentSteps(text, true),
  }),
  scalar(
    'parse_ident(text, bool) text[]',
    (text: string, strict: boolean) => finishNow(parseIdentSteps(text, strict)),
    { inSteps: parseIdentSteps },
  ),
];
