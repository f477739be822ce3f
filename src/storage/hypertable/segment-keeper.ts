/** Keeps segments: opens them for scans, and lets go of them when no view needs them any more. */
import { finishInTurns } from '../../base/steps.ts';
import { DbError, dbError } from '../../errors/db-error.ts';
import { OID, sqlType } from '../../types/type.ts';
import type { KvOperation, KvStore } from '../kv/kv.ts';
import type { Sequence } from '../log/commit-log.ts';
import type { Turns } from '../turns.ts';
import { decodeBlock, decodeSteps, numberRows } from './column-block.ts';
import { ColumnCache } from './column-cache.ts';
import { encodeChunk } from './chunk-record.ts';
import type { DeletedRows } from './deleted-rows.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import type { RowRanges } from './select-rows.ts';
import {
  blockKey,
  blockOfKey,
  chunkKey,
  droppedKey,
  garbageKey,
  headerKey,
  segmentRange,
  sketchKey,
  type SegmentAddress,
} from './segment-keys.ts';
import { decodeHeader, type Segment, type SegmentHeader } from './segment.ts';
import { SegmentSource, type BlockReader } from './segment-source.ts';
import type { ChunkState, TableRuntime } from './state.ts';
import { plainColumn, type PlainColumn, type StoredColumn } from './stored-column.ts';
import { TextDictionary } from './text-dictionary.ts';

/** Names a table in messages about damage. */
export type DescribeChunk = (storageId: number, chunk: number) => string;

/** A segment that no state since `sequence` refers to. */
interface Retired {
  readonly address: SegmentAddress;
  readonly bytes: number;
  readonly sequence: Sequence;
}

/** Bytes of a chunk's segments that are worth having the store rewrite what lies around them. */
const RECLAIM_BYTES = 32 * 1024 * 1024;

/** Decoded columns that one pass over a segment keeps: a block or two. */
const ONE_PASS_BYTES = 1024 * 1024;

/** Bytes that are handed over to the store at a time, which copies them in one go. */
const WRITE_BYTES = 2 * 1024 * 1024;

/** Stands for the block of a sketch's first part; a segment has not so many blocks. */
const SKETCHES = 2 ** 19 + 16;

/** The type of blocks whose type does not matter. */
const NUMBER = sqlType(OID.float8);

export interface KeeperOptions {
  readonly kv: KvStore;
  readonly cacheBytes: number;
  readonly turns: Turns;
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
  /** Segments marked as garbage when the store was opened. */
  readonly #unnamed: SegmentAddress[] = [];
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

  /** Tells the segments that a chunk's stored record names from others. */
  storedIn(storageId: number, chunk: number): (segment: Segment) => boolean {
    const stored = new Set(this.#stored.get(storageId)?.get(chunk) ?? []);
    return (segment) => stored.has(segment);
  }

  noteDropped(storageId: number): void {
    this.#dropped.add(storageId);
  }

  /** True where the table's log records are left over from before it was dropped. */
  isDropped(storageId: number): boolean {
    return this.#dropped.has(storageId);
  }

  /** Takes note of a segment that the log names: a number is never used twice. */
  noteNamed(segment: number): void {
    this.#nextSegment = Math.max(this.#nextSegment, segment + 1);
  }

  nextSegment(): number {
    return this.#nextSegment++;
  }

  /** A segment's rows; its header is read the first time. */
  open(
    segment: Segment,
    runtime: TableRuntime,
    refBase: number,
    deleted: DeletedRows | undefined,
    numbers?: Int32Array,
  ): RowSource | Promise<RowSource> {
    return this.#open(
      segment,
      runtime,
      refBase,
      deleted,
      this.#blocks(runtime, this.#cache),
      numbers,
    );
  }

  /** A segment's rows for one pass over them, which pushes nothing out of the cache. */
  openOnce(
    segment: Segment,
    runtime: TableRuntime,
    deleted: DeletedRows | undefined,
  ): RowSource | Promise<RowSource> {
    const blocks = this.#blocks(runtime, new ColumnCache(ONE_PASS_BYTES));
    return this.#open(segment, runtime, 0, deleted, blocks);
  }

