/**
 * Splits date, time and interval text into typed fields by PostgreSQL's rules. What a field means is
 * decided later; here only its shape counts.
 */
import { CORE_TOKENS, tokenKey } from './tokens.ts';

/** date: digits or words joined by - / . ; zone: signed number; special: signed word. */
export type FieldKind = 'number' | 'text' | 'time' | 'date' | 'zone' | 'special';

export interface Field {
  readonly kind: FieldKind;
  /** Lower case. */
  readonly text: string;
}

const MAX_FIELDS = 25;
const MAX_LENGTH = 152;

/** The fields of a text, or undefined where it has a character that no field may have. */
export function lexFields(input: string): Field[] | undefined {
  if (input.length > MAX_LENGTH) return undefined;
  const text = input.toLowerCase();
  const fields: Field[] = [];
  const lexer = new FieldLexer(text);
  for (;;) {
    const field = lexer.next();
    if (field === 'end') return fields;
    if (field === 'bad' || fields.length >= MAX_FIELDS) return undefined;
    fields.push(field);
  }
}

export function isDigit(c: string): boolean {
  return c >= '0' && c <= '9';
}

export function isAlpha(c: string): boolean {
  return c >= 'a' && c <= 'z';
}

export function isSpace(c: string): boolean {
  return c === ' ' || (c >= '\t' && c <= '\r');
}

function isPunctuation(c: string): boolean {
  return c > ' ' && c < '\x7f' && !isDigit(c) && !isAlpha(c);
}

class FieldLexer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Field | 'end' | 'bad' {
    for (;;) {
      while (isSpace(this.#peek())) this.#at++;
      const c = this.#peek();
      if (c === '') return 'end';
      const start = this.#at;
      if (isDigit(c)) return this.#numeric(start);
      if (c === '.') {
        this.#at++;
        this.#digits();
        return this.#field('number', start);
      }
      if (isAlpha(c)) return this.#word(start);
      if (c === '+' || c === '-') return this.#signed(c);
      if (!isPunctuation(c)) return 'bad';
      // Other punctuation only separates.
      this.#at++;
    }
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #field(kind: FieldKind, start: number): Field {
    return { kind, text: this.#text.slice(start, this.#at) };
  }

  #digits(): void {
    while (isDigit(this.#peek())) this.#at++;
  }

  #run(extra: string): void {
    for (let c = this.#peek(); c !== '' && (isDigit(c) || extra.includes(c)); c = this.#peek())
      this.#at++;
  }

  #alphanumeric(extra: string): void {
    for (;;) {
      const c = this.#peek();
      if (c === '' || !(isDigit(c) || isAlpha(c) || extra.includes(c))) return;
      this.#at++;
    }
  }

  #numeric(start: number): Field {
    this.#digits();
    const delimiter = this.#peek();
    if (delimiter === ':') {
      this.#run(':.');
      return this.#field('time', start);
    }
    if (delimiter !== '-' && delimiter !== '/' && delimiter !== '.')
      return this.#field('number', start);
    this.#at++;
    if (!isDigit(this.#peek())) {
      this.#alphanumeric(delimiter);
      return this.#field('date', start);
    }
    this.#digits();
    if (this.#peek() === delimiter) {
      this.#run(delimiter);
      return this.#field('date', start);
    }
    return this.#field(delimiter === '.' ? 'number' : 'date', start);
  }

  /** A word; with punctuation inside it is a date (jan-8-1999) or a zone name. */
  #word(start: number): Field {
    while (isAlpha(this.#peek())) this.#at++;
    const c = this.#peek();
    const joined =
      c === '-' ||
      c === '/' ||
      c === '.' ||
      ((c === '+' || isDigit(c)) && !CORE_TOKENS.has(tokenKey(this.#text.slice(start, this.#at))));
    if (!joined) return this.#field('text', start);
    this.#alphanumeric('+-/_.:');
    return this.#field('date', start);
  }

  #signed(sign: string): Field | 'bad' {
    this.#at++;
    while (isSpace(this.#peek())) this.#at++;
    const start = this.#at;
    const c = this.#peek();
    if (isDigit(c)) {
      this.#run(':.-');
      return { kind: 'zone', text: sign + this.#text.slice(start, this.#at) };
    }
    if (isAlpha(c)) {
      while (isAlpha(this.#peek())) this.#at++;
      return { kind: 'special', text: sign + this.#text.slice(start, this.#at) };
    }
    return 'bad';
  }
}
