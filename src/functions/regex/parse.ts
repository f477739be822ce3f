/** PostgreSQL's advanced regular expressions (and its simpler flavours) into a tree. */
import { dbError, type DbError, notSupported } from '../../errors/db-error.ts';
import {
  alternativesNode,
  type AssertKind,
  assertNode,
  concatNode,
  EMPTY,
  groupNode,
  lookNode,
  repeatNode,
  type RegexNode,
  setNode,
} from './ast.ts';
import { type CharClass, type CharSet, charSet, isCharClass } from './char-set.ts';

export interface RegexOptions {
  foldCase: boolean;
  /** `.` and negated brackets do not match newlines. */
  newlineStops: boolean;
  /** ^ and $ match at line borders too. */
  newlineAnchors: boolean;
  expanded: boolean;
  literal: boolean;
  /** Extended (ERE) rather than advanced: no escapes inside brackets, no look-around. */
  extended: boolean;
}

export interface ParsedRegex {
  readonly root: RegexNode;
  readonly groupCount: number;
}

const REPEAT_MAX = 255;
const DEPTH_MAX = 500;

/** The error for a pattern that does not parse. */
export function regexError(reason: string): DbError {
  return dbError('invalid_regular_expression', `invalid regular expression: ${reason}`);
}

/** Applies one option letter; false where the letter is unknown. */
export function applyRegexOption(letter: string, options: RegexOptions): boolean {
  switch (letter) {
    case 'b':
    case 'e':
      options.extended = true;
      return true;
    case 'c':
      options.foldCase = false;
      return true;
    case 'i':
      options.foldCase = true;
      return true;
    case 'm':
    case 'n':
      options.newlineStops = true;
      options.newlineAnchors = true;
      return true;
    case 'p':
      options.newlineStops = true;
      options.newlineAnchors = false;
      return true;
    case 'q':
      options.literal = true;
      return true;
    case 's':
      options.newlineStops = false;
      options.newlineAnchors = false;
      return true;
    case 't':
      options.expanded = false;
      return true;
    case 'w':
      options.newlineStops = false;
      options.newlineAnchors = true;
      return true;
    case 'x':
      options.expanded = true;
      return true;
    default:
      return false;
  }
}

export function parseRegex(pattern: string, options: RegexOptions): ParsedRegex {
  return new RegexParser(pattern, { ...options }).parse();
}

class RegexParser {
  readonly #text: string[];
  readonly #options: RegexOptions;
  readonly #literals = new Map<number, CharSet>();
  #at = 0;
  #groupCount = 0;
  #depth = 0;

  constructor(pattern: string, options: RegexOptions) {
    this.#text = [...pattern];
    this.#options = options;
  }

