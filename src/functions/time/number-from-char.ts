/** to_number(): reads text by the pictures of to_char. */
import { notSupported } from '../../errors/db-error.ts';
import { multiplyNumeric } from '../../types/numeric-arithmetic.ts';
import { applyNumericTypmod, numericFromInt } from '../../types/numeric-convert.ts';
import { powerNumeric } from '../../types/numeric-functions.ts';
import { parseNumeric, type Numeric } from '../../types/numeric.ts';
import { parseNumberPicture, type NumberKey, type NumberPicture } from './number-picture.ts';

/** What a numeric's typmod adds to its fields. */
const TYPMOD_OFFSET = 4;

const isDigit = (char: string | undefined): boolean =>
  char !== undefined && char >= '0' && char <= '9';

/** The number that the text shows; null for an empty picture. */
export function numberFromChar(text: string, picture: string): Numeric | null {
  if (picture === '') return null;
  const p = parseNumberPicture(picture);
  if (p.scientific) throw notSupported('"EEEE" for input');
  const reader = new NumberReader(Array.from(text), p);
  const value = parseNumeric(reader.read());
  // The picture limits the digits before the point.
  const precision = p.pre + p.multi + reader.fraction;
  const typmod = ((precision << 16) | reader.fraction) + TYPMOD_OFFSET;
  const limited = applyNumericTypmod(value, typmod);
  if (!p.multiply) return limited;
  return multiplyNumeric(limited, powerNumeric(numericFromInt(10), numericFromInt(-p.multi)));
}

class NumberReader {
  readonly #input: readonly string[];
  readonly #picture: NumberPicture;
  #at = 0;
  #sign = ' ';
  #digits = '';
  #whole = 0;
  #hasPoint = false;
  /** Digits read after the point. */
  fraction = 0;

  constructor(input: readonly string[], picture: NumberPicture) {
    this.#input = input;
    this.#picture = picture;
  }

  /** The number as the type's own input wants it. */
  read(): string {
    for (const node of this.#picture.nodes) {
      if (this.#atEnd()) break;
      // Any character stands for a literal one.
      if (node.kind === 'text') this.#at++;
      else this.#field(node.key);
    }
    return this.#sign + this.#digits.replace(/\.$/, '');
  }

  #atEnd(): boolean {
    return this.#at >= this.#input.length;
  }

  #field(key: NumberKey): void {
    const char = this.#input[this.#at];
    switch (key) {
      case '9':
      case '0':
      case '.':
      case 'd':
        this.#digit(key === '9' || key === '0');
        this.#at++;
        return;
      case ',':
      case 'g':
        if (char === ',') this.#at++;
        return;
      case 'l':
        this.#skip(1);
        return;
      case 'th':
        if (!this.#picture.roman && !this.#picture.decimal) this.#skip(2);
        return;
      case 'mi':
        this.#signField(char, '-');
        return;
      case 'pl':
        this.#signField(char, '+');
        return;
      case 'sg':
        this.#signField(char, '+-');
        return;
      default:
    }
  }

  #signField(char: string | undefined, allowed: string): void {
    if (char !== undefined && allowed.includes(char)) {
      this.#sign = char;
      this.#at++;
    } else this.#skip(1);
  }

  /** Passes over up to `count` characters that cannot belong to a number. */
  #skip(count: number): void {
    for (let i = 0; i < count && !this.#atEnd(); i++) {
      if ('0123456789.,+-'.includes(this.#input[this.#at] as string)) return;
      this.#at++;
    }
  }

  /** Leaves the place on the last character that it used. */
  #digit(mayHaveSign: boolean): void {
    if (this.#input[this.#at] === ' ') this.#at++;
    if (this.#atEnd()) return;
    const nothingRead = this.#whole + this.fraction === 0;
    if (this.#sign === ' ' && mayHaveSign && nothingRead) this.#leadingSign();
    if (this.#atEnd()) return;
    let used = false;
    const char = this.#input[this.#at] as string;
    if (isDigit(char)) {
      if (this.#hasPoint && this.fraction === this.#picture.post) return;
      this.#digits += char;
      if (this.#hasPoint) this.fraction++;
      else this.#whole++;
      used = true;
    } else if (char === '.' && this.#picture.decimal && !this.#hasPoint) {
      this.#digits += '.';
      this.#hasPoint = true;
      used = true;
    }
    if (this.#sign === ' ' && this.#whole + this.fraction > 0) this.#trailingSign(used);
  }

  #leadingSign(): void {
    const char = this.#input[this.#at];
    const { sign, bracket } = this.#picture;
    if (sign === 'before') {
      if (char !== '-' && char !== '+') return;
      this.#sign = char;
    } else if (char === '-' || (bracket && char === '<')) this.#sign = '-';
    else if (char === '+') this.#sign = '+';
    else return;
    this.#at++;
  }

  /** A sign right behind the last digit, where the picture has one somewhere. */
  #trailingSign(used: boolean): void {
    const { sign, plus, minus } = this.#picture;
    const next = this.#input[this.#at + 1];
    if (sign !== 'none') {
      if (!used || next === undefined || isDigit(next)) return;
      if (next !== '-' && next !== '+') return;
      this.#sign = next;
      this.#at++;
      return;
    }
    const char = this.#input[this.#at];
    if (!used && (plus || minus) && (char === '-' || char === '+')) this.#sign = char;
  }
}
