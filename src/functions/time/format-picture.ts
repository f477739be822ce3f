/** The pictures of to_char, to_date and to_timestamp: `YYYY-MM-DD "at" HH24:MI`. */

export type PictureKey =
  | 'a.d.'
  | 'ad'
  | 'a.m.'
  | 'am'
  | 'cc'
  | 'day'
  | 'ddd'
  | 'dd'
  | 'dy'
  | 'd'
  | 'ff1'
  | 'ff2'
  | 'ff3'
  | 'ff4'
  | 'ff5'
  | 'ff6'
  | 'fx'
  | 'hh24'
  | 'hh12'
  | 'iddd'
  | 'id'
  | 'iw'
  | 'iyyy'
  | 'iyy'
  | 'iy'
  | 'i'
  | 'j'
  | 'mi'
  | 'mm'
  | 'month'
  | 'mon'
  | 'ms'
  | 'of'
  | 'q'
  | 'rm'
  | 'ssss'
  | 'ss'
  | 'tzh'
  | 'tzm'
  | 'tz'
  | 'us'
  | 'ww'
  | 'w'
  | 'y,yyy'
  | 'yyyy'
  | 'yyy'
  | 'yy'
  | 'y';

export type LetterCase = 'upper' | 'capital' | 'lower';

export interface PictureField {
  readonly kind: 'field';
  readonly key: PictureKey;
  /** As written, for error messages. */
  readonly text: string;
  readonly letterCase: LetterCase;
  /** FM: no padding. */
  readonly fill: boolean;
  /** TM: localized names, which are not padded. */
  readonly translate: boolean;
  /** TH or th. */
  readonly ordinal: 'upper' | 'lower' | undefined;
}

export interface PictureText {
  readonly kind: 'space' | 'separator' | 'character';
  readonly text: string;
}

export type PictureNode = PictureField | PictureText;

/** Words with the same meaning as another. */
const SAME: ReadonlyMap<string, PictureKey> = new Map<string, PictureKey>([
  ['b.c.', 'a.d.'],
  ['bc', 'ad'],
  ['p.m.', 'a.m.'],
  ['pm', 'am'],
  ['hh', 'hh12'],
  ['sssss', 'ssss'],
]);

const KEYS: readonly PictureKey[] = [
  'a.d.',
  'ad',
  'a.m.',
  'am',
  'cc',
  'day',
  'ddd',
  'dd',
  'dy',
  'd',
  'ff1',
  'ff2',
  'ff3',
  'ff4',
  'ff5',
  'ff6',
  'fx',
  'hh24',
  'hh12',
  'iddd',
  'id',
  'iw',
  'iyyy',
  'iyy',
  'iy',
  'i',
  'j',
  'mi',
  'mm',
  'month',
  'mon',
  'ms',
  'of',
  'q',
  'rm',
  'ssss',
  'ss',
  'tzh',
  'tzm',
  'tz',
  'us',
  'ww',
  'w',
  'y,yyy',
  'yyyy',
  'yyy',
  'yy',
  'y',
];

const CAPITALIZED: ReadonlySet<string> = new Set(['Day', 'Dy', 'Month', 'Mon']);

function buildWords(): readonly { word: string; key: PictureKey }[] {
  const words: { word: string; key: PictureKey }[] = [];
  const all: [string, PictureKey][] = [...KEYS.map((k): [string, PictureKey] => [k, k]), ...SAME];
  for (const [word, key] of all) {
    words.push({ word, key }, { word: word.toUpperCase(), key });
    const capital = word.charAt(0).toUpperCase() + word.slice(1);
    if (CAPITALIZED.has(capital)) words.push({ word: capital, key });
  }
  return words.toSorted((a, b) => b.word.length - a.word.length);
}

const WORDS = buildWords();
const MAX_CACHED = 500;
const cache = new Map<string, readonly PictureNode[]>();

/** Splits a picture into fields and literal text. */
export function parsePicture(picture: string): readonly PictureNode[] {
  let nodes = cache.get(picture);
  if (nodes === undefined) {
    nodes = split(picture);
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(picture, nodes);
  }
  return nodes;
}

function split(picture: string): PictureNode[] {
  const nodes: PictureNode[] = [];
  let at = 0;
  while (at < picture.length) {
    const prefix = picture.slice(at, at + 2);
    const fill = prefix === 'FM' || prefix === 'fm';
    const translate = prefix === 'TM' || prefix === 'tm';
    if (fill || translate) at += 2;
    if (at >= picture.length) break;
    const found = WORDS.find(({ word }) => picture.startsWith(word, at));
    if (found === undefined) {
      at = literal(picture, at, nodes);
      continue;
    }
    at += found.word.length;
    const suffix = picture.slice(at, at + 2);
    const ordinal = suffix === 'TH' ? 'upper' : suffix === 'th' ? 'lower' : undefined;
    if (ordinal !== undefined || suffix === 'SP') at += 2;
    const { word, key } = found;
    nodes.push({
      kind: 'field',
      key,
      text: word,
      letterCase: caseOf(word),
      fill,
      translate,
      ordinal,
    });
  }
  return nodes;
}

function caseOf(word: string): LetterCase {
  if (word === word.toLowerCase()) return 'lower';
  return CAPITALIZED.has(word) ? 'capital' : 'upper';
}

function literal(picture: string, start: number, nodes: PictureNode[]): number {
  let at = start;
  if (picture[at] === '"') {
    at++;
    while (at < picture.length) {
      if (picture[at] === '"') return at + 1;
      if (picture[at] === '\\' && at + 1 < picture.length) at++;
      const text = String.fromCodePoint(picture.codePointAt(at) as number);
      nodes.push({ kind: 'character', text });
      at += text.length;
    }
    return at;
  }
  if (picture[at] === '\\' && picture[at + 1] === '"') at++;
  const text = String.fromCodePoint(picture.codePointAt(at) as number);
  nodes.push({ kind: textKind(text), text });
  return at + text.length;
}

function textKind(text: string): PictureText['kind'] {
  if (isPictureSpace(text)) return 'space';
  return isSeparator(text) ? 'separator' : 'character';
}

export function isPictureSpace(c: string): boolean {
  return c === ' ' || (c >= '\t' && c <= '\r' && c !== '');
}

/** Printable ASCII that is no letter and no digit. */
export function isSeparator(c: string): boolean {
  return /^[!-/:-@[-`{-~]$/.test(c);
}
