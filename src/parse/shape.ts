/**
 * The shape of a statement: its text with literals taken out, so that statements that differ only in
 * literals can share a plan.
 */

export interface ShapeLiteral {
  readonly kind: 'string' | 'number';
  /** Value of a string, text of a number. */
  readonly text: string;
  /** Where the literal starts in the statement (UTF-16 units). */
  readonly offset: number;
}

export interface StatementShape {
  readonly key: string;
  readonly literals: readonly ShapeLiteral[];
}

/** Whatever must be copied as it is: names, dollar-quoted and escape strings, comments, parameters. */
const TOKEN =
  /"(?:[^"]|"")*"|[eEbBxXnN]'(?:[^'\\]|''|\\[^])*'|[uU]&['"]|\$\d+|\$([A-Za-z_\x80-\uffff][A-Za-z0-9_\x80-\uffff]*)?\$|--[^\n]*|\/\*|[A-Za-z_\x80-\uffff][A-Za-z0-9_$\x80-\uffff]*|'(?:[^']|'')*'|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|\s+/g;

/** Splits a statement into key and literals; undefined where its text needs the real lexer. */
export function statementShape(sql: string): StatementShape | undefined {
  const literals: ShapeLiteral[] = [];
  let key = '';
  let last = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(sql); match !== null; match = TOKEN.exec(sql)) {
    key += sql.slice(last, match.index);
    const [token] = match;
    last = TOKEN.lastIndex;
    if (token[0] === "'") {
      literals.push({
        kind: 'string',
        text: token.slice(1, -1).replaceAll("''", "'"),
        offset: match.index,
      });
      key += "'?'";
    } else if (/^[\d.]/.test(token)) {
      literals.push({ kind: 'number', text: token, offset: match.index });
      // Integers and decimals have different types, so they have different plans.
      key += /^\d+$/.test(token) ? (token.length < 10 ? '?4' : `?${token}`) : '?n';
    } else if (/^\s/.test(token)) key += ' ';
    else if (token.startsWith('--')) key += ' ';
    else if (token === '/*' || /^[uU]&/.test(token) || /^\$[^\d]*\$$/.test(token)) return undefined;
    else key += token;
  }
  return { key: (key + sql.slice(last)).trim(), literals };
}
