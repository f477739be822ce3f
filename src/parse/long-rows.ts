/**
 * Long VALUES lists of plain literals, read beside the grammar: a row of a syntax tree takes microseconds.
 * The first row is the grammar's, whatever it holds.
 */
import {
  LITERAL_FALSE,
  LITERAL_NULL,
  LITERAL_NUMBER,
  LITERAL_STRING,
  LITERAL_TRUE,
  type LiteralColumn,
} from './fast-insert.ts';

/** Fewer rows are not worth a way of their own. */
const ROWS_MIN = 1024;
const WORDS: ReadonlyMap<string, number> = new Map([
  ['null', LITERAL_NULL],
  ['true', LITERAL_TRUE],
  ['false', LITERAL_FALSE],
]);

/** Rows of literals, from the second one of a VALUES list on. */
export interface LongRows {
  readonly kind: 'rows';
  /** Where the second row begins in the source. */
  readonly start: number;
  readonly count: number;
  readonly columns: readonly LiteralColumn[];
}

interface GrowingColumn {
  kinds: Uint8Array;
  readonly texts: string[];
}

type State = 'first' | 'behind-row' | 'behind-comma' | 'item' | 'behind-item' | 'ended';

/** Takes the tokens that follow VALUES until one of them is not part of rows of literals. */
export class RowsReader {
  #state: State = 'behind-comma';
  /** Parentheses open in the first row. */
  #depth = 0;
  #isFirst = true;
  #columns: GrowingColumn[] = [];
  #column = 0;
  #count = 0;
  #sign = '';
  /** Where the second row begins, and the last whole one ends. */
  #start = -1;
  #end = -1;

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** What was read, and where it ends; undefined for few rows. */
  result(): { readonly rows: LongRows; readonly end: number } | undefined {
    const count = this.#count;
    if (count < ROWS_MIN) return undefined;
    const columns = this.#columns.map(({ kinds, texts }) => ({
      kinds,
      texts: texts.slice(0, count),
    }));
    return { rows: { kind: 'rows', start: this.#start, count, columns }, end: this.#end };
  }

  string(text: string): void {
    this.#literal(LITERAL_STRING, text);
  }

  number(text: string): void {
    this.#literal(LITERAL_NUMBER, this.#sign + text);
  }

  word(text: string): void {
    if (this.#state === 'first') return;
    const kind = WORDS.get(text.toLowerCase());
    if (kind === undefined) this.#state = 'ended';
    else this.#literal(kind, '');
  }

  /** A token of one character. */
  mark(character: string, at: number): void {
    if (this.#state === 'first') this.#inFirst(character);
    else if (character === '(' && this.#state === 'behind-comma') this.#open(at);
    else if (character === ',' && this.#state === 'behind-row') this.#state = 'behind-comma';
    else if (character === ',' && this.#state === 'behind-item') this.#state = 'item';
    else if (character === ')' && this.#state === 'behind-item') this.#close(at + 1);
    else if (character === '-' && this.#state === 'item' && this.#sign === '') this.#sign = '-';
    else this.#state = 'ended';
  }

  /** A token of a kind that no row of literals has. */
  other(): void {
    if (this.#state !== 'first') this.#state = 'ended';
  }

  #inFirst(character: string): void {
    if (character === '(') this.#depth++;
    else if (character === ')' && --this.#depth === 0) this.#state = 'behind-row';
  }

  #open(at: number): void {
    if (this.#isFirst) {
      this.#isFirst = false;
      this.#depth = 1;
      this.#state = 'first';
      return;
    }
    if (this.#start < 0) this.#start = at;
    this.#column = 0;
    this.#state = 'item';
  }

  #literal(kind: number, text: string): void {
    if (this.#state === 'first') return;
    const signed = this.#sign !== '' && kind !== LITERAL_NUMBER;
    this.#sign = '';
    if (this.#state !== 'item' || signed || !this.#hasColumn()) {
      this.#state = 'ended';
      return;
    }
    const column = this.#columns[this.#column++];
    if (this.#count === column.kinds.length) {
      const grown = new Uint8Array(this.#count * 2);
      grown.set(column.kinds);
      column.kinds = grown;
    }
    column.kinds[this.#count] = kind;
    column.texts.push(text);
    this.#state = 'behind-item';
  }

  #hasColumn(): boolean {
    if (this.#count > 0) return this.#column < this.#columns.length;
    this.#columns.push({ kinds: new Uint8Array(ROWS_MIN), texts: [] });
    return true;
  }

  #close(end: number): void {
    if (this.#column < this.#columns.length) {
      this.#state = 'ended';
      return;
    }
    this.#count++;
    this.#end = end;
    this.#state = 'behind-row';
  }
}

const ITEM = /'(?:[^']|'')*'|-?\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|null|true|false/gi;

/** Where the literals stand in the source, row by row. */
export function* literalOffsets(sql: string, { start }: LongRows): Generator<number, void, void> {
  ITEM.lastIndex = start;
  for (let match = ITEM.exec(sql); match !== null; match = ITEM.exec(sql)) {
    const { lastIndex } = ITEM;
    yield match.index;
    ITEM.lastIndex = lastIndex;
  }
}
