/** Text under construction, with the line breaks and indentation of PostgreSQL's ruleutils. */

export const INDENT_STANDARD = 8;
export const INDENT_JOIN = 4;
export const INDENT_VARIABLE = 4;

/** Deeper levels than this grow slowly, so that machine-made queries stay on the page. */
const INDENT_LIMIT = 40;

export class Layout {
  text = '';
  level: number;
  readonly indents: boolean;

  constructor(indents: boolean, level = 0) {
    this.indents = indents;
    this.level = level;
  }

  add(text: string): void {
    this.text += text;
  }

  /** A clause on a line of its own: `before` and `after` move the level, `plus` this line alone. */
  keyword(word: string, before: number, after: number, plus: number): void {
    if (!this.indents) {
      this.text += word;
      return;
    }
    this.level += before;
    this.trimEnd();
    let amount = Math.max(this.level, 0);
    if (amount >= INDENT_LIMIT) {
      amount =
        (INDENT_LIMIT + Math.floor((amount - INDENT_LIMIT) / (INDENT_STANDARD / 2))) % INDENT_LIMIT;
    }
    this.text += `\n${' '.repeat(amount + plus)}${word}`;
    this.level = Math.max(this.level + after, 0);
  }

  trimEnd(): void {
    let end = this.text.length;
    while (end > 0 && this.text[end - 1] === ' ') end--;
    this.text = this.text.slice(0, end);
  }

  /** What `body` adds, taken out again. */
  capture(body: () => void): string {
    const saved = this.text;
    this.text = '';
    try {
      body();
      return this.text;
    } finally {
      this.text = saved;
    }
  }

  /** A list item: on a line of its own, unless it is the first or starts with a line break itself. */
  item(text: string, isFirst: boolean): void {
    if (this.indents) {
      if (text.startsWith('\n')) this.trimEnd();
      else if (!isFirst) this.keyword('', -INDENT_STANDARD, INDENT_STANDARD, INDENT_VARIABLE);
    }
    this.text += text;
  }
}
