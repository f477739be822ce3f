/**
 * Neighbouring text columns whose fields come in the same combinations again and again, as the tags of
 * series do. The bytes of all these fields are looked up at once; only what is new is read column by
 * column, and learnt.
 */
import { TUPLE_ENTRY_BYTES, TUPLES, TUPLES_BYTES } from '../../kernels/input-kernels.ts';
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews, type KernelBlock } from '../../kernels/memory.ts';
import type { BatchTexts } from './batch-texts.ts';
import { ROWS_MAX } from './field-block.ts';
import { allocate } from './kernel-memory.ts';

const FIRST_CAPACITY = 256;
const CAPACITY_MAX = 65_536;
/** Bytes of a tuple that the pool has room for, more or less. */
const POOL_BYTES = 128;
const GROWTH = 4;
/** Blocks after which rows without tuples are counted anew. */
const TRIAL_BLOCKS = 64;
/** Share of rows without tuples from which on it does not pay to look for them. */
const MISSED_SHARE = 0.5;

/** Which columns of the input belong to it. */
export interface TupleColumns {
  readonly first: number;
  readonly count: number;
  /** Bytes before a field that tell its length. */
  readonly lead: number;
}

export class TextTuples {
  readonly columns: TupleColumns;
  readonly #table: KernelBlock = allocate(TUPLES_BYTES);
  /** Codes of the block's rows, one column after the other. */
  readonly #outs: KernelBlock;
  /** Slots, entries and pool: held as long as the table points there. */
  memory: KernelBlock;
  #capacity = FIRST_CAPACITY;
  #texts: readonly (BatchTexts | undefined)[] = [];
  #missed = 0;
  #seen = 0;
  #blocks = 0;
  /** Combinations come seldom twice: looking for them does not pay. */
  isUseless = false;
  /** Whether the tuples of the block at hand are known. */
  isUsed = false;

  constructor(columns: TupleColumns) {
    this.columns = columns;
    this.#outs = allocate(columns.count * ROWS_MAX * 4);
    this.memory = this.#begin();
  }

  /** Address of the table, for kernels; the object must be held meanwhile. */
  get table(): number {
    return this.#table.pointer;
  }

  /** The position of a column of the input among these; undefined where it is none of them. */
  positionOf(column: number): number | undefined {
    const position = column - this.columns.first;
    return position >= 0 && position < this.columns.count ? position : undefined;
  }

  /** Where the codes of a column go. */
  outAt(position: number): number {
    return this.#outs.pointer + position * ROWS_MAX * 4;
  }

  /** Finds the tuples of the block's rows, whose columns have these texts, where that is of use. */
  find(block: number, rows: number, texts: readonly (BatchTexts | undefined)[]): void {
    this.isUsed = !this.isUseless && texts.every((each) => each?.keepsCodes === true);
    if (!this.isUsed) return;
    if (texts.some((each, i) => each !== this.#texts[i])) {
      this.#texts = texts;
      this.memory = this.#begin();
    }
    this.#missed += kernels.findTuples(block, this.table);
    this.#seen += rows;
  }

  /** Learns the block's new tuples when its columns are read; their jobs begin at `jobs`. */
  learn(block: number, jobs: number): void {
    if (this.#field(TUPLES.missed) > 0 && kernels.learnTuples(block, jobs, this.table) === 0) {
      // What is known comes again soon.
      if (this.#capacity < CAPACITY_MAX) this.#capacity *= GROWTH;
      this.memory = this.#begin();
    }
    if (++this.#blocks < TRIAL_BLOCKS) return;
    this.isUseless = this.#missed > this.#seen * MISSED_SHARE;
    this.#missed = this.#seen = this.#blocks = 0;
  }

  /** An empty table; the memory of the one before must be held until then. */
  #begin(): KernelBlock {
    const capacity = this.#capacity;
    const { first, count, lead } = this.columns;
    const sizes = [
      capacity * 2 * 4,
      capacity * TUPLE_ENTRY_BYTES,
      capacity * count * 4,
      ROWS_MAX * 4,
      capacity * POOL_BYTES,
    ];
    const memory = allocate(sizes.reduce((sum, size) => sum + size));
    const starts: number[] = [];
    sizes.reduce((at, size) => (starts.push(at), at + size), memory.pointer);
    const [slots, entries, codes, rows, pool] = starts;
    const { u8, u32 } = kernelViews();
    u8.fill(0, slots, entries);
    const values = {
      first,
      columns: count,
      slots,
      mask: capacity * 2 - 1,
      entries,
      entryCapacity: capacity,
      count: 0,
      pool,
      poolUsed: 0,
      poolCapacity: capacity * POOL_BYTES,
      codes,
      rows,
      lead,
      last: 0,
      missed: 0,
    };
    for (const [name, offset] of Object.entries(TUPLES)) {
      u32[(this.table + offset) >>> 2] = values[name as keyof typeof TUPLES];
    }
    return memory;
  }

  #field(offset: number): number {
    return kernelViews().u32[(this.table + offset) >>> 2];
  }
}
