/** Offsets in a statement's text: the tree has UTF-8 bytes, PostgreSQL's errors have characters. */

/** Index (UTF-16 units) of the character that starts at UTF-8 byte `byteOffset`. */
export function characterOffset(sql: string, byteOffset: number): number {
  let bytes = 0;
  let i = 0;
  while (i < sql.length && bytes < byteOffset) {
    const code = sql.charCodeAt(i);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code >= 0xd800 && code < 0xdc00) {
      bytes += 4;
      i++;
    } else bytes += 3;
    i++;
  }
  return i;
}

/** 1-based character (code point) position of a byte offset, as ErrorResponse's P field has it. */
export function errorPosition(sql: string, byteOffset: number): number {
  let bytes = 0;
  let characters = 0;
  for (let i = 0; i < sql.length && bytes < byteOffset; i++) {
    const code = sql.charCodeAt(i);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code >= 0xd800 && code < 0xdc00) {
      bytes += 4;
      i++;
    } else bytes += 3;
    characters++;
  }
  return characters + 1;
}
