/**
 * Distinct byte strings numbered in order of appearance. The table is in the kernels' memory, where kernels
 * look strings up and add them without a call per field; what is new goes into pages for whoever reads the rows.
 */
import { BLOCK, TABLE, TABLE_BYTES, TEXT_LENGTH_MAX } from '../../kernels/input-kernels.ts';
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, scratch, type KernelBlock } from '../../kernels/memory.ts';
import { isLongerText, type BatchTexts, type KnownTuples } from './batch-texts.ts';
import { allocate } from './kernel-memory.ts';
import { newSpan, type Dictionary } from '../../vector/dictionary.ts';
import { PageDictionary } from '../../vector/page-dictionary.ts';
import { TextPages } from '../../vector/text-pages.ts';

const FIRST_ENTRIES = 128;
const FIRST_POOL_BYTES = 4096;
/**
 * Beyond this many entries a column is no dictionary column: the reader starts a new one. A batch more still fits
 * into a table of 2^17 places, and making a larger one would take too long at a time.
 */
const LARGE = 7 << 14;
const LARGE_BYTES = 8 << 20;
const SLOT_BYTES = 32;
const ENTRY_BYTES = 8;
/** Kernels read, and write, this far beyond a string. */
const PADDING = 16;
/** What stands before a string that is written. */
const LENGTH_BYTES = 4;
/** The entry of a string that is not in the table. */
const NO_BYTES = 0xffffffff;

const FULL = -1;

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();
const entrySpan = newSpan();

export class ByteDictionary implements BatchTexts {
  readonly keepsCodes = true;
  readonly #table: KernelBlock = allocate(TABLE_BYTES);
  /** Slots and entries, and the pool: held as long as the table points there. */
  memory: KernelBlock;
  pool: KernelBlock;
  readonly #pages = new TextPages();
  #snapshot: Dictionary | undefined;
  /** Bytes of the longest entry. */
  longest = 0;
  /** Bytes of strings that are too long for the table. */
  #longBytes = 0;

