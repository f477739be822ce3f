/**
 * Distinct byte strings numbered in order of appearance; decoded to text once each. The table is in the
 * kernels' memory, where kernels look strings up and add them without a call per field.
 */
import { TABLE, TABLE_BYTES, TEXT_LENGTH_MAX } from '../../kernels/input-kernels.ts';
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, scratch, type KernelBlock } from '../../kernels/memory.ts';
import { allocate } from './kernel-memory.ts';
import type { Dictionary } from '../../vector/dictionary.ts';
import { StringDictionary } from '../../vector/string-dictionary.ts';

const FIRST_ENTRIES = 128;
const FIRST_POOL_BYTES = 4096;
/** Beyond this many entries a column is no dictionary column: the reader starts a new one. */
const LARGE = 1 << 16;
const LARGE_BYTES = 8 << 20;
const SLOT_BYTES = 32;
const ENTRY_BYTES = 8;
/** Kernels read this far beyond a string. */
const PADDING = 16;
/** The entry of a string that is not in the table. */
const NO_BYTES = 0xffffffff;

const FULL = -1;

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

export class ByteDictionary {
  readonly #table: KernelBlock = allocate(TABLE_BYTES);
  /** Slots, entries and pool: held as long as the table points there. */
  memory: KernelBlock;
  readonly #strings: string[] = [];
  #snapshot: Dictionary | undefined;
  /** The greatest length that an entry has. */
  longest = 0;
  /** Bytes of strings that are too long for the table. */
  #longBytes = 0;

  constructor() {
    const { u8 } = kernelViews();
    u8.fill(0, this.#table.pointer, this.#table.pointer + TABLE_BYTES);
    this.memory = this.#place(FIRST_ENTRIES, FIRST_POOL_BYTES);
  }

  /** Address of the table, for kernels; the dictionary must be held meanwhile. */
  get table(): number {
    return this.#table.pointer;
  }

  get isLarge(): boolean {
    return (
      this.#strings.length > LARGE || this.#field(TABLE.poolUsed) + this.#longBytes > LARGE_BYTES
    );
  }

  /**
   * The entries, the same object as long as no further codes appear. It has at least one entry.
   */
  entries(): Dictionary {
    if (this.#strings.length === 0) this.codeOf('');
    if (this.#snapshot?.length !== this.#strings.length) {
      this.#snapshot = new StringDictionary(this.#strings.slice(), this);
    }
    return this.#snapshot;
  }

  textOf(code: number): string {
    return this.#strings[code];
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
        this.grow();
        code = kernels.textCode(this.table, address, length);
      }
      if (code >= 0) {
        this.decodeNew();
        return code;
      }
    }
    return this.#addLong(DECODER.decode(bytes.subarray(start, end)), length);
  }

  /** Decodes the strings that kernels have added. */
  decodeNew(): void {
    const count = this.#field(TABLE.count);
    if (count === this.#strings.length) return;
    const { u8, u32 } = kernelViews();
    const bytes = Buffer.from(u8.buffer as ArrayBuffer);
    const pool = this.#field(TABLE.pool);
    let entry = (this.#field(TABLE.entries) + this.#strings.length * ENTRY_BYTES) >>> 2;
    while (this.#strings.length < count) {
      const at = pool + u32[entry];
      // The kernel has made sure that this is UTF-8.
      const text = bytes.toString('utf8', at, at + u32[entry + 1]);
      if (text.length > this.longest) this.longest = text.length;
      this.#strings.push(text);
      entry += 2;
    }
  }

  /** Makes room for what a kernel could not add. */
  grow(): void {
    const isFull = this.#field(TABLE.count) >= this.#field(TABLE.entryCapacity);
    const entries = this.#field(TABLE.entryCapacity) * (isFull ? 4 : 1);
    const needed = this.#field(TABLE.poolUsed) + this.#field(TABLE.wanted);
    const isPoolFull = needed > this.#field(TABLE.poolCapacity);
    this.memory = this.#place(
      entries,
      isPoolFull
        ? Math.max(needed, this.#field(TABLE.poolCapacity) * 4)
        : this.#field(TABLE.poolCapacity),
    );
  }

  /** A string outside the table: it gets a code of its own each time. */
  #addLong(text: string, length: number): number {
    const code = this.#field(TABLE.count);
    if (code === this.#field(TABLE.entryCapacity)) {
      this.#setField(TABLE.wanted, 0);
      this.grow();
    }
    kernelViews().u32[((this.#field(TABLE.entries) + code * ENTRY_BYTES) >>> 2) + 1] = NO_BYTES;
    this.#setField(TABLE.count, code + 1);
    if (text.length > this.longest) this.longest = text.length;
    this.#strings.push(text);
    this.#longBytes += length;
    return code;
  }

  /** Moves everything to new memory; the old one must be held until then. */
  #place(entries: number, poolBytes: number): KernelBlock {
    const slotBytes = entries * 2 * SLOT_BYTES;
    const memory = allocate(slotBytes + entries * ENTRY_BYTES + poolBytes + PADDING);
    const { u8 } = kernelViews();
    const newEntries = memory.pointer + slotBytes;
    const newPool = newEntries + entries * ENTRY_BYTES;
    const oldEntries = this.#field(TABLE.entries);
    const oldPool = this.#field(TABLE.pool);
    u8.copyWithin(newEntries, oldEntries, oldEntries + this.#field(TABLE.count) * ENTRY_BYTES);
    u8.copyWithin(newPool, oldPool, oldPool + this.#field(TABLE.poolUsed));
    this.#setField(TABLE.slots, memory.pointer);
    this.#setField(TABLE.mask, entries * 2 - 1);
    this.#setField(TABLE.entries, newEntries);
    this.#setField(TABLE.entryCapacity, entries);
    this.#setField(TABLE.pool, newPool);
    this.#setField(TABLE.poolCapacity, poolBytes);
    kernels.rehashTexts(this.table);
    return memory;
  }

  #field(offset: number): number {
    return kernelViews().u32[(this.#table.pointer + offset) >>> 2];
  }

  #setField(offset: number, value: number): void {
    kernelViews().u32[(this.#table.pointer + offset) >>> 2] = value;
  }
}
