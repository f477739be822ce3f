/** A transaction's changes as one byte string for the commit log, and back. */
import { writerMemory } from '../../base/lent-arrays.ts';
import { dbError } from '../../errors/db-error.ts';
import { freeBlock } from '../../kernels/memory.ts';
import { batchBytes, concatBatches } from '../../vector/concat.ts';
import { gather } from '../../vector/gather.ts';
import type { Batch } from '../../vector/vector.ts';
import { readSegment, writeSegment } from './chunk-record.ts';
import type { Sequence } from '../log/commit-log.ts';
import { BytesReader, BytesWriter } from './bytes-io.ts';
import { deleteRows, type DeletedRows } from './deleted-rows.ts';
import { packBatch, unpackBatch, type BatchLanes } from './packing.ts';
import type { ChunkPlace } from './placement.ts';
import type { Segment } from './segment.ts';
import type { InsertEntry, SegmentEntry, WriteEntry } from './writes.ts';
import { SLOT_ROWS } from './state.ts';
import { OWN_REFS } from './writes.ts';

export type Part =
  | {
      readonly kind: 'insert';
      readonly storageId: number;
      readonly place: ChunkPlace;
      readonly timeColumn: number;
      readonly attnums: readonly number[];
      readonly batch: Batch;
      /** Nothing but this part refers to the batch's memory. */
      readonly isLent: boolean;
      /** What packing the part has found; `freeLanes` when the part is applied. */
      lanes?: BatchLanes;
    }
  | {
      readonly kind: 'segment';
      readonly storageId: number;
      readonly place: ChunkPlace;
      /** Stored before the commit. */
      readonly segment: Segment;
      readonly deleted: DeletedRows | undefined;
    }
  | {
      readonly kind: 'delete';
      readonly storageId: number;
      readonly place: ChunkPlace;
      /** The segment's id, 0 for the head. */
      readonly segment: number;
      /** The chunk's flushed sequence that the rows' places belong to; undefined in old records. */
      readonly flushed: Sequence | undefined;
      readonly rows: Uint32Array;
    }
  | { readonly kind: 'drop'; readonly storageId: number; readonly place: ChunkPlace };

/** Where the rows of a slot are. */
export interface PartTarget {
  readonly place: ChunkPlace;
  readonly flushed: Sequence;
  readonly segment: number;
}

/** Tells where committed rows are now. */
export interface RefResolver {
  /** The row's newest ref. */
  currentRef(storageId: number, ref: number): number;
  targetOfSlot(storageId: number, slot: number): PartTarget;
}

/** Version 1 had no length before the rows of an insert, and deletes had no flushed sequence up to 2. */
const VERSION = 3;
const KINDS = ['insert', 'delete', 'drop', 'segment'] as const;
/** Deleted rows looked up between two pauses. */
const DELETE_STEP_ROWS = 8_192;
/** Deleted rows that are applied in one go, more or less. */
const DELETE_PART_ROWS = 1_000_000;
/** A batch is about so many times larger than its packed form. */
const PACKED_SHARE = 4;
/** Insert entries below this many rows are joined before they are packed. */
const JOIN_ROWS = 1024;

/** Rows or values handled between two pauses: some milliseconds. */
const STEP_CELLS = 131_072;

/** Brings a transaction's entries into their final form, with pauses. */
export function* partSteps(
  entries: readonly WriteEntry[],
  resolver: RefResolver,
): Generator<void, Part[]> {
  const ownDeleted = new Set<number>();
  for (const entry of entries) {
    if (entry.kind !== 'delete') continue;
    for (const ref of entry.current) if (ref >= OWN_REFS) ownDeleted.add(ref - OWN_REFS);
    if (entry.current.length >= DELETE_STEP_ROWS) yield;
  }
  const parts: (Part | undefined)[] = [];
  let cells = 0;
  for (const entry of entries) {
    if (entry.kind === 'insert') {
      const part = insertPart(entry, ownDeleted);
      if (part !== undefined) parts.push(part);
      cells += entry.batch.length * (ownDeleted.size > 0 ? entry.attnums.length : 0);
    } else if (entry.kind === 'segment') {
      const part = segmentPart(entry, ownDeleted);
      if (part !== undefined) parts.push(part);
      cells += ownDeleted.size > 0 ? entry.numbers.length : 0;
    } else if (entry.kind === 'drop') {
      for (const place of entry.places) {
        dropEarlier(parts, entry.storageId, place);
        parts.push({ kind: 'drop', storageId: entry.storageId, place });
      }
    }
    if (cells < STEP_CELLS) continue;
    cells = 0;
    yield;
  }
  return [
    ...(yield* deleteParts(entries, resolver)),
    ...(yield* joinInserts(parts.filter((part) => part !== undefined))),
  ];
}