  #open(
    segment: Segment,
    runtime: TableRuntime,
    refBase: number,
    deleted: DeletedRows | undefined,
    blocks: BlockReader,
    numbers?: Int32Array,
  ): RowSource | Promise<RowSource> {
    const source = (header: SegmentHeader): RowSource =>
      new SegmentSource(segment, header, blocks, refBase, deleted, numbers);
    const header = this.header(segment, runtime);
    return header instanceof Promise ? header.then(source) : source(header);
  }

  /**
   * Stores segments that no chunk record names yet. Until one does they are marked as garbage: the next
   * start deletes those that no commit in the log names either.
   */
  async storeUnnamed(
    segments: readonly Segment[],
    operations: readonly KvOperation[],
    sync: boolean,
  ): Promise<void> {
    const value = new Uint8Array(0);
    const marks = segments.map(
      ({ address }) => ({ type: 'put', key: garbageKey(address), value }) as const,
    );
    let piece: KvOperation[] = marks;
    let bytes = 0;
    for (const operation of operations) {
      if (bytes > WRITE_BYTES) {
        await this.#options.kv.write(piece, false);
        piece = [];
        bytes = 0;
      }
      piece.push(operation);
      if (operation.type === 'put') bytes += operation.value.length;
    }
    // The store keeps the order of what is written: with the last piece all others are durable.
    await this.#options.kv.write(piece, sync);
    if (segments.every(({ isCompacted }) => isCompacted)) this.#offer(operations);
  }

  /** Blocks that came to stay are likely to be read: free room in the cache takes those of numbers. */
  #offer(operations: readonly KvOperation[]): void {
    for (const operation of operations) {
      const name = operation.type === 'put' ? blockOfKey(operation.key) : undefined;
      if (operation.type !== 'put' || name === undefined) continue;
      const rows = numberRows(operation.value);
      if (rows === undefined) continue;
      this.#cache.offer(name, rows * 4, () =>
        decodeBlock(operation.value, NUMBER, () => new TextDictionary(), true),
      );
    }
  }

  /**
   * Stores a chunk's record, which names its segments; returns when it is durable. `replaced` may be
   * segments that were in no record yet. What is returned lets go of those that are gone: it is called
   * when the current state has not got them any more, with that state's sequence.
   */
  async store(
    storageId: number,
    chunk: Omit<ChunkState, 'head' | 'firstUnflushed' | 'deletions'>,
    replaced: readonly Segment[],
  ): Promise<(sequence: Sequence) => void> {
    const before = this.#stored.get(storageId)?.get(chunk.id) ?? [];
    const after = chunk.segments.map(({ segment }) => segment);
    const gone = new Set([...before, ...replaced].filter((segment) => !after.includes(segment)));
    const value = new Uint8Array(0);
    await this.#options.kv.write(
      [
        { type: 'put', key: chunkKey(storageId, chunk.id), value: encodeChunk(chunk) },
        ...after
          .filter((segment) => !before.includes(segment))
          .map(({ address }) => ({ type: 'delete', key: garbageKey(address) }) as const),
        ...[...gone].map(
          ({ address }) => ({ type: 'put', key: garbageKey(address), value }) as const,
        ),
      ],
      true,
    );
    this.noteStored(storageId, chunk.id, after);
    return (sequence) => {
      for (const { address, bytes } of gone) this.#retired.push({ address, bytes, sequence });
    };
  }

  /** Deletes segments that nothing refers to, in the background. */
  discard(addresses: readonly SegmentAddress[]): void {
    if (addresses.length === 0) return;
    this.#inBackground(async () => {
      for (const address of addresses) await this.delete(address);
    });
  }

  /** Takes note of a segment that is marked as garbage: the log may still name it. */
  noteUnnamed(address: SegmentAddress): void {
    this.#unnamed.push(address);
    this.#nextSegment = Math.max(this.#nextSegment, address.segment + 1);
  }

  /** Deletes those segments found at the start that the replayed log has not brought to life. */
  discardUnnamed(isLive: (address: SegmentAddress) => boolean): void {
    this.discard(this.#unnamed.splice(0).filter((address) => !isLive(address)));
  }

  /** Removes a dropped table's chunks; its segments go with the last view that needs them. */
  retireTable(storageId: number, sequence: Sequence): void {
    // Marked even where nothing of it is stored: the log may be trimmed between its records.
    const chunks = this.#stored.get(storageId) ?? new Map<number, readonly Segment[]>();
    this.#stored.delete(storageId);
    this.#dropped.add(storageId);
    const empty = new Uint8Array(0);
    const operations: KvOperation[] = [{ type: 'put', key: droppedKey(storageId), value: empty }];
    const retired: Retired[] = [];
    for (const [chunk, segments] of chunks) {
      operations.push({ type: 'delete', key: chunkKey(storageId, chunk) });
      for (const { address, bytes } of segments) {
        operations.push({ type: 'put', key: garbageKey(address), value: empty });
        retired.push({ address, bytes, sequence });
      }
    }
    this.#inBackground(async () => {
      await this.#options.kv.write(operations, true);
      this.#retired.push(...retired);
    });
  }

  /** Lets go of segments that only the log names: dropped before a flush put them into a record. */
  retireUnstored(segments: readonly Segment[], sequence: Sequence): void {
    for (const { address, bytes } of segments) {
      const stored = this.#stored.get(address.storageId)?.get(address.chunk) ?? [];
      if (stored.some(({ id }) => id === address.segment)) continue;
      this.#retired.push({ address, bytes, sequence });
    }
  }

  /** Deletes segments that were replaced before `sequence`. */
  releaseViewsBefore(sequence: Sequence): void {
    this.#released = Math.max(this.#released, sequence);
    this.collect();
  }

  awaitsCommitAfter(sequence: Sequence): boolean {
    return this.#retired.some((retired) => retired.sequence >= sequence);
  }

  collect(): void {
    if (!this.#retired.some((retired) => retired.sequence < this.#released)) return;
    this.#inBackground(async () => {
      const due = this.#retired.filter((retired) => retired.sequence < this.#released);
      this.#retired = this.#retired.filter((retired) => retired.sequence >= this.#released);
      for (const { address } of due) await this.delete(address);
      await this.#reclaim(due);
    });
  }

  /** Gets back the disk that much at once took; little by little the store does it by itself. */
  async #reclaim(deleted: readonly Retired[]): Promise<void> {
    const chunks = new Map<string, Retired[]>();
    for (const each of deleted) {
      const { storageId, chunk } = each.address;
      const name = `${storageId}/${chunk}`;
      chunks.set(name, [...(chunks.get(name) ?? []), each]);
    }
    for (const segments of chunks.values()) {
      if (segments.reduce((sum, { bytes }) => sum + bytes, 0) < RECLAIM_BYTES) continue;
      const ordered = segments.map(({ address }) => address).sort((a, b) => a.segment - b.segment);
      const last = ordered[ordered.length - 1];
      await this.#options.kv.reclaim(segmentRange(ordered[0]).from, segmentRange(last).to);
    }
  }

  async delete(address: SegmentAddress): Promise<void> {
    const { from, to } = segmentRange(address);
    this.#cache.forget(address.segment);
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

  #blocks(runtime: TableRuntime, cache: ColumnCache): BlockReader {
    return {
      block: (segment, attnum, index, rows) => {
        const column = cache.get(segment.id, attnum, index, () =>
          this.#loadBlock(segment, runtime, attnum, index),
        );
        const ready = (loaded: StoredColumn): StoredColumn =>
          this.#withRows(segment, loaded, index, rows);
        return column instanceof Promise ? column.then(ready) : ready(column);
      },
      made: (segment, attnum, index, make) => cache.get(segment.id, attnum, index, make),
      sketchPart: (segment, attnum, part, check) =>
        cache.get(segment.id, attnum, SKETCHES + part, () =>
          this.#loadSketchPart(segment, attnum, part, check),
        ),
    };
  }

  /** The column with these rows decoded, all of them without rows. */
  #withRows(
    segment: Segment,
    column: StoredColumn,
    index: number,
    rows: RowRanges | undefined,
  ): StoredColumn {
    if (column.rep !== 'lanes' || column.pending === undefined) return column;
    try {
      column.pending.need(rows, index * PIECE_ROWS);
    } catch (error) {
      throw this.#damaged(segment.address, error);
    }
    return column;
  }

  /** A segment's header; it is read the first time. */
  header(segment: Segment, runtime: TableRuntime): SegmentHeader | Promise<SegmentHeader> {
    let header = this.#headers.get(segment);
    if (header === undefined) {
      header = this.#loadHeader(segment, runtime);
      this.#headers.set(segment, header);
    }
    return header;
  }

  /** The stored form of a block. */
  async storedBlock(segment: Segment, attnum: number, index: number): Promise<Uint8Array> {
    const bytes = await this.#options.kv.get(blockKey(segment.address, attnum, index));
    if (bytes === undefined) throw this.#damaged(segment.address, new RangeError('no such block'));
    return bytes;
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
      const { kv, turns } = this.#options;
      const bytes = await kv.get(blockKey(segment.address, attnum, index));
      // Blocks that were asked for together arrive in one turn.
      await turns.checkpoint();
      const steps = decodeSteps(bytes, type, () => this.#dictionary(runtime, attnum), true);
      return await finishInTurns(steps, () => turns.checkpoint());
    } catch (error) {
      throw this.#damaged(segment.address, error);
    }
  }

  async #loadSketchPart(
    { address }: Segment,
    attnum: number,
    part: number,
    check: (column: PlainColumn) => PlainColumn,
  ): Promise<PlainColumn> {
    try {
      const bytes = await this.#options.kv.get(sketchKey(address, attnum, part));
      await this.#options.turns.checkpoint();
      return check(plainColumn(decodeBlock(bytes, NUMBER, () => new TextDictionary())));
    } catch (error) {
      throw this.#damaged(address, error);
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
