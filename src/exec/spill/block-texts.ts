/**
 * The texts of a block in a temporary file: those that its rows use end to end in UTF-8, their lengths, and for
 * each row the number of its own. Rows may come from several dictionaries; of bytes each is copied once, and
 * none is hashed: an entry that rows share is known by its code.
 */
import type { ByteReader } from '../../base/byte-reader.ts';
import type { ByteWriter } from '../../base/byte-writer.ts';
import { newSpan, type Dictionary } from '../../vector/dictionary.ts';
import { PageDictionary } from '../../vector/page-dictionary.ts';
import { TextPages } from '../../vector/text-pages.ts';
import { TextTable } from '../../vector/text-table.ts';
import type { TextVector } from '../../vector/vector.ts';

export function writeTexts(writer: ByteWriter, parts: readonly TextVector[], rows: number): void {
  const numbers = new Int32Array(rows);
  const start = writer.reserve(4);
  const texts = new BlockTexts(writer, rows);
  const rowsBySource = rowsOf(parts);
  const known = new Map<object, KnownCodes>();
  let first = 0;
  for (const { codes, nulls, dictionary, length } of parts) {
    const { source } = dictionary;
    let places = known.get(source);
    if (places === undefined) {
      known.set(source, (places = new KnownCodes(rowsBySource.get(source) ?? 0)));
    }
    for (let i = 0; i < length; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const place = places.of(codes[i]);
      let number = places.numbers[place] - 1;
      if (number < 0) {
        number = texts.add(dictionary, codes[i]);
        places.numbers[place] = number + 1;
      }
      numbers[first + i] = number;
    }
    first += length;
  }
  const lengths = texts.finish();
  writer.patchI32(start, writer.length - start - 4);
  writer.u32(lengths.length);
  writer.bytes(bytesOf(lengths));
  writer.bytes(bytesOf(numbers));
}

function rowsOf(parts: readonly TextVector[]): ReadonlyMap<object, number> {
  const rows = new Map<object, number>();
  for (const { dictionary, length } of parts) {
    const { source } = dictionary;
    rows.set(source, (rows.get(source) ?? 0) + length);
  }
  return rows;
}

/** Where the numbers of a source's codes are kept, each 0 before it has one. */
class KnownCodes {
  readonly numbers: Int32Array;
  readonly #codes: Int32Array;
  readonly #shift: number;

  /** There are no more codes than rows: it is at most half full. */
  constructor(rows: number) {
    const bits = 33 - Math.clz32(Math.max(1, rows));
    this.numbers = new Int32Array(1 << bits);
    this.#codes = new Int32Array(1 << bits);
    this.#shift = 32 - bits;
  }

  of(code: number): number {
    const codes = this.#codes;
    const mask = codes.length - 1;
    let at = Math.imul(code, 0x9e3779b1) >>> this.#shift;
    while (this.numbers[at] !== 0 && codes[at] !== code) at = (at + 1) & mask;
    codes[at] = code;
    return at;
  }
}

/** The texts written so far. Strings may be the same though their codes differ: they are looked for. */
class BlockTexts {
  readonly #writer: ByteWriter;
  readonly #lengths: Uint32Array;
  readonly #span = newSpan();
  #count = 0;
  readonly #strings = new TextTable();
  readonly #ofString: number[] = [];

  constructor(writer: ByteWriter, rows: number) {
    this.#writer = writer;
    // Rows that are NULL have number 0, and it must be one of a string.
    this.#lengths = new Uint32Array(Math.max(1, rows));
  }

  add(dictionary: Dictionary, code: number): number {
    const span = this.#span;
    if (dictionary.hasBytes) {
      dictionary.spanAt(code, span);
      return this.#write();
    }
    const string = this.#strings.addFrom(dictionary, code);
    if (string === this.#ofString.length) {
      this.#strings.spanAt(string, span);
      this.#ofString.push(this.#write());
    }
    return this.#ofString[string];
  }

  finish(): Uint32Array {
    return this.#lengths.subarray(0, Math.max(1, this.#count));
  }

  #write(): number {
    const { bytes, start, end } = this.#span;
    this.#writer.range(bytes, start, end);
    this.#lengths[this.#count] = end - start;
    return this.#count++;
  }
}

export function readTexts(
  reader: ByteReader,
  rows: number,
): { readonly codes: Int32Array; readonly dictionary: Dictionary } {
  const bytes = reader.take(reader.u32()).slice();
  const lengths = new Uint32Array(reader.u32());
  bytesOf(lengths).set(reader.take(lengths.byteLength));
  const codes = new Int32Array(rows);
  bytesOf(codes).set(reader.take(codes.byteLength));
  const pages = new TextPages();
  pages.adopt(bytes, lengths);
  return { codes, dictionary: new PageDictionary(pages) };
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