function insertPart(entry: InsertEntry, deleted: ReadonlySet<number>): Part | undefined {
  const { storageId, place, timeColumn, attnums, firstRow, isLent } = entry;
  let { batch } = entry;
  if (deleted.size > 0) {
    const rows: number[] = [];
    for (let i = 0; i < batch.length; i++) if (!deleted.has(firstRow + i)) rows.push(i);
    if (rows.length === 0) return undefined;
    if (rows.length < batch.length) {
      const kept = Int32Array.from(rows);
      batch = { columns: batch.columns.map((c) => gather(c, kept)), length: rows.length };
    }
  }
  return { kind: 'insert', storageId, place, timeColumn, attnums, batch, isLent };
}

function segmentPart(entry: SegmentEntry, gone: ReadonlySet<number>): Part | undefined {
  const { storageId, place, segment, numbers } = entry;
  const rows: number[] = [];
  if (gone.size > 0) numbers.forEach((number, row) => gone.has(number) && rows.push(row));
  if (rows.length === segment.rows) return undefined;
  const deleted = rows.length === 0 ? undefined : deleteRows(undefined, segment.rows, rows);
  return { kind: 'segment', storageId, place, segment, deleted };
}

function dropEarlier(parts: (Part | undefined)[], storageId: number, place: ChunkPlace): void {
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part === undefined || part.kind === 'drop' || part.storageId !== storageId) continue;
    if (part.place.rangeStart === place.rangeStart) parts[i] = undefined;
  }
}

interface DeleteGroup {
  readonly storageId: number;
  readonly target: PartTarget;
  readonly rows: RowNumbers;
}

interface DeleteGroups {
  readonly all: DeleteGroup[];
  /** By place, the group that takes more rows. */
  readonly open: Map<string, DeleteGroup>;
}

/** Row numbers that are collected. */
class RowNumbers {
  #rows = new Uint32Array(16);
  #count = 0;

  get isFull(): boolean {
    return this.#count >= DELETE_PART_ROWS;
  }

