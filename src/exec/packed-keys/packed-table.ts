/**
 * Keys of a fixed width in the kernels' memory, numbered 0, 1, 2 ... in order of appearance. Nothing that
 * it does takes long: slots move to a larger place in steps, and keys lie in pages that never move.
 */
import { dbError } from '../../errors/db-error.ts';
import { KEY_PAGE_BITS, KEYS, KEYS_BYTES, keySlotBytes } from '../../kernels/key-kernels.ts';
import { kernels } from '../../kernels/kernels.ts';
import { freeBlock, kernelViews, tryAllocate, type KernelBlock } from '../../kernels/memory.ts';

const PAGE_KEYS = 1 << KEY_PAGE_BITS;
const FIRST_PAGE_KEYS = 64;
const FIRST_SLOT_BITS = 8;
const SLOT_BITS_MAX = 27;
/** Of the slots, how many are filled before there are more. */
const LOAD_MAX = 0.625;
/** Bytes of slots cleared, and moved, in one step. */
const CLEAR_BYTES = 1 << 21;
const MOVE_BYTES = 1 << 19;
const FIRST_DIRECTORY = 64;

export type Steps = Generator<void, void, void>;

export class PackedTable {
  readonly #width: number;
  readonly #slotBytes: number;
  readonly #table = allocate(KEYS_BYTES);
  #slots: KernelBlock;
  #slotBits = FIRST_SLOT_BITS;
  /** Addresses of the pages. */
  #directory = allocate(FIRST_DIRECTORY * 4);
  readonly #pages: KernelBlock[] = [];
  /** Hashes, numbers and rows with new keys of the rows at hand. */
  #work: KernelBlock | undefined;
  #workRows = 0;

