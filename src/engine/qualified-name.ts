/** Names in text: `a`, `"A b"`, `s.t`, `db.s.t`. */
import { dbError } from '../errors/db-error.ts';

/** Parts of a dotted name with quotes resolved and unquoted parts folded to lower case. */
export function parseQualifiedName(text: string): string[] {
  const parts: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*|\d+))\s*(\.|$)/uy;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) break;
    parts.push(
      match[1] !== undefined ? match[1].replaceAll('""', '"') : (match[2] as string).toLowerCase(),
    );
    if (match[3] === '') return parts;
  }
  throw dbError('invalid_name', 'invalid name syntax');
}
