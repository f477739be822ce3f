/** Keeps segments: opens them for scans, and lets go of them when no view needs them any more. */
import { DbError, dbError } from '../../errors/db-error.ts';
import type { KvOperation, KvStore } from '../kv/kv.ts';
import type { Sequence } from '../log/commit-log.ts';
import { decodeBlock } from './column-block.ts';
import { ColumnCache } from './column-cache.ts';
import { encodeChunk } from './chunk-record.ts';
import type { DeletedRows } from './deleted-rows.ts';
import type { RowSource } from './row-source.ts';
import {
  blockKey,
  chunkKey,
  droppedKey,
  garbageKey,
  headerKey,
  segmentRange,
  type SegmentAddress,
} from './segment-keys.ts';
import { decodeHeader, type Segment, type SegmentHeader } from './segment.ts';
import { SegmentSource, type BlockReader } from './segment-source.ts';
import type { ChunkState, TableRuntime, TableState } from './state.ts';
import type { StoredColumn } from './stored-column.ts';
import { TextDictionary } from './text-dictionary.ts';

/** Names a table in messages about damage. */
export type DescribeChunk = (storageId: number, chunk: number) => string;

/** A segment that no state since `sequence` refers to. */
interface Retired {
  readonly address: SegmentAddress;
  readonly sequence: Sequence;
}

export interface KeeperOptions {
  readonly kv: KvStore;
  readonly cacheBytes: number;
  readonly describe: DescribeChunk;
  readonly sharedDictionary: (runtime: TableRuntime, attnum: number) => TextDictionary | undefined;
}

