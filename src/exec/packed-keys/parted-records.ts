/**
 * Rows put aside in the kernels' memory as records, a packed key and words behind it, by the upper bits of
 * their keys' hashes. Each part has chunks of its own, which never move.
 */
import { kernels } from '../../kernels/kernels.ts';
import { freeBlock, kernelViews, scratch, type KernelBlock } from '../../kernels/memory.ts';
import { allocate } from './packed-table.ts';

const BITS = 8;
export const PARTS = 1 << BITS;
const CHUNK_BYTES = 16_384;
/** Chunks lie in larger blocks. */
const SLAB_BYTES = 1 << 20;
/** What kernels copy at a time, beyond the end of a record, too. */
export const COPY_BYTES = 16;
/** What the first rows take: each part has a chunk. */
export const PARTS_BYTES = PARTS * CHUNK_BYTES;

/** Records that lie one behind the other. */
export interface RecordStretch {
  readonly address: number;
  readonly rows: number;
}

export class PartedRecords {
  rows = 0;
  /** Bytes of a key, and of a record. */
  readonly width: number;
  readonly stride: number;
  readonly #chunkRows: number;
  /** By part: where its next record goes, and the first place in its chunk without room. */
  readonly #cursors = allocate(PARTS * 8);
  readonly #chunks: number[][] = Array.from({ length: PARTS }, () => []);
  readonly #slabs: KernelBlock[] = [];
  #slabUsed = SLAB_BYTES;

  constructor(width: number, stride: number) {
    this.width = width;
    this.stride = stride;
    this.#chunkRows = Math.floor((CHUNK_BYTES - COPY_BYTES) / stride);
    const first = this.#cursors.pointer >>> 2;
    kernelViews().u32.fill(0, first, first + PARTS * 2);
  }

  get bytes(): number {
    return this.#slabs.length * SLAB_BYTES;
  }

  /** What holds the records. */
  get blocks(): readonly KernelBlock[] {
    return this.#slabs;
  }

  /** Copies records, behind which there are COPY_BYTES more. */
  put(records: number, rows: number): void {
    const { stride, width } = this;
    const cursors = this.#cursors.pointer;
    for (let row = 0; ;) {
      row = kernels.putRecords(records, stride, width, row, rows, BITS, cursors);
      if (row === rows) break;
      this.#addChunk(this.#partOf(records + row * stride));
    }
    this.rows += rows;
  }

  /** The records of a part, in the order in which they came. */
  stretches(part: number): RecordStretch[] {
    const chunks = this.#chunks[part];
    const next = kernelViews().u32[(this.#cursors.pointer >>> 2) + 2 * part];
    return chunks.map((address, i) => {
      const isLast = i === chunks.length - 1;
      return { address, rows: isLast ? (next - address) / this.stride : this.#chunkRows };
    });
  }

  /** Gives its memory back; no helper may still read it. */
  free(): void {
    for (const slab of this.#slabs) freeBlock(slab);
    freeBlock(this.#cursors);
  }

  #partOf(key: number): number {
    const hash = scratch(4);
    kernels.hashKeys(key, this.width, 1, hash);
    return kernelViews().u32[hash >>> 2] >>> (32 - BITS);
  }

  #addChunk(part: number): void {
    if (this.#slabUsed + CHUNK_BYTES > SLAB_BYTES) {
      this.#slabs.push(allocate(SLAB_BYTES));
      this.#slabUsed = 0;
    }
    const slab = this.#slabs.at(-1) as KernelBlock;
    const chunk = slab.pointer + this.#slabUsed;
    this.#slabUsed += CHUNK_BYTES;
    this.#chunks[part].push(chunk);
    const at = (this.#cursors.pointer >>> 2) + 2 * part;
    const { u32 } = kernelViews();
    u32[at] = chunk;
    u32[at + 1] = chunk + this.#chunkRows * this.stride;
  }
}
