/** Fields placed in the kernels' memory as splitters leave them, for tests of column kernels. */
import {
  BLOCK,
  FIELD_ODD,
  FIELD_QUOTED,
  JOB,
  JOB_BYTES,
  META_NEVER,
} from '../../../../src/kernels/input-kernels.ts';
import { kernelViews, tryAllocate, type KernelBlock } from '../../../../src/kernels/memory.ts';

const ROWS_MAX = 512;
const INPUT_BYTES = 1 << 20;

export class FieldRows {
  readonly #held: KernelBlock[] = [];
  readonly block = this.#allocate(64);
  readonly job = this.#allocate(JOB_BYTES);
  readonly fields = this.#allocate(ROWS_MAX * 8 * 8 + 512);
  readonly odd = this.#allocate(ROWS_MAX * 8);
  readonly out = this.#allocate(ROWS_MAX * 8);
  readonly nulls = this.#allocate(ROWS_MAX);
  readonly input = this.#allocate(INPUT_BYTES);
  #rows = 0;

  #allocate(bytes: number): number {
    const block = tryAllocate(bytes) as KernelBlock;
    this.#held.push(block);
    kernelViews().u8.fill(0, block.pointer, block.pointer + bytes);
    return block.pointer;
  }

  /** A block of one column; NULL is written `\N`. Fields may be followed by anything. */
  place(fields: readonly Uint8Array[], follow = 0x09): void {
    const { u8, u32 } = kernelViews();
    let at = this.input;
    fields.forEach((field, row) => {
      u8.set(field, at);
      u8[at + field.length] = follow;
      u32[(this.fields >>> 2) + 2 * row] = at;
      u32[(this.fields >>> 2) + 2 * row + 1] =
        field.length + (field.includes(0x5c) ? FIELD_ODD : 0);
      at += field.length + 1;
    });
    this.#rows = fields.length;
    this.prepare(1, ROWS_MAX);
    this.set(this.block, BLOCK.rows, this.#rows);
    u8.fill(0, this.nulls, this.nulls + this.#rows);
    u8.fill(0, this.odd, this.odd + this.#rows);
    this.set(this.job, JOB.column, 0);
    this.set(this.job, JOB.out, this.out);
    this.set(this.job, JOB.nulls, this.nulls);
    this.set(this.job, JOB.nullMeta, 2 + FIELD_ODD);
    this.set(this.job, JOB.quotedNullMeta, META_NEVER);
    this.set(this.job, JOB.nullWord, 0x4e5c);
    this.set(this.job, JOB.nullMask, 0xffff);
    this.set(this.job, JOB.memoLength, META_NEVER);
  }

  prepare(columns: number, limit: number): void {
    this.set(this.block, BLOCK.fields, this.fields);
    this.set(this.block, BLOCK.columns, columns);
    this.set(this.block, BLOCK.limit, limit);
    this.set(this.block, BLOCK.odd, this.odd);
  }

  /** Puts input where splitters read; returns its end. Bytes after it are marks of all kinds. */
  placeInput(bytes: Uint8Array): number {
    const { u8 } = kernelViews();
    u8.set(bytes, this.input);
    const end = this.input + bytes.length;
    for (let i = 0; i < 64; i++) u8[end + i] = [0x0a, 0x09, 0x5c, 0x2c, 0x22, 0x0d][i % 6];
    return end;
  }

  /** What a splitter has found: rows of [bytes, flag]. */
  split(columns: number): [string, string][][] {
    const { u8, u32 } = kernelViews();
    const rows = u32[(this.block + BLOCK.rows) >>> 2];
    return Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (__, column) => {
        const at = (this.fields >>> 2) + 2 * (row * columns + column);
        const meta = u32[at + 1];
        if (meta === 0xffffffff) return ['', 'null'];
        const flag = meta >= FIELD_ODD ? 'odd' : meta >= FIELD_QUOTED ? 'quoted' : '';
        const bytes = u8.slice(u32[at], u32[at] + (meta & 0x3fffffff));
        return [Buffer.from(bytes).toString('latin1'), flag];
      }),
    );
  }

  get isStopped(): boolean {
    return kernelViews().u32[(this.block + BLOCK.stop) >>> 2] === 1;
  }

  set(at: number, offset: number, value: number): void {
    kernelViews().u32[(at + offset) >>> 2] = value;
  }

  setDouble(offset: number, value: number): void {
    kernelViews().f64[(this.job + offset) >>> 3] = value;
  }

  /** The column as doubles: null for NULL, 'odd' for fields left to the caller. */
  numbers(): (number | null | 'odd')[] {
    const { f64 } = kernelViews();
    return this.#column((row) => f64[(this.out >>> 3) + row]);
  }

  /** The column as integers of 64 bits. */
  wides(): (bigint | null | 'odd')[] {
    const i64 = new BigInt64Array(kernelViews().u8.buffer);
    return this.#column((row) => i64[(this.out >>> 3) + row]);
  }

  flags(): (number | null | 'odd')[] {
    const { u8 } = kernelViews();
    return this.#column((row) => u8[this.out + row]);
  }

  codes(): (number | null | 'odd')[] {
    const { i32 } = kernelViews();
    return this.#column((row) => i32[(this.out >>> 2) + row]);
  }

  #column<T>(valueOf: (row: number) => T): (T | null | 'odd')[] {
    const { u8 } = kernelViews();
    return Array.from({ length: this.#rows }, (_, row) => {
      if (u8[this.odd + row] === 1) return 'odd';
      return u8[this.nulls + row] === 1 ? null : valueOf(row);
    });
  }
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
