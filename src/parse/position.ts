/** Offsets in a statement's text: the tree has UTF-8 bytes, PostgreSQL's errors have characters. */

/** Indexes (UTF-16 units) of the characters that start at UTF-8 bytes, each counted from the last one asked for. */
export class OffsetReader {
  readonly #sql: string;
  #byte = 0;
  #unit = 0;

  constructor(sql: string) {
    this.#sql = sql;
  }

  unit(byteOffset: number): number {
    if (byteOffset < this.#byte) [this.#byte, this.#unit] = [0, 0];
    const sql = this.#sql;
    while (this.#unit < sql.length && this.#byte < byteOffset) {
      const code = sql.charCodeAt(this.#unit++);
      if (code < 0x80) this.#byte += 1;
      else if (code < 0x800) this.#byte += 2;
      else if (code >= 0xd800 && code < 0xdc00) {
        this.#byte += 4;
        this.#unit++;
      } else this.#byte += 3;
    }
    return this.#unit;
  }
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
