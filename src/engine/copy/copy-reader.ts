/**
 * Input as it comes, to rows of columns. Bytes are copied once, into the kernels' memory, where blocks
 * of rows are read; a row of unusual form, and one that is larger than the place for it, is read by the
 * format's row reader.
 */
import { STOP_ROW } from '../../kernels/input-kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import type { BlockReader } from './block-reader.ts';
import type { ColumnSink } from './column-sink.ts';
import { CARRY_MAX, fieldBlock, inputAddress, PIECE_MAX } from './field-block.ts';
import { LongRow } from './long-row.ts';
import { withField, type CopyPlace, type RowReader } from './row-reader.ts';

const EMPTY = new Uint8Array(0);

export class CopyReader {
  readonly #sinks: readonly ColumnSink[];
  readonly #rowReader: RowReader;
  readonly #blocks: BlockReader | undefined;
  readonly #place: CopyPlace;
  readonly #batchRows: number;
  #capacity: number;
  #isStarted = false;
  /** The beginning of a row whose rest has not come. */
  #carry: Uint8Array = EMPTY;
  #long: LongRow | undefined;
  /** Rows of the batch so far. */
  rows = 0;

  constructor(
    sinks: readonly ColumnSink[],
    rowReader: RowReader,
    blocks: BlockReader | undefined,
    place: CopyPlace,
    capacity: number,
    batchRows: number,
  ) {
    this.#sinks = sinks;
    this.#rowReader = rowReader;
    this.#blocks = blocks;
    this.#place = place;
    this.#capacity = capacity;
    this.#batchRows = batchRows;
  }

  get isEnded(): boolean {
    return this.#rowReader.isEnded;
  }

  /** The batch has as many rows as one may have: it must be taken before more is read. */
  get isFull(): boolean {
    return this.rows === this.#batchRows;
  }

  /** Called when the batch was taken. */
  startBatch(): void {
    this.rows = 0;
    this.#isStarted = false;
  }

  /**
   * Reads a piece of the input and returns what is to be read after it, undefined where all of it was
   * used. What it keeps, it copies.
   */
  read(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length === 0) return undefined;
    try {
      const rest = this.#long === undefined ? this.#readPiece(bytes) : this.#readLong(bytes);
      return rest === undefined || rest.length === 0 || this.isEnded ? undefined : rest;
    } catch (error) {
      // The place stands in memory that others use as soon as this call returns.
      throw this.#place.line === 0 ? error : withField(this.#place, error);
    }
  }

  /** After the last input: reads rows that lack their end; true where there may be more. */
  finish(): boolean {
    const bytes = this.#long?.take() ?? this.#carry;
    this.#long = undefined;
    this.#carry = EMPTY;
    if (this.isEnded || bytes.length === 0) return false;
    try {
      const next = this.#readRow(bytes, 0, true);
      if (next < 0) return false;
      this.#carry = bytes.subarray(next);
    } catch (error) {
      throw this.#place.line === 0 ? error : withField(this.#place, error);
    }
    return this.#carry.length > 0;
  }

  #readPiece(bytes: Uint8Array): Uint8Array | undefined {
    const piece = bytes.subarray(0, PIECE_MAX);
    const carry = this.#carry;
    const first = inputAddress(fieldBlock(), piece.byteOffset);
    const { u8 } = kernelViews();
    u8.set(carry, first - carry.length);
    u8.set(piece, first);
    const end = first + piece.length;
    const next = this.#readRows(first - carry.length, end);
    if (this.isEnded) return undefined;
    if (next >= first) this.#carry = EMPTY;
    else if (this.isFull) this.#carry = carry.subarray(carry.length - (first - next));
    if (this.isFull || (next > first && bytes.length > piece.length)) {
      return bytes.subarray(Math.max(0, next - first));
    }
    this.#keep(u8.slice(next, end));
    return bytes.subarray(piece.length);
  }

  /** Reads rows of [at, end) of the kernels' memory while the batch has room; returns where it ended. */
  #readRows(at: number, end: number): number {
    while (at < end && !this.isFull && !this.isEnded) {
      this.#makeRoom();
      if (this.#blocks !== undefined && this.#rowReader.isAtRows) {
        at = this.#blocks.read(at, end, this.rows, this.#capacity - this.rows);
        this.rows += this.#blocks.rows;
        if (this.#blocks.rows > 0) continue;
        if (this.#blocks.stop !== STOP_ROW) return at;
      }
      const next = this.#readRow(kernelViews().u8.subarray(0, end), at, false);
      if (next < 0) return at;
      at = next;
    }
    return at;
  }

  #readRow(bytes: Uint8Array, at: number, isLast: boolean): number {
    this.#makeRoom();
    this.#place.rowRead = false;
    const next = this.#rowReader.read(bytes, at, this.rows, isLast);
    if (next >= 0 && this.#place.rowRead) this.rows++;
    return next;
  }

  #readLong(bytes: Uint8Array): Uint8Array | undefined {
    const long = this.#long as LongRow;
    const all = long.add(bytes);
    if (all === undefined) return undefined;
    const next = this.#readRow(all, 0, false);
    if (next < 0) return undefined;
    this.#long = undefined;
    return all.subarray(next);
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length <= CARRY_MAX) {
      this.#carry = bytes;
      return;
    }
    this.#carry = EMPTY;
    this.#long = new LongRow(bytes);
  }

  #makeRoom(): void {
    if (!this.#isStarted) {
      this.#isStarted = true;
      for (const sink of this.#sinks) sink.start();
    }
    if (this.rows < this.#capacity) return;
    this.#capacity = Math.min(this.#batchRows, this.#capacity * 4);
    for (const sink of this.#sinks) sink.reserve(this.#capacity);
  }
}
