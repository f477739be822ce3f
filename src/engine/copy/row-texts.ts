/**
 * The texts of a batch's rows, each with a code of its own: for columns whose texts come seldom twice. Storage
 * looks each of them up anyway, and looking them up here, too, would find nothing.
 */
import { BLOCK, ROW_TEXTS, ROW_TEXTS_BYTES } from '../../kernels/input-kernels.ts';
import { kernels } from '../../kernels/kernels.ts';
import { freeBlock, kernelViews, type KernelBlock } from '../../kernels/memory.ts';
import type { Dictionary } from '../../vector/dictionary.ts';
import { LaidTexts } from '../../vector/laid-texts.ts';
import { hashBytes } from '../../vector/text-bytes.ts';
import { isLongerText, type BatchTexts } from './batch-texts.ts';
import { allocate } from './kernel-memory.ts';

const FIRST_TEXTS = 1024;
const FIRST_POOL_BYTES = 32_768;
const GROWTH = 2;
/** Kernels write this far beyond a text. */
const PADDING = 16;
const LENGTH_BYTES = 4;

const ENCODER = new TextEncoder();

export class RowTexts implements BatchTexts {
  readonly keepsCodes = false;
  readonly #state: KernelBlock = allocate(ROW_TEXTS_BYTES);
  /** Hashes, and starts behind them: held as long as the state points there. */
  places: KernelBlock;
  pool: KernelBlock;
  longest = 0;
  /** Codes whose lengths `longest` knows. */
  #measured = 0;
  #entries: Dictionary | undefined;

