/**
 * The bytes of a dictionary's texts in the kernels' memory: each is encoded when a row first needs it
 * and kept for the batches that follow with the same dictionary.
 */
import { kernelViews, tryAllocate, type KernelBlock } from '../../kernels/memory.ts';
import { ENTRY_BYTES, SLACK_BYTES } from '../../kernels/output-kernels.ts';
import type { NullMask } from '../vector.ts';
import { STEP_TEXTS, type EncodeArea } from './encode-area.ts';
import { copyEntries, encodeTexts } from './entry-bytes.ts';
import { newSpan, type Dictionary } from '../dictionary.ts';

/** Texts are kept up to this many bytes; then all are dropped and those in use encoded again. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;
const BLOCK_BYTES_MIN = 16 * 1024;
/** Characters that are encoded in one step; a longer text is none for the kernels. */
const STEP_CHARACTERS = 64 * 1024;
/** UTF-8 takes no more for a UTF-16 unit. */
const BYTES_PER_UNIT = 3;
/** Stands in the table for an entry about to be encoded. */
const PENDING = 1;

const span = newSpan();

export class DictionaryEntries {
  #dictionary: Dictionary;
  readonly #form: ((text: string) => string) | undefined;
  #table: KernelBlock;
  /** Entries in the table. */
  #size: number;
  #blocks: KernelBlock[] = [];
  #kept = 0;
  #free = 0;
  #end = 0;

  private constructor(
    dictionary: Dictionary,
    form: ((text: string) => string) | undefined,
    table: KernelBlock,
    size: number,
  ) {
    this.#dictionary = dictionary;
    this.#form = form;
    this.#table = table;
    this.#size = size;
    kernelViews().u8.fill(0, table.pointer, table.pointer + size * ENTRY_BYTES);
  }

  /** `form` makes of a text what is to be sent. Undefined where the kernels' memory has no place. */
  static create(
    dictionary: Dictionary,
    form: ((text: string) => string) | undefined,
  ): DictionaryEntries | undefined {
    const size = Math.max(1, dictionary.length);
    const table = tryAllocate(tableBytes(size));
    return table && new DictionaryEntries(dictionary, form, table, size);
  }

  /** Goes on with a dictionary of the same source. */
  extend(dictionary: Dictionary): this {
    if (dictionary.length > this.#dictionary.length) this.#dictionary = dictionary;
    return this;
  }

  /** The table of entries by code. It may move when entries are added. */
  get table(): number {
    return this.#table.pointer;
  }

  /** Grows the table with the dictionary; false where the kernels' memory has no place. */
  fit(): boolean {
    const { length } = this.#dictionary;
    if (length <= this.#size) return true;
    const size = Math.max(length, this.#size * 2);
    const table = tryAllocate(tableBytes(size));
    if (table === undefined) return false;
    const { u8 } = kernelViews();
    const used = this.#size * ENTRY_BYTES;
    u8.copyWithin(table.pointer, this.#table.pointer, this.#table.pointer + used);
    u8.fill(0, table.pointer + used, table.pointer + size * ENTRY_BYTES);
    this.#table = table;
    this.#size = size;
    return true;
  }

  /** Encodes what rows from `from` on need, as much as fits; false where that is not even one row. */
  supply(area: EncodeArea, codes: Int32Array, nulls: NullMask, from: number, to: number): boolean {
    const missing = this.#missing(codes, nulls, from, to);
    if (missing.length === 0) return false;
    const used = this.#areBytes ? this.#copy(missing, area) : this.#encode(missing, area);
    const { u32 } = kernelViews();
    const table = this.#table.pointer / 4;
    const made = area.entries / 4;
    for (let i = 0; i < missing.length; i++) {
      const entry = table + (missing[i] as number) * 2;
      u32[entry] = used < 0 ? 0 : (u32[made + i * 2] as number);
      u32[entry + 1] = used < 0 ? 0 : (u32[made + i * 2 + 1] as number);
    }
    if (used < 0) return false;
    this.#free += used;
    return true;
  }

  /** Entries are sent as they are, and are bytes already. */
  get #areBytes(): boolean {
    return this.#form === undefined && this.#dictionary.hasBytes;
  }

  #encode(codes: readonly number[], area: EncodeArea): number {
    const texts = codes.map((code) => this.#text(code));
    let bytes = texts.length + SLACK_BYTES;
    for (const text of texts) bytes += text.length * BYTES_PER_UNIT;
    if (!this.#reserve(bytes)) return -1;
    return encodeTexts(texts, this.#free, this.#end - this.#free, area.entries);
  }

  #copy(codes: readonly number[], area: EncodeArea): number {
    let bytes = SLACK_BYTES;
    for (const code of codes) bytes += this.#lengthOf(code);
    if (!this.#reserve(bytes)) return -1;
    return copyEntries(this.#dictionary, codes, this.#free, area.entries);
  }

  /** Bytes, or characters of what is to be encoded. */
  #lengthOf(code: number): number {
    if (!this.#areBytes) return this.#dictionary.at(code).length;
    this.#dictionary.spanAt(code, span);
    return span.end - span.start;
  }

  #text(code: number): string {
    const text = this.#dictionary.at(code);
    return this.#form === undefined ? text : this.#form(text);
  }

  /** Codes without an entry, each once, in the order of rows; they are marked. */
  #missing(codes: Int32Array, nulls: NullMask, from: number, to: number): number[] {
    const { u32 } = kernelViews();
    const table = this.#table.pointer / 4;
    const missing: number[] = [];
    let characters = 0;
    for (let row = from; row < to && missing.length < STEP_TEXTS; row++) {
      const code = codes[row] as number;
      if (u32[table + code * 2] !== 0 || (nulls !== undefined && nulls[row] === 1)) continue;
      characters += this.#lengthOf(code);
      if (characters > STEP_CHARACTERS) break;
      u32[table + code * 2] = PENDING;
      missing.push(code);
    }
    return missing;
  }

  /** Makes sure that so many bytes fit between `#free` and `#end`. */
  #reserve(bytes: number): boolean {
    if (this.#free + bytes <= this.#end) return true;
    const size = Math.max(bytes, BLOCK_BYTES_MIN, Math.min(this.#kept, KEPT_BYTES_MAX / 4));
    if (this.#kept + size > KEPT_BYTES_MAX) this.#forget();
    const block = tryAllocate(size);
    if (block === undefined) return false;
    this.#blocks.push(block);
    this.#kept += size;
    this.#free = block.pointer;
    this.#end = block.pointer + size - SLACK_BYTES;
    return true;
  }

  #forget(): void {
    const { pointer } = this.#table;
    kernelViews().u8.fill(0, pointer, pointer + this.#size * ENTRY_BYTES);
    this.#blocks = [];
    this.#kept = 0;
  }
}

function tableBytes(entries: number): number {
  return entries * ENTRY_BYTES + SLACK_BYTES;
}