export class SegmentKeeper {
  readonly #options: KeeperOptions;
  readonly #cache: ColumnCache;
  readonly #headers = new WeakMap<Segment, SegmentHeader | Promise<SegmentHeader>>();
  readonly #dropped = new Set<number>();
  /** Segments that the stored chunk records refer to, by table and chunk. */
  readonly #stored = new Map<number, Map<number, readonly Segment[]>>();
  #retired: Retired[] = [];
  #released: Sequence = 0;
  #background: Promise<void> = Promise.resolve();
  #failure: unknown;
  #nextSegment = 1;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#cache = new ColumnCache(options.cacheBytes);
  }

  /** Takes note of what was found at the start. */
  noteStored(storageId: number, chunk: number, segments: readonly Segment[]): void {
    let chunks = this.#stored.get(storageId);
    if (chunks === undefined) this.#stored.set(storageId, (chunks = new Map()));
    chunks.set(chunk, segments);
    for (const { id } of segments) this.#nextSegment = Math.max(this.#nextSegment, id + 1);
  }

  noteDropped(storageId: number): void {
    this.#dropped.add(storageId);
  }

  /** True where the table's log records are left over from before it was dropped. */
  isDropped(storageId: number): boolean {
    return this.#dropped.has(storageId);
  }

  nextSegment(): number {
    return this.#nextSegment++;
  }

  /** A segment's rows; its header is read the first time. */
  open(
    segment: Segment,
    table: TableState,
    refBase: number,
    deleted: DeletedRows | undefined,
  ): RowSource | Promise<RowSource> {
    const blocks = this.#blocks(table.runtime);
    const source = (header: SegmentHeader): RowSource =>
      new SegmentSource(segment, header, blocks, refBase, deleted);
    const known = this.#headers.get(segment);
    if (known !== undefined) return known instanceof Promise ? known.then(source) : source(known);
    const loading = this.#loadHeader(segment, table.runtime);
    this.#headers.set(segment, loading);
    return loading.then(source);
  }

  /** Stores a chunk's record with new segments; returns when it is durable. */
  async store(
    storageId: number,
    chunk: Omit<ChunkState, 'head' | 'firstUnflushed' | 'deletions'>,
    operations: readonly KvOperation[],
    sequence: Sequence,
  ): Promise<void> {
    const before = this.#stored.get(storageId)?.get(chunk.id) ?? [];
    const after = chunk.segments.map(({ segment }) => segment);
    const gone = before.filter((segment) => !after.includes(segment));
    const empty = new Uint8Array(0);
    await this.#options.kv.write(
      [
        ...operations,
        { type: 'put', key: chunkKey(storageId, chunk.id), value: encodeChunk(chunk) },
        ...gone.map(
          ({ address }) => ({ type: 'put', key: garbageKey(address), value: empty }) as const,
        ),
      ],
      true,
    );
    this.noteStored(storageId, chunk.id, after);
    for (const { address } of gone) this.#retired.push({ address, sequence });
  }

  /** Removes a dropped table's chunks; its segments go with the last view that needs them. */
  retireTable(storageId: number, sequence: Sequence): void {
    const chunks = this.#stored.get(storageId);
    if (chunks === undefined) return;
    this.#stored.delete(storageId);
    this.#dropped.add(storageId);
    const empty = new Uint8Array(0);
    const operations: KvOperation[] = [{ type: 'put', key: droppedKey(storageId), value: empty }];
    const addresses: SegmentAddress[] = [];
    for (const [chunk, segments] of chunks) {
      operations.push({ type: 'delete', key: chunkKey(storageId, chunk) });
      for (const { address } of segments) {
        operations.push({ type: 'put', key: garbageKey(address), value: empty });
        addresses.push(address);
      }
    }
    this.#inBackground(async () => {
      await this.#options.kv.write(operations, true);
      for (const address of addresses) this.#retired.push({ address, sequence });
    });
  }

  /** Deletes segments that were replaced before `sequence`. */
  releaseViewsBefore(sequence: Sequence): void {
    this.#released = Math.max(this.#released, sequence);
    this.collect();
  }

  collect(): void {
    if (!this.#retired.some((retired) => retired.sequence < this.#released)) return;
    this.#inBackground(async () => {
      const due = this.#retired.filter((retired) => retired.sequence < this.#released);
      this.#retired = this.#retired.filter((retired) => retired.sequence >= this.#released);
      for (const { address } of due) await this.delete(address);
    });
  }

  async delete(address: SegmentAddress): Promise<void> {
    const { from, to } = segmentRange(address);
    this.#cache.forget(`${address.segment}/`);
    await this.#options.kv.deleteRange(from, to);
    await this.#options.kv.write([{ type: 'delete', key: garbageKey(address) }], false);
  }

  /** Resolves when deletions in the background are done; throws what made one fail. */
  async settle(): Promise<void> {
    await this.#background;
    if (this.#failure === undefined) return;
    const failure = this.#failure;
    this.#failure = undefined;
    throw failure;
  }

  #inBackground(work: () => Promise<void>): void {
    this.#background = this.#background.then(work).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  #blocks(runtime: TableRuntime): BlockReader {
    return {
      block: (segment, attnum, index) =>
        this.#cache.get(`${segment.id}/${attnum}/${index}`, () =>
          this.#loadBlock(segment, runtime, attnum, index),
        ),
      made: (segment, attnum, index, make) =>
        this.#cache.get(`${segment.id}/${attnum}/${index}`, make) as StoredColumn,
    };
  }

  async #loadHeader(segment: Segment, runtime: TableRuntime): Promise<SegmentHeader> {
    try {
      const bytes = await this.#options.kv.get(headerKey(segment.address));
      const header = decodeHeader(bytes, (attnum) => this.#dictionary(runtime, attnum));
      this.#headers.set(segment, header);
      return header;
    } catch (error) {
      this.#headers.delete(segment);
      throw this.#damaged(segment.address, error);
    }
  }

  async #loadBlock(
    segment: Segment,
    runtime: TableRuntime,
    attnum: number,
    index: number,
  ): Promise<StoredColumn> {
    const header = await this.#headers.get(segment);
    try {
      const type = header?.columns.get(attnum)?.type;
      if (type === undefined) throw new RangeError(`no column ${attnum}`);
      const bytes = await this.#options.kv.get(blockKey(segment.address, attnum, index));
      return decodeBlock(bytes, type, () => this.#dictionary(runtime, attnum));
    } catch (error) {
      throw this.#damaged(segment.address, error);
    }
  }

  #dictionary(runtime: TableRuntime, attnum: number): TextDictionary {
    return this.#options.sharedDictionary(runtime, attnum) ?? new TextDictionary();
  }

  #damaged(address: SegmentAddress, error: unknown): unknown {
    if (error instanceof DbError) return error;
    return dbError('data_corrupted', {
      message: `stored data of ${this.#options.describe(address.storageId, address.chunk)} is damaged`,
      detail: `Segment ${address.segment}: ${error instanceof Error ? error.message : String(error)}.`,
    });
  }
}
