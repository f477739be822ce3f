/**
 * The commit log on disk: append-only segment files under one directory. Appends that arrive while an
 * fdatasync runs are written together and share the next one. A failed write or sync poisons the log:
 * what the disk holds is unknown then, so nothing more is acknowledged.
 */
import { checksumOf } from '../../kernels/checksum.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import { giveBack } from '../../base/lent-arrays.ts';
import type { Disk, DiskFile } from '../../base/env.ts';
import { InternalError, dbError, type DbError } from '../../errors/db-error.ts';
import { diskError } from '../disk-error.ts';
import type { CommitLog, LogEntry, LogPart, RangeId, Sequence } from './commit-log.ts';
import {
  RECORD_CREATE,
  RECORD_DATA,
  RECORD_DROP,
  RECORD_HEADER_BYTES,
  damagedLog,
  encodeSegmentHeader,
  writeRecordHeader,
} from './record.ts';
import { scanSegment, type SegmentScan } from './segment-scan.ts';

export interface BlobLogOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** A segment that has grown past this is sealed. */
  readonly segmentBytes?: number;
}

/** Also resolves early for commits that need not be durable. */
export interface AppendOptions {
  /** False: resolves once the operating system has the bytes; a sync follows soon. */
  readonly sync: boolean;
}

interface Segment {
  readonly name: string;
  /** Newest data sequence of each range before it. */
  readonly before: ReadonlyMap<RangeId, Sequence>;
  /** Newest data sequence that it holds of each range. */
  readonly newest: Map<RangeId, Sequence>;
  bytes: number;
}

interface PendingAppend {
  readonly records: readonly (LogPart & { readonly kind: number })[];
  readonly sync: boolean;
  readonly resolve: (sequences: readonly Sequence[]) => void;
  readonly reject: (error: DbError) => void;
}

const DEFAULT_SEGMENT_BYTES = 64 * 1024 * 1024;
const WRITE_BYTES_MAX = 32 * 1024 * 1024;
/** Records are put together up to about so many bytes; copying them takes a fraction of a millisecond. */
const GATHERED_BYTES = 256 * 1024;
/** Groups up to so many bytes are written and synced in one call. */
const DURABLE_BYTES_MAX = 4 * 1024 * 1024;
const EMPTY = new Uint8Array(0);

export class BlobLog implements CommitLog {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #heads = new Map<RangeId, Sequence>();
  readonly #trimmed = new Map<RangeId, Sequence>();
  /** Sealed segments and, last, the active one. */
  #segments: Segment[] = [];
  #file: DiskFile | undefined;
  #position = 0;
  #durableBytes = 0;
  /** Where groups are put together, one after the other. */
  readonly #piece = new ByteWriter(2 * GATHERED_BYTES + RECORD_HEADER_BYTES);
  #queue: PendingAppend[] = [];
  #tasks: (() => Promise<void>)[] = [];
  #writing: Promise<void> | undefined;
  #unsynced = false;
  #poison: DbError | undefined;
  #closed = false;

  private constructor(options: BlobLogOptions) {
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
  }

  /** Opens the log, cuts off a torn tail and is ready to append. XX001 where a record is damaged. */
  static async open(options: BlobLogOptions): Promise<BlobLog> {
    const log = new BlobLog(options);
    try {
      await log.#recover();
    } catch (error) {
      await log.#file?.close();
      throw diskError(error, 'could not read the commit log');
    }
    return log;
  }