  constructor() {
    const { u8 } = kernelViews();
    u8.fill(0, this.#state.pointer, this.#state.pointer + ROW_TEXTS_BYTES);
    this.places = this.#place(FIRST_TEXTS);
    this.pool = this.#placePool(FIRST_POOL_BYTES);
  }

  /** Forgets the texts of the batch before. */
  clear(): void {
    this.#set(ROW_TEXTS.count, 0);
    this.#set(ROW_TEXTS.poolUsed, 0);
    this.longest = 0;
    this.#measured = 0;
    this.#entries = undefined;
  }

  read(block: number, job: number): void {
    const rows = kernelViews().u32[(block + BLOCK.rows) >>> 2];
    const state = this.#state.pointer;
    let row = kernels.appendTexts(block, job, state, 0);
    while (row < rows) {
      this.#grow();
      row = kernels.appendTexts(block, job, state, row);
    }
    this.#measure();
  }

  codeOf(text: string): number {
    const bytes = ENCODER.encode(text);
    this.#set(ROW_TEXTS.wanted, LENGTH_BYTES + bytes.length);
    this.#grow();
    const { u8, u32 } = kernelViews();
    const code = this.#get(ROW_TEXTS.count);
    const used = this.#get(ROW_TEXTS.poolUsed);
    const at = this.#get(ROW_TEXTS.pool) + used;
    new DataView(u8.buffer).setUint32(at, bytes.length, true);
    u8.set(bytes, at + LENGTH_BYTES);
    u32[(this.#get(ROW_TEXTS.hashes) >>> 2) + code] = hashBytes(bytes, 0, bytes.length);
    u32[(this.#get(ROW_TEXTS.starts) >>> 2) + code] = used;
    this.#set(ROW_TEXTS.count, code + 1);
    this.#set(ROW_TEXTS.poolUsed, used + LENGTH_BYTES + bytes.length);
    this.#measure();
    return code;
  }

  isLonger(code: number, limit: number): boolean {
    if (code < 0 || code >= this.#get(ROW_TEXTS.count)) return false;
    const { u8, u32 } = kernelViews();
    const pool = this.#get(ROW_TEXTS.pool);
    const start = u32[(this.#get(ROW_TEXTS.starts) >>> 2) + code] + LENGTH_BYTES;
    return isLongerText(u8, pool + start, pool + this.#endOf(code), limit);
  }

  entries(): Dictionary {
    const count = this.#get(ROW_TEXTS.count);
    if (count === 0) this.codeOf('');
    else if (this.#entries?.length === count) return this.#entries;
    return (this.#entries = this.#copy());
  }

  /** In memory of its own: the next batch takes this one. */
  #copy(): Dictionary {
    const { u8, i32, u32 } = kernelViews();
    const count = this.#get(ROW_TEXTS.count);
    const pool = this.#get(ROW_TEXTS.pool);
    const used = this.#get(ROW_TEXTS.poolUsed);
    const hashes = this.#get(ROW_TEXTS.hashes) >>> 2;
    const first = this.#get(ROW_TEXTS.starts) >>> 2;
    const starts = new Uint32Array(count + 1);
    starts.set(u32.subarray(first, first + count));
    starts[count] = used;
    return new LaidTexts(
      u8.slice(pool, pool + used),
      starts,
      i32.slice(hashes, hashes + count),
      this.longest,
    );
  }

  #endOf(code: number): number {
    if (code + 1 === this.#get(ROW_TEXTS.count)) return this.#get(ROW_TEXTS.poolUsed);
    return kernelViews().u32[(this.#get(ROW_TEXTS.starts) >>> 2) + code + 1];
  }

  #measure(): void {
    const { u32 } = kernelViews();
    const count = this.#get(ROW_TEXTS.count);
    const starts = this.#get(ROW_TEXTS.starts) >>> 2;
    let { longest } = this;
    let code = this.#measured;
    for (; code + 1 < count; code++) {
      const length = u32[starts + code + 1] - u32[starts + code] - LENGTH_BYTES;
      if (length > longest) longest = length;
    }
    if (code < count) {
      longest = Math.max(longest, this.#endOf(code) - u32[starts + code] - LENGTH_BYTES);
    }
    this.longest = longest;
    this.#measured = count;
  }

  /** Makes room for one text more, of so many bytes as are wanted. */
  #grow(): void {
    const capacity = this.#get(ROW_TEXTS.capacity);
    if (this.#get(ROW_TEXTS.count) === capacity) {
      const before = this.places;
      this.places = this.#place(capacity * GROWTH);
      freeBlock(before);
    }
    const needed = this.#get(ROW_TEXTS.poolUsed) + this.#get(ROW_TEXTS.wanted);
    const bytes = this.#get(ROW_TEXTS.poolCapacity);
    if (needed <= bytes) return;
    const before = this.pool;
    this.pool = this.#placePool(Math.max(needed, bytes * GROWTH));
    freeBlock(before);
  }

  #place(capacity: number): KernelBlock {
    const places = allocate(capacity * 8);
    const starts = places.pointer + capacity * 4;
    const { u8 } = kernelViews();
    const bytes = this.#get(ROW_TEXTS.count) * 4;
    const [oldHashes, oldStarts] = [this.#get(ROW_TEXTS.hashes), this.#get(ROW_TEXTS.starts)];
    u8.copyWithin(places.pointer, oldHashes, oldHashes + bytes);
    u8.copyWithin(starts, oldStarts, oldStarts + bytes);
    this.#set(ROW_TEXTS.hashes, places.pointer);
    this.#set(ROW_TEXTS.starts, starts);
    this.#set(ROW_TEXTS.capacity, capacity);
    return places;
  }

  #placePool(bytes: number): KernelBlock {
    const pool = allocate(bytes + PADDING);
    const old = this.#get(ROW_TEXTS.pool);
    kernelViews().u8.copyWithin(pool.pointer, old, old + this.#get(ROW_TEXTS.poolUsed));
    this.#set(ROW_TEXTS.pool, pool.pointer);
    this.#set(ROW_TEXTS.poolCapacity, bytes);
    return pool;
  }

  #get(offset: number): number {
    return kernelViews().u32[(this.#state.pointer + offset) >>> 2];
  }

  #set(offset: number, value: number): void {
    kernelViews().u32[(this.#state.pointer + offset) >>> 2] = value;
  }
}