  push(row: number): void {
    if (this.#count === this.#rows.length) {
      const larger = new Uint32Array(this.#count * 2);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows[this.#count++] = row;
  }

  finish(): Uint32Array {
    return this.#rows.subarray(0, this.#count);
  }
}

function* deleteParts(
  entries: readonly WriteEntry[],
  resolver: RefResolver,
): Generator<void, Part[]> {
  const groups: DeleteGroups = { all: [], open: new Map() };
  let rows = 0;
  for (const entry of entries) {
    if (entry.kind !== 'delete') continue;
    for (let start = 0; start < entry.current.length; start += DELETE_STEP_ROWS) {
      const refs = entry.current.subarray(start, start + DELETE_STEP_ROWS);
      groupRefs(entry.storageId, refs, resolver, groups);
      rows += refs.length;
      if (rows < DELETE_STEP_ROWS) continue;
      rows = 0;
      yield;
    }
  }
  return groups.all.map(({ storageId, target, rows: numbers }) => ({
    kind: 'delete',
    storageId,
    place: target.place,
    segment: target.segment,
    flushed: target.flushed,
    rows: numbers.finish(),
  }));
}

/** Adds rows to the groups of their places; neighbours are mostly in one slot. */
function groupRefs(
  storageId: number,
  refs: Float64Array,
  resolver: RefResolver,
  groups: DeleteGroups,
): void {
  let slot = -1;
  let group: DeleteGroup | undefined;
  for (let i = 0; i < refs.length; i++) {
    if (refs[i] >= OWN_REFS) continue;
    const now = resolver.currentRef(storageId, refs[i]);
    if (group === undefined || Math.floor(now / SLOT_ROWS) !== slot) {
      slot = Math.floor(now / SLOT_ROWS);
      const target = resolver.targetOfSlot(storageId, slot);
      const key = `${storageId}/${target.place.id}/${target.segment}`;
      group = groups.open.get(key);
      if (group === undefined || group.rows.isFull) {
        group = { storageId, target, rows: new RowNumbers() };
        groups.all.push(group);
        groups.open.set(key, group);
      }
    }
    group.rows.push(now % SLOT_ROWS);
  }
}

/** Joins small neighbouring inserts into one chunk: one column header instead of thousands. */
function* joinInserts(parts: readonly Part[]): Generator<void, Part[]> {
  const result: Part[] = [];
  let group: Extract<Part, { kind: 'insert' }>[] = [];
  let joined = 0;
  const finish = (): void => {
    const first = group[0];
    if (first === undefined) return;
    if (group.length === 1) result.push(first);
    else {
      const types = first.batch.columns.map((column) => column.type);
      result.push({
        ...first,
        batch: concatBatches(
          types,
          group.map((part) => part.batch),
        ),
      });
    }
    group = [];
  };
  for (const part of parts) {
    const joinable = part.kind === 'insert' && part.batch.length < JOIN_ROWS;
    if (!joinable || (group.length > 0 && !sameShape(group[0], part))) finish();
    if (!joinable) {
      result.push(part);
      continue;
    }
    group.push(part);
    joined += part.batch.length * part.attnums.length;
    if (joined < STEP_CELLS) continue;
    joined = 0;
    finish();
    yield;
  }
  finish();
  return result;
}

function sameShape(
  a: Extract<Part, { kind: 'insert' }>,
  b: Extract<Part, { kind: 'insert' }>,
): boolean {
  if (a.storageId !== b.storageId || a.place.rangeStart !== b.place.rangeStart) return false;
  if (a.attnums.length !== b.attnums.length) return false;
  return a.attnums.every((attnum, i) => attnum === b.attnums[i]);
}

/** The memory of large ones is borrowed: who read them last should give it back. */
export function* packSteps(parts: readonly Part[]): Generator<void, Uint8Array> {
  let bytes = 0;
  for (const part of parts) if (part.kind === 'insert') bytes += batchBytes(part.batch);
  bytes = 1024 + Math.ceil(bytes / PACKED_SHARE);
  const writer = new BytesWriter(writerMemory(bytes));
  writer.u8(VERSION);
  writer.u32(parts.length);
  let cells = 0;
  for (const part of parts) {
    packPart(writer, part);
    if (part.kind === 'insert') cells += part.batch.length * part.attnums.length;
    if (part.kind === 'delete') cells += part.rows.length;
    if (cells < STEP_CELLS) continue;
    cells = 0;
    yield;
  }
  return writer.finish();
}

function packPart(writer: BytesWriter, part: Part): void {
  writer.u8(KINDS.indexOf(part.kind));
  writer.u32(part.storageId);
  writer.f64(part.place.id);
  writer.f64(part.place.rangeStart);
  writer.f64(part.place.rangeEnd);
  if (part.kind === 'insert') {
    writer.u16(part.timeColumn);
    const at = writer.length;
    writer.u32(0);
    part.lanes = packBatch(writer, part.attnums, part.batch);
    writer.patchU32(at, writer.length - at - 4);
  } else if (part.kind === 'delete') {
    writer.u32(part.segment);
    writer.f64(part.flushed ?? NaN);
    writer.u32(part.rows.length);
    writer.array(part.rows);
  } else if (part.kind === 'segment') writeSegment(writer, part.segment, part.deleted);
}

/** Nobody looks at the part's lanes any more. */
export function freeLanes(part: Extract<Part, { kind: 'insert' }>): void {
  for (const lanes of part.lanes ?? []) if (lanes !== undefined) freeBlock(lanes.block);
  delete part.lanes;
}

/** Reads parts; rows of chunks that contain them already are left out without a look at them. */
export function unpackParts(
  bytes: Uint8Array,
  isContained: (storageId: number, place: ChunkPlace) => boolean,
): Part[] {
  const reader = new BytesReader(bytes);
  const version = reader.u8();
  if (version < 1 || version > VERSION) {
    throw dbError('data_corrupted', `unknown version ${version} of hypertable changes in the log`);
  }
  const parts: Part[] = [];
  for (let count = reader.u32(); count > 0; count--) {
    const kind = KINDS[reader.u8()];
    const storageId = reader.u32();
    const place = { id: reader.f64(), rangeStart: reader.f64(), rangeEnd: reader.f64() };
    if (kind === 'insert') {
      const timeColumn = reader.u16();
      const length = version === 1 ? 0 : reader.u32();
      if (version !== 1 && isContained(storageId, place)) {
        reader.bytes(length);
        continue;
      }
      parts.push({ kind, storageId, place, timeColumn, isLent: false, ...unpackBatch(reader) });
    } else if (kind === 'delete') {
      const segment = reader.u32();
      const flushed = version < 3 ? undefined : reader.f64();
      const rows = reader.u32s(reader.u32());
      parts.push({ kind, storageId, place, segment, flushed, rows });
    } else if (kind === 'segment') {
      parts.push({ kind, storageId, place, ...readSegment(reader, storageId, place.id) });
    } else if (kind === 'drop') parts.push({ kind, storageId, place });
    else throw dbError('data_corrupted', 'unknown kind of hypertable change in the log');
  }
  return parts;
}