  /** Keys of `width` bytes, a multiple of 4. */
  constructor(width: number) {
    this.#width = width;
    this.#slotBytes = keySlotBytes(width);
    this.#slots = allocate(this.#slotBytes << FIRST_SLOT_BITS);
    kernels.clearSlots(this.#slots.pointer, this.#slots.bytes);
    this.#pages.push(allocate(FIRST_PAGE_KEYS * width));
    this.#set('width', width);
    this.#set('count', 0);
    this.#describe();
  }

  get count(): number {
    return kernelViews().u32[(this.#table.pointer + KEYS.count) >>> 2];
  }

  get bytes(): number {
    return this.#slots.bytes + this.#keyRoom * this.#width;
  }

  /** Writes each row's number to `out` and the rows with new keys to `fresh`; returns how many these are. */
  *insert(
    keys: number,
    rows: number,
    out: Int32Array,
    fresh: Int32Array,
  ): Generator<void, number, void> {
    const { hashes, numbers, added } = this.#workFor(rows);
    kernels.hashKeys(keys, this.#width, rows, hashes);
    this.#set('fresh', 0);
    const table = this.#table.pointer;
    let row = 0;
    for (;;) {
      row = kernels.insertKeys(table, keys, hashes, row, rows, numbers, added);
      if (row === rows) break;
      yield* this.#makeRoom();
    }
    const { i32, u32 } = kernelViews();
    const count = u32[(table + KEYS.fresh) >>> 2];
    out.set(i32.subarray(numbers >>> 2, (numbers >>> 2) + rows));
    fresh.set(i32.subarray(added >>> 2, (added >>> 2) + count));
    return count;
  }

  /** Writes each row's number to `out`, -1 where there is none. */
  find(keys: number, rows: number, out: Int32Array): void {
    const { hashes, numbers } = this.#workFor(rows);
    kernels.hashKeys(keys, this.#width, rows, hashes);
    kernels.findKeys(this.#table.pointer, keys, hashes, rows, numbers);
    out.set(kernelViews().i32.subarray(numbers >>> 2, (numbers >>> 2) + rows));
  }

  /** Stretches of keys [first, end) that lie next to each other: address and how many. */
  *stretches(first: number, end: number): Generator<readonly [number, number], void, void> {
    for (let at = first; at < end;) {
      const inPage = at & (PAGE_KEYS - 1);
      const count = Math.min(end - at, PAGE_KEYS - inPage);
      yield [this.#pages[at >>> KEY_PAGE_BITS].pointer + inPage * this.#width, count];
      at += count;
    }
  }

  /** Gives all memory back; the table must not be used any more. */
  free(): void {
    for (const block of [this.#table, this.#slots, this.#directory, ...this.#pages]) {
      freeBlock(block);
    }
    if (this.#work !== undefined) freeBlock(this.#work);
  }

  #workFor(rows: number): { hashes: number; numbers: number; added: number } {
    if (this.#work === undefined || rows > this.#workRows) {
      if (this.#work !== undefined) freeBlock(this.#work);
      this.#work = allocate(rows * 12);
      this.#workRows = rows;
    }
    const hashes = this.#work.pointer;
    return { hashes, numbers: hashes + rows * 4, added: hashes + rows * 8 };
  }

  /** Room for at least one more key. */
  *#makeRoom(): Steps {
    const { count } = this;
    const last = this.#pages.at(-1) as KernelBlock;
    const lastKeys = Math.floor(last.bytes / this.#width);
    if (count === this.#keyRoom) {
      if (lastKeys < PAGE_KEYS) this.#growPage(last, Math.min(PAGE_KEYS, lastKeys * 4));
      else this.#addPage();
    }
    if (count >= this.#slotRoom) yield* this.#growSlots();
    this.#describe();
  }

  #growPage(last: KernelBlock, keys: number): void {
    const larger = allocate(keys * this.#width);
    kernelViews().u8.copyWithin(larger.pointer, last.pointer, last.pointer + last.bytes);
    this.#pages[this.#pages.length - 1] = larger;
    freeBlock(last);
  }

  #addPage(): void {
    this.#pages.push(allocate(PAGE_KEYS * this.#width));
    if (this.#pages.length * 4 <= this.#directory.bytes) return;
    freeBlock(this.#directory);
    this.#directory = allocate(this.#directory.bytes * 4);
  }

  *#growSlots(): Steps {
    const before = this.#slots;
    const bits = this.#slotBits + (this.#slotBits < 16 ? 2 : 1);
    if (bits > SLOT_BITS_MAX) throw outOfMemory(before.bytes * 2);
    const slots = allocate(this.#slotBytes * 2 ** bits);
    for (let at = 0; at < slots.bytes; at += CLEAR_BYTES) {
      kernels.clearSlots(slots.pointer + at, Math.min(CLEAR_BYTES, slots.bytes - at));
      if (at > 0) yield;
    }
    this.#slots = slots;
    this.#slotBits = bits;
    this.#describe();
    for (let at = 0; at < before.bytes; at += MOVE_BYTES) {
      const from = before.pointer + at;
      const bytes = Math.min(MOVE_BYTES, before.bytes - at);
      kernels.moveSlots(this.#table.pointer, from, from + bytes);
      if (at > 0) yield;
    }
    freeBlock(before);
  }

  /** Keys for which there are pages. */
  get #keyRoom(): number {
    const last = this.#pages.at(-1) as KernelBlock;
    return (this.#pages.length - 1) * PAGE_KEYS + Math.floor(last.bytes / this.#width);
  }

  /** Keys for which there are slots. */
  get #slotRoom(): number {
    return LOAD_MAX * 2 ** this.#slotBits;
  }

  /** Tells the kernels where things are, and how many keys fit. */
  #describe(): void {
    const { u32 } = kernelViews();
    const directory = this.#directory.pointer >>> 2;
    this.#pages.forEach((page, i) => (u32[directory + i] = page.pointer));
    this.#set('slots', this.#slots.pointer);
    this.#set('shift', 32 - this.#slotBits);
    this.#set('pages', this.#directory.pointer);
    this.#set('limit', Math.min(this.#keyRoom, this.#slotRoom));
  }

  #set(field: keyof typeof KEYS, value: number): void {
    kernelViews().u32[(this.#table.pointer + KEYS[field]) >>> 2] = value;
  }
}

export function allocate(bytes: number): KernelBlock {
  const block = tryAllocate(bytes);
  if (block === undefined) throw outOfMemory(bytes);
  return block;
}

export function outOfMemory(bytes: number): Error {
  return dbError('out_of_memory', {
    message: 'out of memory',
    detail: `Failed on ${bytes} bytes.`,
  });
}
