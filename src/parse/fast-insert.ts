/**
 * `INSERT INTO t (a, b) VALUES (1, 'x'), ...` read straight into columns, without a syntax tree: a tree
 * costs several microseconds a row. Anything but plain literals makes the reader give up, and the
 * statement then goes the ordinary way.
 */

export const LITERAL_NULL = 0;
export const LITERAL_STRING = 1;
export const LITERAL_NUMBER = 2;
export const LITERAL_TRUE = 3;
export const LITERAL_FALSE = 4;

export interface LiteralColumn {
  /** One of the LITERAL constants per row; as long as the row count or longer. */
  readonly kinds: Uint8Array;
  /** Text of strings (unquoted) and numbers (as written); '' otherwise. */
  readonly texts: readonly string[];
}

/** What an INSERT says before its rows. */
export interface InsertHead {
  readonly schema: string | undefined;
  readonly table: string;
  /** null where the statement gives no column list. */
  readonly columns: readonly string[] | null;
  /** Values in the first row. */
  readonly width: number;
  /** Where the first row begins. */
  readonly rowsAt: number;
}

export interface FastInsert extends InsertHead {
  readonly rowCount: number;
  readonly values: readonly LiteralColumn[];
}

/** Reads a plain INSERT ... VALUES; undefined for any other statement. */
export function readFastInsert(sql: string): FastInsert | undefined {
  return new Reader(sql).statement();
}

/** The same for a statement whose first row only has been looked at. */
export function readInsertHead(sql: string): InsertHead | undefined {
  return new Reader(sql).head();
}

interface GrowingColumn {
  kinds: Uint8Array;
  readonly texts: string[];
}

const SPACE = 32;
const QUOTE = 39;
const CLOSE = 41;
const COMMA = 44;

class Reader {
  readonly #sql: string;
  #at = 0;

  constructor(sql: string) {
    this.#sql = sql;
  }

  statement(): FastInsert | undefined {
    const head = this.head();
    if (head === undefined) return undefined;
    this.#at = head.rowsAt;
    const rows = this.#rows(Infinity);
    if (rows === undefined) return undefined;
    this.#take(';');
    this.#skipSpace();
    if (this.#at < this.#sql.length) return undefined;
    return { ...head, rowCount: rows.count, values: rows.values };
  }

  head(): InsertHead | undefined {
    if (!this.#keyword('insert') || !this.#keyword('into')) return undefined;
    let schema: string | undefined;
    let table = this.#identifier();
    if (table === undefined) return undefined;
    if (this.#take('.')) {
      schema = table;
      table = this.#identifier();
      if (table === undefined) return undefined;
    }
    const columns = this.#columnList();
    if (columns === undefined || !this.#keyword('values')) return undefined;
    const rowsAt = this.#at;
    const first = this.#rows(1);
    if (first === undefined) return undefined;
    return { schema, table, columns, width: first.values.length, rowsAt };
  }

  #columnList(): readonly string[] | null | undefined {
    if (!this.#take('(')) return null;
    const columns: string[] = [];
    do {
      const name = this.#identifier();
      if (name === undefined) return undefined;
      columns.push(name);
    } while (this.#take(','));
    return this.#take(')') ? columns : undefined;
  }

  #rows(limit: number): { count: number; values: GrowingColumn[] } | undefined {
    const values: GrowingColumn[] = [];
    let count = 0;
    do {
      if (!this.#take('(')) return undefined;
      let column = 0;
      do {
        if (count === 0) values.push({ kinds: new Uint8Array(16), texts: [] });
        else if (column >= values.length) return undefined;
        if (!this.#literal(values[column++], count)) return undefined;
      } while (this.#take(','));
      if (column !== values.length || !this.#take(')')) return undefined;
      count++;
    } while (count < limit && this.#take(','));
    return { count, values };
  }

  #literal(column: GrowingColumn, row: number): boolean {
    if (row === column.kinds.length) {
      const grown = new Uint8Array(row * 2);
      grown.set(column.kinds);
      column.kinds = grown;
    }
    this.#skipSpace();
    const code = this.#sql.charCodeAt(this.#at);
    if (code === QUOTE) {
      const text = this.#string(QUOTE);
      if (text === undefined) return false;
      column.kinds[row] = LITERAL_STRING;
      column.texts.push(text);
    } else if ((code >= 48 && code <= 57) || code === 45 || code === 46) {
      const text = this.#number();
      if (text === undefined) return false;
      column.kinds[row] = LITERAL_NUMBER;
      column.texts.push(text);
    } else {
      const kind = this.#wordLiteral();
      if (kind === undefined) return false;
      column.kinds[row] = kind;
      column.texts.push('');
    }
    // What follows must end the value: operators, casts and the like are not for this reader.
    this.#skipSpace();
    const next = this.#sql.charCodeAt(this.#at);
    return next === COMMA || next === CLOSE;
  }

  #wordLiteral(): number | undefined {
    if (this.#keyword('null')) return LITERAL_NULL;
    if (this.#keyword('true')) return LITERAL_TRUE;
    return this.#keyword('false') ? LITERAL_FALSE : undefined;
  }

  #number(): string | undefined {
    const pattern = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#sql);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match[0];
  }

  /** Text between quotes, where a doubled quote stands for one; the reader is at the opening quote. */
  #string(quote: number): string | undefined {
    const sql = this.#sql;
    const mark = String.fromCharCode(quote);
    const start = ++this.#at;
    let end = sql.indexOf(mark, start);
    let doubled = false;
    while (end >= 0 && sql.charCodeAt(end + 1) === quote) {
      doubled = true;
      end = sql.indexOf(mark, end + 2);
    }
    if (end < 0) return undefined;
    this.#at = end + 1;
    const text = sql.slice(start, end);
    return doubled ? text.replaceAll(mark + mark, mark) : text;
  }

  #identifier(): string | undefined {
    this.#skipSpace();
    if (this.#sql[this.#at] === '"') {
      const name = this.#string(34);
      return name === '' ? undefined : name;
    }
    const pattern = /[A-Za-z_][A-Za-z0-9_$]*/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#sql);
    if (match === null) return undefined;
    this.#at += match[0].length;
    // Names beyond ASCII fold by rules of their own.
    return this.#sql.charCodeAt(this.#at) > 127 ? undefined : match[0].toLowerCase();
  }

  #keyword(word: string): boolean {
    this.#skipSpace();
    const text = this.#sql.substr(this.#at, word.length);
    if (text.toLowerCase() !== word) return false;
    const after = this.#sql.charCodeAt(this.#at + word.length);
    const isName =
      (after >= 48 && after <= 57) || (after >= 65 && after <= 90) || (after >= 97 && after <= 122);
    if (isName || after === 95 || after === 36 || after > 127) return false;
    this.#at += word.length;
    return true;
  }

  #take(mark: string): boolean {
    this.#skipSpace();
    if (this.#sql[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#sql.charCodeAt(this.#at);
      if (code !== SPACE && !(code >= 9 && code <= 13)) return;
      this.#at++;
    }
  }
}
