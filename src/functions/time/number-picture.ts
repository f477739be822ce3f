/** The pictures of to_char over numbers: `FM999,990.00`, `S9999`, `RN`, `9.99EEEE`. */
import { dbError, type DbError } from '../../errors/db-error.ts';

export type NumberKey =
  | '9'
  | '0'
  | '.'
  | ','
  | 'b'
  | 'c'
  | 'd'
  | 'eeee'
  | 'fm'
  | 'g'
  | 'l'
  | 'mi'
  | 'pl'
  | 'pr'
  | 'rn'
  | 'sg'
  | 'sp'
  | 's'
  | 'th'
  | 'v';

export type NumberNode =
  | { readonly kind: 'field'; readonly key: NumberKey; readonly isLower: boolean }
  | { readonly kind: 'text'; readonly text: string };

/** What a picture asks for as a whole. */
export interface NumberPicture {
  readonly nodes: readonly NumberNode[];
  /** Digits before and after the point, and those that V multiplies by. */
  pre: number;
  post: number;
  multi: number;
  zeroStart: number;
  zeroEnd: number;
  sign: 'none' | 'before' | 'after';
  preAtSign: number;
  decimal: boolean;
  fill: boolean;
  zero: boolean;
  blank: boolean;
  leadingSign: boolean;
  bracket: boolean;
  minus: boolean;
  plus: boolean;
  roman: boolean;
  multiply: boolean;
  scientific: boolean;
}

const KEYS: readonly NumberKey[] = [
  'eeee',
  'fm',
  'mi',
  'pl',
  'pr',
  'rn',
  'sg',
  'sp',
  'th',
  '9',
  '0',
  '.',
  ',',
  'b',
  'c',
  'd',
  'g',
  'l',
  's',
  'v',
];

function split(picture: string): NumberNode[] {
  const nodes: NumberNode[] = [];
  let at = 0;
  while (at < picture.length) {
    const key = KEYS.find(
      (k) => picture.startsWith(k, at) || picture.startsWith(k.toUpperCase(), at),
    );
    if (key !== undefined) {
      nodes.push({ kind: 'field', key, isLower: picture.startsWith(key, at) });
      at += key.length;
      continue;
    }
    if (picture[at] === '"') {
      at++;
      while (at < picture.length && picture[at] !== '"') {
        if (picture[at] === '\\' && at + 1 < picture.length) at++;
        at = pushText(picture, at, nodes);
      }
      at++;
      continue;
    }
    if (picture[at] === '\\' && picture[at + 1] === '"') at++;
    at = pushText(picture, at, nodes);
  }
  return nodes;
}

function pushText(picture: string, at: number, nodes: NumberNode[]): number {
  const text = String.fromCodePoint(picture.codePointAt(at) as number);
  nodes.push({ kind: 'text', text });
  return at + text.length;
}

function invalid(message: string, detail?: string): DbError {
  return dbError('syntax_error', { message, detail });
}

/** Parses and checks a picture. */
export function parseNumberPicture(picture: string): NumberPicture {
  const p: NumberPicture = {
    nodes: split(picture),
    pre: 0,
    post: 0,
    multi: 0,
    zeroStart: 0,
    zeroEnd: 0,
    sign: 'none',
    preAtSign: 0,
    decimal: false,
    fill: false,
    zero: false,
    blank: false,
    leadingSign: false,
    bracket: false,
    minus: false,
    plus: false,
    roman: false,
    multiply: false,
    scientific: false,
  };
  for (const node of p.nodes) {
    if (node.kind !== 'field') continue;
    if (p.scientific && node.key !== 'eeee') throw invalid('"EEEE" must be the last pattern used');
    addKey(p, node.key);
  }
  return p;
}

function addKey(p: NumberPicture, key: NumberKey): void {
  switch (key) {
    case '9':
      if (p.bracket) throw invalid('"9" must be ahead of "PR"');
      if (p.multiply) p.multi++;
      else if (p.decimal) p.post++;
      else p.pre++;
      return;
    case '0':
      if (p.bracket) throw invalid('"0" must be ahead of "PR"');
      if (!p.zero && !p.decimal) {
        p.zero = true;
        p.zeroStart = p.pre;
      }
      if (p.decimal) p.post++;
      else p.pre++;
      p.zeroEnd = p.pre + p.post;
      return;
    case 'b':
      if (p.pre === 0 && p.post === 0 && !p.zero) p.blank = true;
      return;
    case 'd':
    case '.':
      if (p.decimal) throw invalid('multiple decimal points');
      if (p.multiply) throw invalid('cannot use "V" and decimal point together');
      p.decimal = true;
      return;
    case 'fm':
      p.fill = true;
      return;
    case 'rn':
      p.roman = true;
      return;
    case 'v':
      if (p.decimal) throw invalid('cannot use "V" and decimal point together');
      p.multiply = true;
      return;
    case 'eeee':
      addScientific(p);
      return;
    default:
      addSign(p, key);
  }
}

function addScientific(p: NumberPicture): void {
  if (p.scientific) throw invalid('cannot use "EEEE" twice');
  const mixed =
    p.blank || p.fill || p.leadingSign || p.bracket || p.minus || p.plus || p.roman || p.multiply;
  if (mixed) {
    throw invalid(
      '"EEEE" is incompatible with other formats',
      '"EEEE" may only be used together with digit and decimal point patterns.',
    );
  }
  p.scientific = true;
}

function addSign(p: NumberPicture, key: NumberKey): void {
  switch (key) {
    case 's':
      if (p.leadingSign) throw invalid('cannot use "S" twice');
      if (p.plus || p.minus || p.bracket) {
        throw invalid('cannot use "S" and "PL"/"MI"/"SG"/"PR" together');
      }
      p.leadingSign = true;
      p.sign = p.decimal ? 'after' : 'before';
      if (!p.decimal) p.preAtSign = p.pre;
      return;
    case 'mi':
      if (p.leadingSign) throw invalid('cannot use "S" and "MI" together');
      p.minus = true;
      return;
    case 'pl':
      if (p.leadingSign) throw invalid('cannot use "S" and "PL" together');
      p.plus = true;
      return;
    case 'sg':
      if (p.leadingSign) throw invalid('cannot use "S" and "SG" together');
      p.minus = true;
      p.plus = true;
      return;
    case 'pr':
      if (p.leadingSign || p.plus || p.minus) {
        throw invalid('cannot use "PR" and "S"/"PL"/"MI"/"SG" together');
      }
      p.bracket = true;
      return;
    default:
  }
}
