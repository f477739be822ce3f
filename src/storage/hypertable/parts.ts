/** A transaction's changes as one byte string for the commit log, and back. */
import { dbError } from '../../errors/db-error.ts';
import { concatBatches } from '../../vector/concat.ts';
import { gather } from '../../vector/gather.ts';
import type { Batch } from '../../vector/vector.ts';
import { readSegment, writeSegment } from './chunk-record.ts';
import type { Sequence } from '../log/commit-log.ts';
import { BytesReader, BytesWriter } from './bytes-io.ts';
import { deleteRows, type DeletedRows } from './deleted-rows.ts';
import { packBatch, unpackBatch } from './packing.ts';
import type { ChunkPlace } from './placement.ts';
import type { Segment } from './segment.ts';
import type { InsertEntry, SegmentEntry, WriteEntry } from './writes.ts';
import { OWN_REFS } from './writes.ts';

export type Part =
  | {
      readonly kind: 'insert';
      readonly storageId: number;
      readonly place: ChunkPlace;
      readonly timeColumn: number;
      readonly attnums: readonly number[];
      readonly batch: Batch;
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

/** Where a committed row ref points to. */
export interface RefTarget {
  readonly place: ChunkPlace;
  readonly flushed: Sequence;
  readonly segment: number;
  readonly row: number;
}

/** Version 1 had no length before the rows of an insert, and deletes had no flushed sequence up to 2. */
const VERSION = 3;
const KINDS = ['insert', 'delete', 'drop', 'segment'] as const;
/** Insert entries below this many rows are joined before they are packed. */
const JOIN_ROWS = 1024;

/** Brings a transaction's entries into their final form. */
export function partsOf(
  entries: readonly WriteEntry[],
  resolve: (storageId: number, ref: number) => RefTarget,
): Part[] {
  const ownDeleted = new Set<number>();
  for (const entry of entries) {
    if (entry.kind !== 'delete') continue;
    for (const ref of entry.current) if (ref >= OWN_REFS) ownDeleted.add(ref - OWN_REFS);
  }
  const parts: (Part | undefined)[] = [];
  for (const entry of entries) {
    if (entry.kind === 'insert') {
      const part = insertPart(entry, ownDeleted);
      if (part !== undefined) parts.push(part);
    } else if (entry.kind === 'segment') {
      const part = segmentPart(entry, ownDeleted);
      if (part !== undefined) parts.push(part);
    } else if (entry.kind === 'drop') {
      for (const place of entry.places) {
        dropEarlier(parts, entry.storageId, place);
        parts.push({ kind: 'drop', storageId: entry.storageId, place });
      }
    }
  }
  return [
    ...deleteParts(entries, resolve),
    ...joinInserts(parts.filter((part) => part !== undefined)),
  ];
}

function insertPart(entry: InsertEntry, deleted: ReadonlySet<number>): Part | undefined {
  const { storageId, place, timeColumn, attnums, firstRow } = entry;
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
  return { kind: 'insert', storageId, place, timeColumn, attnums, batch };
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

function deleteParts(
  entries: readonly WriteEntry[],
  resolve: (storageId: number, ref: number) => RefTarget,
): Part[] {
  const groups = new Map<string, { storageId: number; target: RefTarget; rows: number[] }>();
  for (const entry of entries) {
    if (entry.kind !== 'delete') continue;
    for (const ref of entry.current) {
      if (ref >= OWN_REFS) continue;
      const target = resolve(entry.storageId, ref);
      const key = `${entry.storageId}/${target.place.id}/${target.segment}`;
      let group = groups.get(key);
      if (group === undefined) {
        groups.set(key, (group = { storageId: entry.storageId, target, rows: [] }));
      }
      group.rows.push(target.row);
    }
  }
  return [...groups.values()].map(({ storageId, target, rows }) => ({
    kind: 'delete',
    storageId,
    place: target.place,
    segment: target.segment,
    flushed: target.flushed,
    rows: Uint32Array.from(rows),
  }));
}

/** Joins small neighbouring inserts into one chunk: one column header instead of thousands. */
function joinInserts(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  let group: Extract<Part, { kind: 'insert' }>[] = [];
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
    if (joinable) group.push(part);
    else result.push(part);
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

export function packParts(parts: readonly Part[]): Uint8Array {
  const rows = parts.reduce(
    (sum, part) => sum + (part.kind === 'insert' ? part.batch.length : 0),
    0,
  );
  const writer = new BytesWriter(1024 + rows * 32);
  writer.u8(VERSION);
  writer.u32(parts.length);
  for (const part of parts) {
    writer.u8(KINDS.indexOf(part.kind));
    writer.u32(part.storageId);
    writer.f64(part.place.id);
    writer.f64(part.place.rangeStart);
    writer.f64(part.place.rangeEnd);
    if (part.kind === 'insert') {
      writer.u16(part.timeColumn);
      const at = writer.length;
      writer.u32(0);
      packBatch(writer, part.attnums, part.batch);
      writer.patchU32(at, writer.length - at - 4);
    } else if (part.kind === 'delete') {
      writer.u32(part.segment);
      writer.f64(part.flushed ?? NaN);
      writer.u32(part.rows.length);
      writer.array(part.rows);
    } else if (part.kind === 'segment') writeSegment(writer, part.segment, part.deleted);
  }
  return writer.finish();
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
      parts.push({ kind, storageId, place, timeColumn, ...unpackBatch(reader) });
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
