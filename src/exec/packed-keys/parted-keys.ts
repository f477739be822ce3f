/**
 * Keys that are put aside in the order of their arrival, and at the end parted by their hashes and made distinct
 * a part at a time. A table of many keys is read here and there, where memory is slow; a part's is not, and
 * other threads take parts, too. Only for those who ask how many different keys there are.
 */
import { CALL_WORK_BYTES, type KernelCall } from '../../kernels/call-list.ts';
import { kernelTeam, type KernelTeam } from '../../kernels/kernel-team.ts';
import { kernels } from '../../kernels/kernels.ts';
import { freeBlock, kernelViews, tryAllocate, type KernelBlock } from '../../kernels/memory.ts';
import type { SqlType } from '../../types/type.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { fieldKind, KeyField, placeFields, type PlacedField } from './key-field.ts';
import { allocate, outOfMemory } from './packed-table.ts';

/** What the kernels take. */
const WIDTH_MAX = 12;
const HASH_BYTES = 4;
export const PAGE_ROWS = 65_536;
/** Keys of a part on average: their slots fit into the second cache. */
const PART_ROWS = 8192;
const PART_BITS_MIN = 4;
const PART_BITS_MAX = 12;
const SLOT_BYTES = 16;
const SLOT_BITS_MIN = 8;
const SLOT_BITS_MAX = Math.log2(CALL_WORK_BYTES / SLOT_BYTES);
/** Slots for each row of a part. */
const SLOTS_PER_ROW = 1.5;
/** Rows looked at between two turns of the event loop. */
const STEP_ROWS = 4 * PAGE_ROWS;
/** Rows that become columns again at a time. */
const BATCH_ROWS = 4096;
const FULL = 0xffffffff;

interface Page {
  readonly block: KernelBlock;
  rows: number;
}

/** One part's records. */
interface Part {
  readonly first: number;
  readonly rows: number;
}

/** The different keys of a part: how many, and a word of each; or its rows, where they are too many. */
export type PartResult =
  | { readonly count: number; readonly words: Int32Array }
  | { readonly batches: Iterable<Batch> };

export class PartedKeys {
  rows = 0;
  readonly #fields: readonly PlacedField[];
  readonly #width: number;
  readonly #team: KernelTeam;
  readonly #pages: Page[] = [];
  readonly #stage = allocate(PAGE_ROWS * 16);
  #records: KernelBlock | undefined;

  /** Undefined where the columns' values have no form of so few bytes. */
  static of(types: readonly SqlType[], team = kernelTeam): PartedKeys | undefined {
    const fields: KeyField[] = [];
    for (const type of types) {
      const kind = fieldKind(type);
      if (kind === undefined) return undefined;
      fields.push(new KeyField(type, kind, undefined));
    }
    const width = fields.reduce((sum, { bytes }) => sum + bytes, 0);
    return width > WIDTH_MAX ? undefined : new PartedKeys(fields, width, team);
  }

  private constructor(fields: readonly KeyField[], width: number, team: KernelTeam) {
    this.#width = width;
    this.#team = team;
    this.#fields = placeFields(fields);
  }

  /** What it holds, and will when it is parted. */
  get bytes(): number {
    const ids = this.#fields.reduce((sum, { field }) => sum + field.idBytes, 0);
    return (
      this.#stage.bytes + (this.#pages.length * PAGE_ROWS + this.rows) * this.#recordBytes + ids
    );
  }

