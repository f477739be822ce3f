/**
 * Rows outside memory: a temporary file of blocks, each a batch by columns, and runs, each a list of some
 * of its blocks in order. Sorts, hash tables, joins and kept results all spill this way; the file goes as
 * a whole. A block's checksum stays in memory, so a block that comes back is the one that was written.
 */
import { ByteWriter } from '../../base/byte-writer.ts';
import { crc32c } from '../../base/crc32c.ts';
import { dbError, InternalError } from '../../errors/db-error.ts';
import type { SqlType } from '../../types/type.ts';
import type { Batch } from '../../vector/vector.ts';
import { turn, type ExecContext } from '../operator.ts';
import { readBatch, writeBlock } from './block-codec.ts';
import type { TemporaryFile } from './temporary-space.ts';

/** Blocks are gathered into writes of about this size. */
const WRITE_BYTES = 131_072;

/** Bytes of a block of an operator with this budget: some tens of them must fit into it. */
export function blockBytes(budgetBytes: number): number {
  return Math.min(262_144, Math.max(8192, budgetBytes / 32));
}

interface Block {
  readonly rows: number;
  readonly offset: number;
  readonly length: number;
  readonly checksum: number;
}

/** Batches in the order in which they were appended. */
export class SpillRun {
  readonly types: readonly SqlType[];
  readonly blocks: Block[] = [];
  rows = 0;

  constructor(types: readonly SqlType[]) {
    this.types = types;
  }
}

export class SpillFile {
  readonly #file: TemporaryFile;
  readonly #context: ExecContext;
  readonly #pending = new ByteWriter(WRITE_BYTES * 2);
  /** Bytes in the file, without those that still wait to be written. */
  #written = 0;

  private constructor(file: TemporaryFile, context: ExecContext) {
    this.#file = file;
    this.#context = context;
  }

  static async create(context: ExecContext): Promise<SpillFile> {
    const files = context.temporaryFiles;
    if (files === undefined)
      throw new InternalError('spilled in a database that keeps all in memory');
    return new SpillFile(await files.create(), context);
  }

  get bytes(): number {
    return this.#written + this.#pending.length;
  }

  /** Adds the rows of batches to the end of a run, as one block. Wait for it: the disk sets the pace. */
  async append(run: SpillRun, batches: readonly Batch[]): Promise<void> {
    const rows = batches.reduce((sum, { length }) => sum + length, 0);
    if (rows === 0) return;
    const start = this.#pending.length;
    writeBlock(this.#pending, batches);
    const length = this.#pending.length - start;
    const checksum = crc32c(this.#pending.view(), 0, start, start + length);
    run.blocks.push({ rows, offset: this.#written + start, length, checksum });
    run.rows += rows;
    if (this.#pending.length >= WRITE_BYTES) await this.flush();
    await turn(this.#context);
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const bytes = this.#pending.view();
    await this.#file.append(bytes);
    this.#written += bytes.length;
    this.#pending.reset();
  }

  async read(run: SpillRun, block: number): Promise<Batch> {
    const { offset, length, checksum } = run.blocks[block];
    if (offset + length > this.#written) await this.flush();
    const bytes = await this.#file.read(offset, length);
    await turn(this.#context);
    if (bytes.length !== length || crc32c(bytes) !== checksum) {
      throw dbError('data_corrupted', `block at ${offset} of a temporary file is damaged`);
    }
    return readBatch(bytes, run.types);
  }

  /** The batches of a run, one in memory at a time. */
  async *batches(run: SpillRun): AsyncGenerator<Batch, void, void> {
    for (let i = 0; i < run.blocks.length; i++) yield await this.read(run, i);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