  constructor() {
    const { u8 } = kernelViews();
    u8.fill(0, this.#table.pointer, this.#table.pointer + TABLE_BYTES);
    this.memory = this.#place(FIRST_ENTRIES);
    this.pool = this.#placePool(FIRST_POOL_BYTES);
  }

  /** Address of the table, for kernels; the dictionary must be held meanwhile. */
  get table(): number {
    return this.#table.pointer;
  }

  get size(): number {
    return this.#pages.size;
  }

  get isLarge(): boolean {
    return this.#pages.size > LARGE || this.#field(TABLE.poolUsed) + this.#longBytes > LARGE_BYTES;
  }

  /**
   * The entries, the same object as long as no further codes appear. It has at least one entry.
   */
  entries(): Dictionary {
    if (this.#pages.size === 0) this.codeOf('');
    if (this.#snapshot?.length !== this.#pages.size) {
      const isPooled = this.#longBytes === 0;
      this.#snapshot = isPooled
        ? new PooledDictionary(this.#pages, this)
        : new PageDictionary(this.#pages);
    }
    return this.#snapshot;
  }

  textOf(code: number): string {
    return this.#pages.at(code);
  }

  /** Whether an entry has more characters than that; false for what is no code. */
  isLonger(code: number, limit: number): boolean {
    if (code < 0 || code >= this.#pages.size) return false;
    this.#pages.spanAt(code, entrySpan);
    const { bytes, start, end } = entrySpan;
    return isLongerText(bytes, start, end, limit);
  }

  codeOf(text: string): number {
    const bytes = ENCODER.encode(text);
    return this.code(bytes, 0, bytes.length);
  }

  /** The code of bytes start..end-1. Throws TypeError on invalid UTF-8. */
  code(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length <= TEXT_LENGTH_MAX) {
      const address = scratch(TEXT_LENGTH_MAX + PADDING);
      kernelViews().u8.set(bytes.subarray(start, end), address);
      let code = kernels.textCode(this.table, address, length);
      while (code === FULL) {
        this.#grow();
        code = kernels.textCode(this.table, address, length);
      }
      if (code >= 0) {
        this.#takeNew();
        return code;
      }
    }
    const text = bytes.subarray(start, end);
    DECODER.decode(text);
    return this.#addLong(text);
  }

  read(block: number, job: number, tuples?: KnownTuples): void {
    const rows = kernelViews().u32[(block + BLOCK.rows) >>> 2];
    let row = this.#codesFrom(0, block, job, tuples);
    while (row < rows) {
      this.#grow();
      row = this.#codesFrom(row, block, job, tuples);
    }
    this.#takeNew();
  }

  /** The row for which there was no room, or the number of rows. */
  #codesFrom(row: number, block: number, job: number, tuples: KnownTuples | undefined): number {
    if (tuples === undefined) return kernels.textCodes(block, job, this.table, row);
    return kernels.tupleCodes(block, job, this.table, row, tuples.table, tuples.position);
  }

  /** Puts the strings that kernels have added into the pages. */
  #takeNew(): void {
    const count = this.#field(TABLE.count);
    const pages = this.#pages;
    if (count === pages.size) return;
    const { u8, u32 } = kernelViews();
    const pool = this.#field(TABLE.pool);
    let entry = (this.#field(TABLE.entries) + pages.size * ENTRY_BYTES) >>> 2;
    for (let code = pages.size; code < count; code++, entry += 2) {
      const [at, length] = [pool + u32[entry], u32[entry + 1]];
      pages.push(u8, at, at + length, 0);
      if (length > this.longest) this.longest = length;
    }
  }

  /** Makes room for what a kernel could not add. */
  #grow(): void {
    const entries = this.#field(TABLE.entryCapacity);
    if (this.#field(TABLE.count) >= entries) this.memory = this.#place(entries * 4);
    const needed = this.#field(TABLE.poolUsed) + this.#field(TABLE.wanted);
    const bytes = this.#field(TABLE.poolCapacity);
    if (needed > bytes) this.pool = this.#placePool(Math.max(needed, bytes * 4));
  }

  /** A string outside the table: it gets a code of its own each time. */
  #addLong(bytes: Uint8Array): number {
    const code = this.#field(TABLE.count);
    if (code === this.#field(TABLE.entryCapacity)) {
      this.#setField(TABLE.wanted, 0);
      this.#grow();
    }
    kernelViews().u32[((this.#field(TABLE.entries) + code * ENTRY_BYTES) >>> 2) + 1] = NO_BYTES;
    this.#setField(TABLE.count, code + 1);
    const { length } = bytes;
    if (length > this.longest) this.longest = length;
    this.#pages.push(bytes, 0, length, 0);
    this.#longBytes += length;
    return code;
  }

  /** Moves slots and entries to new memory; the old one must be held until then. */
  #place(entries: number): KernelBlock {
    const slotBytes = entries * 2 * SLOT_BYTES;
    const memory = allocate(slotBytes + entries * ENTRY_BYTES);
    const newEntries = memory.pointer + slotBytes;
    this.#copy(this.#field(TABLE.entries), this.#field(TABLE.count) * ENTRY_BYTES, newEntries);
    this.#setField(TABLE.slots, memory.pointer);
    this.#setField(TABLE.mask, entries * 2 - 1);
    this.#setField(TABLE.entries, newEntries);
    this.#setField(TABLE.entryCapacity, entries);
    kernels.rehashTexts(this.table);
    return memory;
  }

  /** The same with the pool, of which the others know only offsets. */
  #placePool(bytes: number): KernelBlock {
    const pool = allocate(bytes + PADDING);
    this.#copy(this.#field(TABLE.pool), this.#field(TABLE.poolUsed), pool.pointer);
    this.#setField(TABLE.pool, pool.pointer);
    this.#setField(TABLE.poolCapacity, bytes);
    return pool;
  }

  #copy(from: number, bytes: number, to: number): void {
    kernelViews().u8.copyWithin(to, from, from + bytes);
  }

  #field(offset: number): number {
    return kernelViews().u32[(this.#table.pointer + offset) >>> 2];
  }

  #setField(offset: number, value: number): void {
    kernelViews().u32[(this.#table.pointer + offset) >>> 2] = value;
  }
}

/** Strings written in one piece. */
const PIECE_TEXTS = 1024;

/** Entries that the table has, too: kernels write many of them at once. */
class PooledDictionary extends PageDictionary {
  readonly #texts: ByteDictionary;

  constructor(pages: TextPages, texts: ByteDictionary) {
    super(pages);
    this.#texts = texts;
  }

  *written(codes: Int32Array): Generator<Uint8Array, void, void> {
    for (let start = 0; start < codes.length; start += PIECE_TEXTS) {
      const piece = codes.subarray(start, start + PIECE_TEXTS);
      let bytes = 0;
      for (const code of piece) bytes += LENGTH_BYTES + this.sizeAt(code);
      const place = scratch(piece.byteLength + bytes + PADDING);
      const out = place + piece.byteLength;
      kernelViews().i32.set(piece, place >>> 2);
      const end = kernels.writeTexts(this.#texts.table, place, piece.length, out) >>> 0;
      yield kernelViews().u8.subarray(out, end);
    }
  }
}
