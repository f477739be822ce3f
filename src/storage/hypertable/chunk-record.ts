/** What is kept of a chunk: its range, its segments with their deleted rows, and how far they reach. */
import { BytesWriter, type BytesReader } from './bytes-io.ts';
import { openVersions, sealed } from './column-block.ts';
import type { DeletedRows } from './deleted-rows.ts';
import type { Segment } from './segment.ts';

export interface ChunkRecord {
  readonly id: number;
  readonly rangeStart: number;
  readonly rangeEnd: number;
  readonly flushedSequence: number;
  readonly segments: readonly {
    readonly segment: Segment;
    readonly deleted: DeletedRows | undefined;
  }[];
}

/** Version 1 did not say which segments are compacted. */
const VERSION = 2;

export function encodeChunk(record: ChunkRecord): Uint8Array {
  const writer = new BytesWriter(256);
  writer.u32(0);
  writer.u8(VERSION);
  writer.f64(record.id);
  writer.f64(record.rangeStart);
  writer.f64(record.rangeEnd);
  writer.f64(record.flushedSequence);
  writer.u32(record.segments.length);
  for (const { segment, deleted } of record.segments) {
    writeSegment(writer, segment, deleted);
    writer.u8(segment.isCompacted ? 1 : 0);
  }
  return sealed(writer);
}

export function decodeChunk(storageId: number, bytes: Uint8Array): ChunkRecord {
  const { reader, version } = openVersions(bytes, 1, VERSION, 'a chunk record');
  const id = reader.f64();
  const rangeStart = reader.f64();
  const rangeEnd = reader.f64();
  const flushedSequence = reader.f64();
  const segments: { segment: Segment; deleted: DeletedRows | undefined }[] = [];
  for (let n = reader.u32(); n > 0; n--) {
    const { segment, deleted } = readSegment(reader, storageId, id);
    const isCompacted = version > 1 && reader.u8() === 1;
    const { address, rows, bytes: stored, minTime, maxTime, segmentBy } = segment;
    // Spelled out, so that it is to V8 what the writer of segments makes.
    segments.push({
      segment: {
        id: segment.id,
        address,
        rows,
        bytes: stored,
        minTime,
        maxTime,
        segmentBy,
        isCompacted,
      },
      deleted,
    });
  }
  return { id, rangeStart, rangeEnd, flushedSequence, segments };
}

/** What refers to a stored segment: its name, its measures and its deleted rows. */
export function writeSegment(
  writer: BytesWriter,
  segment: Segment,
  deleted: DeletedRows | undefined,
): void {
  writer.u32(segment.id);
  writer.u32(segment.rows);
  writer.f64(segment.bytes);
  writer.f64(segment.minTime);
  writer.f64(segment.maxTime);
  writer.u16(segment.segmentBy.length);
  for (const attnum of segment.segmentBy) writer.u16(attnum);
  writer.u32(deleted?.count ?? 0);
  if (deleted === undefined || deleted.count === 0) return;
  writer.u32(deleted.bits.length);
  writer.bytes(deleted.bits);
}

export function readSegment(
  reader: BytesReader,
  storageId: number,
  chunk: number,
): { segment: Segment; deleted: DeletedRows | undefined } {
  const id = reader.u32();
  const rows = reader.u32();
  const bytes = reader.f64();
  const minTime = reader.f64();
  const maxTime = reader.f64();
  const segmentBy: number[] = [];
  for (let c = reader.u16(); c > 0; c--) segmentBy.push(reader.u16());
  const count = reader.u32();
  const deleted = count === 0 ? undefined : { count, bits: reader.bytes(reader.u32()).slice() };
  const address = { storageId, chunk, segment: id };
  const segment = { id, address, rows, bytes, minTime, maxTime, segmentBy, isCompacted: false };
  return { segment, deleted };
}