  /** Bytes in all segments. */
  get byteLength(): number {
    let total = 0;
    for (const segment of this.#segments) total += segment.bytes;
    return total;
  }

  append(parts: readonly LogPart[], options?: AppendOptions): Promise<readonly Sequence[]> {
    for (const part of parts) {
      if (!this.#heads.has(part.range)) {
        return Promise.reject(new InternalError(`the log has no range ${part.range}`));
      }
    }
    const records = parts.map((part) => ({ kind: RECORD_DATA, ...part }));
    return this.#enqueue(records, options?.sync ?? true);
  }

  async create(range: RangeId): Promise<void> {
    if (this.#heads.has(range)) return;
    this.#heads.set(range, 0);
    await this.#enqueue([{ kind: RECORD_CREATE, range, payload: EMPTY }], true);
  }

  async drop(range: RangeId): Promise<void> {
    if (!this.#heads.has(range)) return;
    await this.#enqueue([{ kind: RECORD_DROP, range, payload: EMPTY }], true);
    await this.#deleteTrimmed();
  }

  heads(ranges: readonly RangeId[]): Promise<readonly Sequence[]> {
    return Promise.resolve(ranges.map((range) => this.#heads.get(range) ?? 0));
  }

  /** Resolves when everything appended so far is durable. */
  async flush(): Promise<void> {
    if (this.#poison !== undefined) throw this.#poison;
    if (!this.#unsynced && this.#queue.length === 0 && this.#writing === undefined) return;
    await this.#enqueue([], true);
  }

  /**
   * Lets a range go on after `sequence`, where state is known to be ahead of what the log kept (commits
   * acknowledged without waiting for durability).
   */
  async advance(range: RangeId, sequence: Sequence): Promise<void> {
    if ((this.#heads.get(range) ?? 0) >= sequence) return;
    await this.flush();
    this.#heads.set(range, sequence);
    await this.#exclusive(() => this.#startSegment());
  }

  async *tail(range: RangeId, from: Sequence): AsyncIterable<LogEntry> {
    const base = this.#segments[0]?.before.get(range) ?? 0;
    if (from <= base) throw missingEntries(range, from, base);
    for (const segment of this.#segments.slice()) {
      if ((segment.newest.get(range) ?? 0) < from) continue;
      const isNewest = segment === this.#segments[this.#segments.length - 1];
      const scan = await this.#scan(segment.name, isNewest);
      for (const { header, payload } of scan?.records ?? []) {
        if (header.range !== range || header.kind !== RECORD_DATA) continue;
        if (header.sequence >= from) yield { range, sequence: header.sequence, payload };
      }
    }
  }

  async trim(range: RangeId, sequence: Sequence): Promise<void> {
    if (this.#poison !== undefined) throw this.#poison;
    if (sequence <= (this.#trimmed.get(range) ?? 0)) return;
    this.#trimmed.set(range, sequence);
    const active = this.#segments[this.#segments.length - 1] as Segment;
    if (active.newest.size > 0 && this.#isTrimmed(active)) {
      await this.#exclusive(async () => {
        if (this.#isTrimmed(active)) await this.#startSegment();
      });
    }
    await this.#deleteTrimmed();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#poison === undefined) await this.flush().catch(() => undefined);
    this.#closed = true;
    await this.#writing?.catch(() => undefined);
    await this.#file?.close();
    this.#file = undefined;
  }

  // --- appending ---------------------------------------------------------------------------------

  #enqueue(records: PendingAppend['records'], sync: boolean): Promise<readonly Sequence[]> {
    if (this.#poison !== undefined) return Promise.reject(this.#poison);
    if (this.#closed) return Promise.reject(new InternalError('the commit log is closed'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ records, sync, resolve, reject });
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#writing !== undefined) return;
    if (this.#queue.length === 0 && this.#tasks.length === 0) return;
    // The microtask lets appends of the same turn of the event loop join the group.
    this.#writing = Promise.resolve()
      .then(() => this.#writeGroups())
      .finally(() => {
        this.#writing = undefined;
        this.#pump();
      });
  }

  async #writeGroups(): Promise<void> {
    while (this.#queue.length > 0 || this.#tasks.length > 0) {
      const task = this.#tasks.shift();
      if (task !== undefined) {
        await task();
        continue;
      }
      const group = this.#takeGroup();
      try {
        await this.#writeGroup(group);
      } catch (error) {
        this.#fail(diskError(error, 'could not write to the commit log'), group);
        return;
      }
    }
  }

  #takeGroup(): PendingAppend[] {
    let bytes = 0;
    let count = 0;
    for (const pending of this.#queue) {
      if (count > 0 && bytes >= WRITE_BYTES_MAX) break;
      bytes += bytesOf([pending]);
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #writeGroup(group: readonly PendingAppend[]): Promise<void> {
    const active = this.#segments[this.#segments.length - 1] as Segment;
    if (active.bytes >= this.#segmentBytes) await this.#startSegment();
    const segment = this.#segments[this.#segments.length - 1] as Segment;
    const file = this.#file as DiskFile;
    const sequences: Sequence[][] = group.map(() => []);
    // With nothing before it, one trip to the disk does both.
    const isDurable =
      !this.#unsynced && bytesOf(group) <= DURABLE_BYTES_MAX && group.some(({ sync }) => sync);
    if (isDurable) {
      const pieces = this.#gatherGroup(group, sequences);
      this.#unsynced = true;
      await file.appendDurably(pieces);
      for (const { length } of pieces) segment.bytes += length;
    } else {
      for (const bytes of this.#encodeGroup(group, sequences)) {
        this.#unsynced = true;
        await file.append(bytes);
        segment.bytes += bytes.length;
      }
    }
    for (const { records } of group) for (const { payload } of records) giveBack(payload);
    group.forEach((pending, i) => {
      if (!pending.sync) pending.resolve(sequences[i] as Sequence[]);
    });
    const target = segment.bytes;
    if (!isDurable) await file.sync();
    this.#durableBytes = target;
    this.#unsynced = false;
    group.forEach((pending, i) => pending.resolve(sequences[i] as Sequence[]));
  }

  /** All of the group's bytes, and the sequences that its records get. */
  #gatherGroup(group: readonly PendingAppend[], sequences: readonly Sequence[][]): Uint8Array[] {
    const piece = this.#piece;
    piece.reset();
    const large: { readonly after: number; readonly payload: Uint8Array }[] = [];
    for (const [i, { records }] of group.entries()) {
      for (const [r, record] of records.entries()) {
        const { payload } = record;
        sequences[i]?.push(this.#encodeHeader(piece, record, r === records.length - 1));
        if (payload.length > GATHERED_BYTES) large.push({ after: piece.length, payload });
        else piece.bytes(payload);
      }
    }
    const small = piece.view();
    const pieces: Uint8Array[] = [];
    let start = 0;
    for (const { after, payload } of large) {
      pieces.push(small.subarray(start, after), payload);
      start = after;
    }
    if (start < small.length) pieces.push(small.subarray(start));
    return pieces;
  }

  /**
   * The group's bytes in pieces, each made when the one before is written; notes the sequences that its
   * records get. Large payloads are pieces of their own, so that they need not be copied.
   */
  *#encodeGroup(
    group: readonly PendingAppend[],
    sequences: readonly Sequence[][],
  ): Generator<Uint8Array, void> {
    const piece = this.#piece;
    piece.reset();
    for (const [i, { records }] of group.entries()) {
      for (const [r, record] of records.entries()) {
        sequences[i]?.push(this.#encodeHeader(piece, record, r === records.length - 1));
        const isLarge = record.payload.length > GATHERED_BYTES;
        if (!isLarge) piece.bytes(record.payload);
        if (isLarge || piece.length > GATHERED_BYTES) {
          yield piece.view();
          piece.reset();
        }
        if (isLarge) yield record.payload;
      }
    }
    if (piece.length > 0) yield piece.view();
  }

  #encodeHeader(target: ByteWriter, record: PendingAppend['records'][0], last: boolean): Sequence {
    const { kind, range, payload, checksum } = record;
    const sequence = this.#assign(kind, range);
    const offset = target.reserve(RECORD_HEADER_BYTES);
    writeRecordHeader(target.view(), offset, {
      kind,
      last,
      range,
      sequence,
      position: this.#position,
      durable: this.#durableBytes,
      length: payload.length,
      payloadChecksum: checksum ?? checksumOf(payload),
    });
    return sequence;
  }

  #assign(kind: number, range: RangeId): Sequence {
    this.#position++;
    const segment = this.#segments[this.#segments.length - 1] as Segment;
    if (kind === RECORD_DROP) {
      this.#heads.delete(range);
      this.#trimmed.delete(range);
      for (const each of this.#segments) each.newest.delete(range);
      return 0;
    }
    if (kind === RECORD_CREATE) {
      this.#heads.set(range, 0);
      return 0;
    }
    const sequence = (this.#heads.get(range) ?? 0) + 1;
    this.#heads.set(range, sequence);
    segment.newest.set(range, sequence);
    return sequence;
  }

  #fail(error: DbError, group: readonly PendingAppend[]): void {
    this.#poison ??= error;
    const waiting = [...group, ...this.#queue];
    this.#queue = [];
    for (const pending of waiting) pending.reject(this.#poison);
  }

  /** Runs `task` between two groups. */
  #exclusive(task: () => Promise<void>): Promise<void> {
    if (this.#poison !== undefined) return Promise.reject(this.#poison);
    return new Promise((resolve, reject) => {
      this.#tasks.push(async () => {
        try {
          await task();
          resolve();
        } catch (error) {
          const failure = diskError(error, 'could not write to the commit log');
          this.#fail(failure, []);
          reject(failure);
        }
      });
      this.#pump();
    });
  }

  // --- segments ----------------------------------------------------------------------------------

  async #startSegment(): Promise<void> {
    const name = segmentName(this.#position + 1);
    const active = this.#segments[this.#segments.length - 1];
    if (active?.name === name) {
      // Nothing was written into the active segment: only its header changes.
      await this.#file?.close();
      await this.#disk.remove(this.#path(name));
      this.#segments.pop();
    } else if (this.#file !== undefined) {
      if (this.#unsynced) await this.#file.sync();
      this.#unsynced = false;
      await this.#file.close();
    }
    this.#file = undefined;
    const header = encodeSegmentHeader(this.#position, this.#heads);
    const file = await this.#disk.open(this.#path(name), 'append');
    this.#file = file;
    await file.append(header);
    await file.sync();
    await this.#disk.syncDirectory(this.#directory);
    const before = new Map(this.#heads);
    this.#segments.push({ name, before, newest: new Map(), bytes: header.length });
    this.#durableBytes = header.length;
  }

  async #deleteTrimmed(): Promise<void> {
    const doomed: Segment[] = [];
    // Only from the front: what is left stays without gaps.
    for (const segment of this.#segments.slice(0, -1)) {
      if (!this.#isTrimmed(segment)) break;
      doomed.push(segment);
    }
    if (doomed.length === 0) return;
    this.#segments = this.#segments.filter((segment) => !doomed.includes(segment));
    try {
      for (const segment of doomed) await this.#disk.remove(this.#path(segment.name));
      await this.#disk.syncDirectory(this.#directory);
    } catch (error) {
      throw diskError(error, 'could not remove a commit log segment');
    }
  }

  #isTrimmed(segment: Segment): boolean {
    for (const [range, newest] of segment.newest) {
      if (newest > (this.#trimmed.get(range) ?? 0)) return false;
    }
    return true;
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`;
  }

  // --- recovery ----------------------------------------------------------------------------------

  async #recover(): Promise<void> {
    await this.#disk.makeDirectory(this.#directory);
    const names = (await this.#disk.list(this.#directory)).filter(isSegmentName).sort();
    for (let i = 0; i < names.length; i++) {
      await this.#recoverSegment(names[i] as string, i === names.length - 1, i === 0);
    }
    const newest = this.#segments[this.#segments.length - 1];
    if (newest === undefined) {
      await this.#startSegment();
      return;
    }
    this.#file = await this.#disk.open(this.#path(newest.name), 'append');
    // What survived in the page cache only must be durable before anything builds on it.
    await this.#file.sync();
    await this.#disk.syncDirectory(this.#directory);
    this.#durableBytes = newest.bytes;
  }

  async #recoverSegment(name: string, isNewest: boolean, isFirst: boolean): Promise<void> {
    const scan = await this.#scan(name, isNewest);
    if (scan === undefined) {
      await this.#disk.remove(this.#path(name));
      await this.#disk.syncDirectory(this.#directory);
      return;
    }
    if (!isFirst && scan.header.previousPosition !== this.#position) {
      throw damagedLog(name, 0, `The segment before it is missing or cut off.`);
    }
    this.#heads.clear();
    for (const [range, head] of scan.header.heads) this.#heads.set(range, head);
    this.#position = scan.header.previousPosition;
    const before = scan.header.heads;
    this.#segments.push({ name, before, newest: new Map(), bytes: scan.validBytes });
    for (const { header } of scan.records) {
      const sequence = this.#assign(header.kind, header.range);
      if (header.kind === RECORD_DATA && sequence !== header.sequence) {
        throw damagedLog(name, 0, `Entry ${header.sequence} stands where ${sequence} belongs.`);
      }
    }
    if (isNewest) await this.#truncateTail(name, scan.validBytes);
  }

  async #truncateTail(name: string, validBytes: number): Promise<void> {
    const file = await this.#disk.open(this.#path(name), 'append');
    try {
      if ((await file.size()) > validBytes) {
        await file.truncate(validBytes);
        await file.sync();
      }
    } finally {
      await file.close();
    }
  }

  async #scan(name: string, isNewest: boolean): Promise<SegmentScan | undefined> {
    return scanSegment(await this.#disk.readFile(this.#path(name)), name, isNewest);
  }
}

function bytesOf(group: readonly PendingAppend[]): number {
  let bytes = 0;
  for (const { records } of group) {
    for (const { payload } of records) bytes += RECORD_HEADER_BYTES + payload.length;
  }
  return bytes;
}

function segmentName(firstPosition: number): string {
  return `${String(firstPosition).padStart(20, '0')}.log`;
}

function isSegmentName(name: string): boolean {
  return /^\d{20}\.log$/.test(name);
}

function missingEntries(range: RangeId, from: Sequence, base: Sequence): DbError {
  return dbError('data_corrupted', {
    message: `commit log entries ${from} to ${base} of range ${range} are missing`,
    hint: 'Restore the data directory from a backup.',
  });
}