  parse(): ParsedRegex {
    this.#readDirectors();
    if (this.#options.literal) {
      const rest = this.#text.slice(this.#at);
      return {
        root: concatNode(rest.map((char) => this.#literal(char.codePointAt(0) as number))),
        groupCount: 0,
      };
    }
    const root = this.#alternatives();
    if (this.#at < this.#text.length) throw regexError('parentheses () not balanced');
    return { root, groupCount: this.#groupCount };
  }

  /** `***=`, `***:` and `(?letters)` at the very start. */
  #readDirectors(): void {
    if (this.#options.literal) return;
    if (this.#startsWith('***')) {
      const director = this.#text[3];
      if (director === '=') this.#options.literal = true;
      else if (director === ':') this.#options.extended = false;
      else throw regexError('invalid regexp (reg version 0.8)');
      this.#at = 4;
      if (director === '=') return;
    }
    const letter = this.#text[this.#at + 2];
    if (this.#startsWith('(?') && letter !== undefined && /[a-z]/i.test(letter)) {
      this.#at += 2;
      for (;;) {
        const option = this.#text[this.#at++];
        if (option === ')') break;
        if (option === undefined || !applyRegexOption(option, this.#options)) {
          throw regexError('invalid embedded option');
        }
      }
    }
  }

  #startsWith(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#text[this.#at + i] !== text[i]) return false;
    return true;
  }

  #alternatives(): RegexNode {
    if (++this.#depth > DEPTH_MAX) throw regexError('regular expression is too complex');
    const branches = [this.#branch()];
    while (this.#text[this.#at] === '|') {
      this.#at++;
      branches.push(this.#branch());
    }
    this.#depth--;
    return alternativesNode(branches);
  }

  #branch(): RegexNode {
    const nodes: RegexNode[] = [];
    for (;;) {
      this.#skipExpandedSpace();
      const char = this.#text[this.#at];
      if (char === undefined || char === '|') break;
      if (char === ')') {
        if (this.#depth === 1) throw regexError('parentheses () not balanced');
        break;
      }
      const atom = this.#atom(char);
      nodes.push(this.#quantified(atom));
    }
    return concatNode(nodes);
  }

  /** In expanded syntax white space and comments between atoms do not count. */
  #skipExpandedSpace(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (this.#options.expanded && char !== undefined && /\s/.test(char)) {
        this.#at++;
      } else if (this.#options.expanded && char === '#') {
        while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at++;
      } else if (!this.#options.extended && this.#startsWith('(?#')) {
        while (this.#at < this.#text.length && this.#text[this.#at] !== ')') this.#at++;
        this.#at++;
      } else {
        return;
      }
    }
  }

  #atom(char: string): RegexNode {
    switch (char) {
      case '(':
        return this.#parenthesis();
      case '[':
        return this.#bracket();
      case '.':
        this.#at++;
        return setNode(charSet({ negated: true, excludeNewline: this.#options.newlineStops }));
      case '^':
        this.#at++;
        this.#refuseQuantifier();
        return assertNode(this.#options.newlineAnchors ? 'line-start' : 'text-start');
      case '$':
        this.#at++;
        this.#refuseQuantifier();
        return assertNode(this.#options.newlineAnchors ? 'line-end' : 'text-end');
      case '*':
      case '+':
      case '?':
        throw regexError('quantifier operand invalid');
      case '{':
        if (/[0-9]/.test(this.#text[this.#at + 1] ?? '')) {
          throw regexError('quantifier operand invalid');
        }
        break;
      case '\\':
        return this.#escape();
    }
    this.#at++;
    return this.#literal(char.codePointAt(0) as number);
  }

  #refuseQuantifier(): void {
    this.#skipExpandedSpace();
    const next = this.#text[this.#at];
    const isBound = next === '{' && /[0-9]/.test(this.#text[this.#at + 1] ?? '');
    if (next === '*' || next === '+' || next === '?' || isBound)
      throw regexError('quantifier operand invalid');
  }

  /** Places of one character share its set: to make one takes as long as hundreds of steps of parsing. */
  #literal(code: number): RegexNode {
    let set = this.#literals.get(code);
    if (set === undefined) {
      set = charSet({ ranges: [[code, code]], foldCase: this.#options.foldCase });
      this.#literals.set(code, set);
    }
    return setNode(set);
  }

  #parenthesis(): RegexNode {
    this.#at++;
    const special = !this.#options.extended && this.#text[this.#at] === '?';
    if (!special) {
      const index = ++this.#groupCount;
      return groupNode(index, this.#inside());
    }
    if (this.#startsWith('?:')) {
      this.#at += 2;
      return this.#inside();
    }
    for (const [opening, behind, negated] of LOOKS) {
      if (this.#startsWith(opening)) {
        this.#at += opening.length;
        const groups = this.#groupCount;
        const node = lookNode(this.#inside(), behind, negated);
        // Parentheses inside a constraint do not capture.
        this.#groupCount = groups;
        this.#refuseQuantifier();
        return node;
      }
    }
    throw regexError('quantifier operand invalid');
  }

  #inside(): RegexNode {
    const node = this.#alternatives();
    if (this.#text[this.#at] !== ')') throw regexError('parentheses () not balanced');
    this.#at++;
    return node;
  }

  #quantified(atom: RegexNode): RegexNode {
    this.#skipExpandedSpace();
    const bounds = this.#quantifier();
    if (bounds === undefined) return atom;
    const [min, max, isFixed] = bounds;
    let prefers: RegexNode['prefers'] = 'long';
    if (!this.#options.extended && this.#text[this.#at] === '?') {
      this.#at++;
      prefers = 'short';
    }
    if (isFixed) prefers = atom.prefers;
    this.#skipExpandedSpace();
    const next = this.#text[this.#at];
    const isBound = next === '{' && /[0-9]/.test(this.#text[this.#at + 1] ?? '');
    if (next === '*' || next === '+' || next === '?' || isBound) {
      throw regexError('quantifier operand invalid');
    }
    if (max === 0) return EMPTY;
    return repeatNode(atom, min, max, prefers);
  }

  /** Minimum, maximum and whether it is `{m}`; undefined where no quantifier follows. */
  #quantifier(): readonly [number, number, boolean] | undefined {
    switch (this.#text[this.#at]) {
      case '*':
        this.#at++;
        return [0, Infinity, false];
      case '+':
        this.#at++;
        return [1, Infinity, false];
      case '?':
        this.#at++;
        return [0, 1, false];
      case '{':
        if (!/[0-9]/.test(this.#text[this.#at + 1] ?? '')) return undefined;
        return this.#bound();
      default:
        return undefined;
    }
  }

  #bound(): readonly [number, number, boolean] {
    this.#at++;
    const min = this.#count();
    let max = min;
    let isFixed = true;
    if (this.#text[this.#at] === ',') {
      this.#at++;
      isFixed = false;
      max = /[0-9]/.test(this.#text[this.#at] ?? '') ? this.#count() : Infinity;
    }
    if (this.#text[this.#at] === undefined) throw regexError('braces {} not balanced');
    if (this.#text[this.#at] !== '}' || max < min) throw regexError('invalid repetition count(s)');
    this.#at++;
    return [min, max, isFixed];
  }

  #count(): number {
    let value = 0;
    while (/[0-9]/.test(this.#text[this.#at] ?? '')) {
      value = value * 10 + Number(this.#text[this.#at++]);
      if (value > REPEAT_MAX) throw regexError('invalid repetition count(s)');
    }
    return value;
  }

  #escape(): RegexNode {
    const char = this.#text[this.#at + 1];
    if (char === undefined) throw regexError('invalid escape \\ sequence');
    if (this.#options.extended) {
      this.#at += 2;
      return this.#literal(char.codePointAt(0) as number);
    }
    const assertion = ASSERT_ESCAPES.get(char);
    if (assertion !== undefined) {
      this.#at += 2;
      this.#refuseQuantifier();
      return assertNode(assertion);
    }
    const shorthand = CLASS_ESCAPES.get(char.toLowerCase());
    if (shorthand !== undefined) {
      this.#at += 2;
      const negated = char !== char.toLowerCase();
      return setNode(
        charSet({
          classes: [shorthand],
          negated,
          excludeNewline: negated && this.#options.newlineStops,
        }),
      );
    }
    if (/[1-9]/.test(char)) this.#refuseBackReference(char);
    return this.#literal(this.#characterEscape());
  }

  #refuseBackReference(first: string): void {
    const second = this.#text[this.#at + 2] ?? '';
    const isOctal =
      /[0-7]/.test(first) && /[0-7]/.test(second) && Number(first + second) > this.#groupCount;
    if (isOctal) return;
    if (Number(first) > this.#groupCount) throw regexError('invalid backreference number');
    throw notSupported('a back reference in a regular expression');
  }

  /** Reads a backslash escape that stands for one character, at the backslash. */
  #characterEscape(): number {
    const char = this.#text[this.#at + 1] as string;
    this.#at += 2;
    const simple = CHARACTER_ESCAPES.get(char);
    if (simple !== undefined) return simple;
    switch (char) {
      case 'c': {
        const control = this.#text[this.#at++];
        if (control === undefined) throw regexError('invalid escape \\ sequence');
        return (control.codePointAt(0) as number) & 31;
      }
      case 'u':
        return this.#hexadecimal(4, 4);
      case 'U':
        return this.#hexadecimal(8, 8);
      case 'x':
        return this.#hexadecimal(1, 255);
    }
    if (/[0-7]/.test(char)) {
      let code = Number(char);
      for (let i = 0; i < 2 && /[0-7]/.test(this.#text[this.#at] ?? ''); i++) {
        code = code * 8 + Number(this.#text[this.#at++]);
      }
      return code;
    }
    if (/[A-Za-z0-9]/.test(char)) throw regexError('invalid escape \\ sequence');
    return char.codePointAt(0) as number;
  }

  #hexadecimal(least: number, most: number): number {
    let digits = '';
    while (digits.length < most && /[0-9a-f]/i.test(this.#text[this.#at] ?? '')) {
      digits += this.#text[this.#at++] as string;
    }
    const code = Number.parseInt(digits, 16);
    if (digits.length < least || code > 0x10ffff) throw regexError('invalid escape \\ sequence');
    return code;
  }

  #bracket(): RegexNode {
    if (this.#startsWith('[[:<:]]') || this.#startsWith('[[:>:]]')) {
      const isStart = this.#text[this.#at + 3] === '<';
      this.#at += 7;
      return assertNode(isStart ? 'word-start' : 'word-end');
    }
    this.#at++;
    const negated = this.#text[this.#at] === '^';
    if (negated) this.#at++;
    const ranges: [number, number][] = [];
    const classes: CharClass[] = [];
    const excluded: CharClass[] = [];
    for (let first = true; ; first = false) {
      const char = this.#text[this.#at];
      if (char === undefined) throw regexError('brackets [] not balanced');
      if (char === ']' && !first) break;
      if (this.#bracketClass(classes, excluded)) continue;
      const low = this.#bracketCharacter();
      let high = low;
      if (this.#text[this.#at] === '-' && (this.#text[this.#at + 1] ?? ']') !== ']') {
        this.#at++;
        high = this.#bracketCharacter();
        if (high < low) throw regexError('invalid character range');
      }
      ranges.push([low, high]);
    }
    this.#at++;
    const { foldCase, newlineStops } = this.#options;
    const excludeNewline = negated && newlineStops;
    return setNode(charSet({ ranges, classes, excluded, negated, foldCase, excludeNewline }));
  }

  /** Reads [:name:] or a class escape; false where something else comes. */
  #bracketClass(classes: CharClass[], excluded: CharClass[]): boolean {
    if (this.#startsWith('[:')) {
      const end = this.#text.indexOf(':', this.#at + 2);
      if (end < 0 || this.#text[end + 1] !== ']') throw regexError('invalid character class');
      const name = this.#text.slice(this.#at + 2, end).join('');
      if (!isCharClass(name)) throw regexError('invalid character class');
      this.#at = end + 2;
      const foldsToAlpha = this.#options.foldCase && (name === 'lower' || name === 'upper');
      classes.push(foldsToAlpha ? 'alpha' : name);
      return true;
    }
    if (this.#options.extended || this.#text[this.#at] !== '\\') return false;
    const letter = this.#text[this.#at + 1] ?? '';
    const shorthand = CLASS_ESCAPES.get(letter.toLowerCase());
    if (shorthand === undefined) return false;
    (letter === letter.toLowerCase() ? classes : excluded).push(shorthand);
    this.#at += 2;
    return true;
  }

  #bracketCharacter(): number {
    if (this.#startsWith('[.') || this.#startsWith('[=')) {
      const kind = this.#text[this.#at + 1] as string;
      const char = this.#text[this.#at + 2] as string;
      if (this.#text[this.#at + 3] !== kind || this.#text[this.#at + 4] !== ']') {
        throw regexError('invalid collating element');
      }
      this.#at += 5;
      return char.codePointAt(0) as number;
    }
    const char = this.#text[this.#at];
    if (char === undefined) throw regexError('brackets [] not balanced');
    if (char === '\\' && !this.#options.extended) {
      if (this.#text[this.#at + 1] === undefined) throw regexError('invalid escape \\ sequence');
      return this.#characterEscape();
    }
    this.#at++;
    return char.codePointAt(0) as number;
  }
}

const LOOKS: readonly (readonly [string, boolean, boolean])[] = [
  ['?=', false, false],
  ['?!', false, true],
  ['?<=', true, false],
  ['?<!', true, true],
];

const ASSERT_ESCAPES: ReadonlyMap<string, AssertKind> = new Map<string, AssertKind>([
  ['A', 'text-start'],
  ['Z', 'text-end'],
  ['m', 'word-start'],
  ['M', 'word-end'],
  ['y', 'word-edge'],
  ['Y', 'not-word-edge'],
]);

const CLASS_ESCAPES = new Map<string, CharClass>([
  ['d', 'digit'],
  ['s', 'space'],
  ['w', 'word'],
]);

const CHARACTER_ESCAPES = new Map<string, number>([
  ['a', 7],
  ['b', 8],
  ['B', 92],
  ['e', 27],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
]);
