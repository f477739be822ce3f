/** Strings of JSON as PostgreSQL writes them. */

/** A JSON string literal, escaped as PostgreSQL's escape_json does. */
export function quoteJson(text: string): string {
  if (!/[\u0000-\u001f"\\]/.test(text)) return `"${text}"`;
  return `"${text.replace(/[\u0000-\u001f"\\]/g, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '"':
    case '\\':
      return `\\${character}`;
    case '\b':
      return '\\b';
    case '\f':
      return '\\f';
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default:
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
}
