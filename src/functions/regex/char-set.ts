/** Sets of characters: ranges and named classes, possibly negated, folded for case-insensitive use. */

export type CharClass =
  | 'alnum'
  | 'alpha'
  | 'blank'
  | 'cntrl'
  | 'digit'
  | 'graph'
  | 'lower'
  | 'print'
  | 'punct'
  | 'space'
  | 'upper'
  | 'xdigit'
  | 'word';

const CLASS_TESTS: Readonly<Record<CharClass, RegExp>> = {
  alnum: /^[\p{L}\p{N}]$/u,
  alpha: /^\p{L}$/u,
  blank: /^[ \t]$/,
  cntrl: /^\p{Cc}$/u,
  digit: /^[0-9]$/,
  graph: /^[^\p{Z}\p{C}]$/u,
  lower: /^\p{Ll}$/u,
  print: /^[^\p{Zl}\p{Zp}\p{C}]$/u,
  punct: /^[\p{P}\p{S}]$/u,
  // As C's iswspace: not those that forbid a line break, nor a byte order mark.
  space: /^(?![\u00a0\u2007\u202f\ufeff])[\s\x85]$/u,
  upper: /^\p{Lu}$/u,
  xdigit: /^[0-9A-Fa-f]$/,
  word: /^[\p{L}\p{N}_]$/u,
};

export function isCharClass(name: string): name is CharClass {
  return Object.hasOwn(CLASS_TESTS, name);
}

export function isInClass(code: number, name: CharClass): boolean {
  return CLASS_TESTS[name].test(String.fromCodePoint(code));
}

export interface CharSetParts {
  readonly ranges: readonly (readonly [number, number])[];
  readonly classes: readonly CharClass[];
  /** Classes of which the complement is included (\D inside brackets). */
  readonly excluded: readonly CharClass[];
  readonly negated: boolean;
  readonly foldCase: boolean;
  /** A negated set that does not match a newline (newline-sensitive matching). */
  readonly excludeNewline: boolean;
}

const MEMO = 256;
const ASCII_END = 0x80;
const LAST_CODE = 0x10ffff;

/** A compiled set; membership of the first 256 characters is a table look-up. */
export class CharSet {
  readonly #parts: CharSetParts;
  readonly #memo = new Uint8Array(MEMO);

  constructor(parts: CharSetParts) {
    this.#parts = parts;
    for (let code = 0; code < MEMO; code++) this.#memo[code] = this.#compute(code) ? 1 : 0;
  }

  has(code: number): boolean {
    return code < MEMO ? this.#memo[code] === 1 : this.#compute(code);
  }

  /** Whether it has all characters beyond ASCII, or none of them; undefined where that is not so, or not known. */
  get isBeyondAscii(): boolean | undefined {
    const { ranges, classes, excluded, negated, foldCase } = this.#parts;
    if (classes.length > 0 || excluded.length > 0 || foldCase) return undefined;
    if (ranges.every(([, high]) => high < ASCII_END)) return negated;
    const hasAll = ranges.some(([low, high]) => low <= ASCII_END && high >= LAST_CODE);
    return hasAll ? !negated : undefined;
  }

  #compute(code: number): boolean {
    const { negated, excludeNewline, foldCase } = this.#parts;
    if (excludeNewline && code === 10) return false;
    let found = this.#contains(code);
    if (!found && foldCase) {
      const text = String.fromCodePoint(code);
      found = this.#containsText(text.toLowerCase()) || this.#containsText(text.toUpperCase());
    }
    return found !== negated;
  }

  #containsText(text: string): boolean {
    const code = text.codePointAt(0) as number;
    return String.fromCodePoint(code) === text && this.#contains(code);
  }

  #contains(code: number): boolean {
    const { ranges, classes, excluded } = this.#parts;
    for (const [low, high] of ranges) if (code >= low && code <= high) return true;
    for (const name of classes) if (isInClass(code, name)) return true;
    for (const name of excluded) if (!isInClass(code, name)) return true;
    return false;
  }
}

const NOTHING: CharSetParts = {
  ranges: [],
  classes: [],
  excluded: [],
  negated: false,
  foldCase: false,
  excludeNewline: false,
};

export function charSet(parts: Partial<CharSetParts>): CharSet {
  return new CharSet({ ...NOTHING, ...parts });
}