  get #recordBytes(): number {
    return this.#width + HASH_BYTES;
  }

  /** Puts at most PAGE_ROWS rows aside, without NULLs; false, and nothing done, where some do not fit. */
  *add(columns: readonly Vector[], length: number): Generator<void, boolean, void> {
    for (const { field, column } of this.#fields) {
      const steps = field.prepare(columns[column]);
      if (steps !== undefined) yield* steps;
    }
    const page = this.#pageFor(length);
    if (page === undefined) return false;
    const { pointer } = page.block;
    const keys = pointer + page.rows * this.#width;
    for (const { field, column, offset } of this.#fields) {
      const target = keys + offset;
      const stage = this.#stage.pointer;
      if (!field.encode(columns[column], length, true, target, this.#width, stage)) return false;
    }
    kernels.hashKeys(keys, this.#width, length, this.#hashes(page) + page.rows * HASH_BYTES);
    page.rows += length;
    this.rows += length;
    return true;
  }

  /** What was put aside, as columns; no more must come. */
  *batches(): Generator<Batch, void, void> {
    for (const { block, rows } of this.#pages) {
      yield* this.#decoded(block.pointer, this.#width, rows);
    }
  }

  /** Makes the keys distinct, with a result for each part; `word` tells the column whose words are wanted. */
  *distinct(word: number): Generator<PartResult | undefined, void, void> {
    const bits = partBits(this.rows);
    const parts = yield* this.#part(bits);
    const offset = this.#fields.find(({ column }) => column === word)?.offset ?? WIDTH_MAX;
    for (let from = 0; from < parts.length;) {
      const some: Part[] = [];
      let rows = 0;
      do {
        some.push(parts[from]);
        rows += parts[from++].rows;
      } while (from < parts.length && rows + parts[from].rows <= STEP_ROWS);
      yield* this.#distinctParts(some, rows, bits, offset);
    }
  }

  /** Gives its memory back; it must not be used any more. */
  free(): void {
    // What a late helper reads or writes is freed when it is collected.
    if (!this.#team.isIdle) return;
    for (const { block } of this.#pages) freeBlock(block);
    freeBlock(this.#stage);
    if (this.#records !== undefined) freeBlock(this.#records);
  }

  *#distinctParts(
    parts: readonly Part[],
    rows: number,
    bits: number,
    word: number,
  ): Generator<PartResult | undefined, void, void> {
    const out = allocate((rows + parts.length) * 4);
    const outs: number[] = [];
    let at = out.pointer;
    const calls = parts.map((part): KernelCall => {
      const { first, rows: count } = part;
      outs.push(at);
      const args = [0, first, count, this.#width, bits, slotBitsFor(count), word, at];
      at += (count + 1) * 4;
      return { kernel: 'distinctKeys', args };
    });
    const release = this.#team.run(calls, out, [this.#records as KernelBlock]);
    try {
      for (const [p, { first, rows: count }] of parts.entries()) {
        const { u32, i32 } = kernelViews();
        const found = u32[outs[p] >>> 2];
        const words = (outs[p] >>> 2) + 1;
        if (found === FULL) {
          yield { batches: this.#decoded(first + HASH_BYTES, this.#recordBytes, count) };
        } else
          yield { count: found, words: i32.slice(words, words + (word < WIDTH_MAX ? found : 0)) };
      }
    } finally {
      release();
    }
  }

  /** Brings the records of each part together. */
  *#part(bits: number): Generator<undefined, Part[], void> {
    const pages = this.#pages;
    const counts = allocate(pages.length * (4 << bits));
    const countsOf = (page: number): number => counts.pointer + page * (4 << bits);
    for (const [p, page] of pages.entries()) {
      kernels.countParts(this.#hashes(page), page.rows, bits, countsOf(p));
      yield;
    }
    const records = tryAllocate(this.rows * this.#recordBytes);
    if (records === undefined) throw outOfMemory(this.rows * this.#recordBytes);
    this.#records = records;
    const parts = this.#placeParts(bits, countsOf, records.pointer);
    const together = STEP_ROWS / PAGE_ROWS;
    for (let from = 0; from < pages.length; from += together) {
      const calls = pages.slice(from, from + together).map((page, p): KernelCall => {
        const { block, rows } = page;
        const starts = countsOf(from + p);
        const args = [0, block.pointer, this.#width, this.#hashes(page), rows, bits, starts];
        return { kernel: 'partKeys', args: [...args, records.pointer] };
      });
      const held = pages.map(({ block }) => block);
      // What is written must stay for as long as a helper may be late: the collector frees the counts, too.
      this.#team.run(calls, allocate(64), [counts, records, ...held])();
      yield;
    }
    return parts;
  }

  /** Turns what the pages have of each part into where it begins among all records. */
  #placeParts(bits: number, countsOf: (page: number) => number, first: number): Part[] {
    const { u32 } = kernelViews();
    const parts: Part[] = [];
    let next = 0;
    for (let part = 0; part < 1 << bits; part++) {
      const start = next;
      for (let page = 0; page < this.#pages.length; page++) {
        const at = (countsOf(page) >>> 2) + part;
        const count = u32[at];
        u32[at] = next;
        next += count;
      }
      if (next > start)
        parts.push({ first: first + start * this.#recordBytes, rows: next - start });
    }
    return parts;
  }

  /** Keys that lie `stride` bytes apart, as columns. */
  *#decoded(keys: number, stride: number, rows: number): Generator<Batch, void, void> {
    for (let from = 0; from < rows; from += BATCH_ROWS) {
      const length = Math.min(BATCH_ROWS, rows - from);
      const columns: Vector[] = [];
      for (const { field, column, offset } of this.#fields) {
        const stage = this.#stage.pointer;
        const collect = field.bytes === 8 ? kernels.collectLongs : kernels.collectWords;
        collect(keys + from * stride + offset, stride, length, stage);
        columns[column] = field.decode(length, stage, undefined);
      }
      yield { columns, length };
    }
  }

  #pageFor(rows: number): Page | undefined {
    const last = this.#pages.at(-1);
    if (last !== undefined && last.rows + rows <= PAGE_ROWS) return last;
    const block = tryAllocate(PAGE_ROWS * this.#recordBytes);
    if (block === undefined) return undefined;
    const page = { block, rows: 0 };
    this.#pages.push(page);
    return page;
  }

  #hashes({ block }: Page): number {
    return block.pointer + PAGE_ROWS * this.#width;
  }
}

function partBits(rows: number): number {
  const bits = Math.ceil(Math.log2(rows / PART_ROWS));
  return Math.min(PART_BITS_MAX, Math.max(PART_BITS_MIN, bits));
}

function slotBitsFor(rows: number): number {
  const bits = Math.ceil(Math.log2(rows * SLOTS_PER_ROW));
  return Math.min(SLOT_BITS_MAX, Math.max(SLOT_BITS_MIN, bits));
}
