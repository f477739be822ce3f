/**
 * The bytes of a log segment: a segment header, then records (docs/format/commit-log.md). Everything is
 * big-endian and checksummed; a record also says up to where its segment was durable when it was
 * written, which is how recovery tells a torn tail from damage.
 */
import { crc32c } from '../../base/crc32c.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import type { RangeId, Sequence } from './commit-log.ts';

export const RECORD_HEADER_BYTES = 56;
export const RECORD_DATA = 0;
export const RECORD_CREATE = 1;
export const RECORD_DROP = 2;

const RECORD_MAGIC = 0x56_4c_52_31;
const SEGMENT_MAGIC = 0x56_4c_53_31;
const SEGMENT_FIXED_BYTES = 24;
const SEGMENT_RANGE_BYTES = 12;

export interface RecordHeader {
  readonly kind: number;
  /** True for the last record of an atomic append. */
  readonly last: boolean;
  readonly range: RangeId;
  readonly sequence: Sequence;
  /** Ordinal of the record over all ranges, 1, 2, 3 ... */
  readonly position: number;
  /** Bytes of the segment known to be on stable storage when this record was written. */
  readonly durable: number;
  readonly length: number;
  readonly payloadChecksum: number;
}

export interface SegmentHeader {
  /** Position of the last record before this segment. */
  readonly previousPosition: number;
  /** Newest sequence of each range before this segment. */
  readonly heads: ReadonlyMap<RangeId, Sequence>;
  readonly byteLength: number;
}

export function writeRecordHeader(target: Uint8Array, offset: number, header: RecordHeader): void {
  const view = new DataView(target.buffer, target.byteOffset + offset, RECORD_HEADER_BYTES);
  view.setUint32(0, RECORD_MAGIC);
  view.setUint8(4, header.kind);
  view.setUint8(5, header.last ? 1 : 0);
  view.setUint16(6, 0);
  view.setUint32(8, header.range);
  view.setBigUint64(12, BigInt(header.sequence));
  view.setBigUint64(20, BigInt(header.position));
  view.setBigUint64(28, BigInt(header.durable));
  view.setBigUint64(36, BigInt(header.length));
  view.setUint32(44, header.payloadChecksum);
  view.setUint32(48, 0);
  view.setUint32(52, crc32c(target, 0, offset, offset + 52));
}

/** The record header at `offset`, or undefined where the bytes are not a valid one. */
export function readRecordHeader(bytes: Uint8Array, offset: number): RecordHeader | undefined {
  if (offset + RECORD_HEADER_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, RECORD_HEADER_BYTES);
  if (view.getUint32(0) !== RECORD_MAGIC) return undefined;
  if (view.getUint32(52) !== crc32c(bytes, 0, offset, offset + 52)) return undefined;
  return {
    kind: view.getUint8(4),
    last: view.getUint8(5) === 1,
    range: view.getUint32(8),
    sequence: Number(view.getBigUint64(12)),
    position: Number(view.getBigUint64(20)),
    durable: Number(view.getBigUint64(28)),
    length: Number(view.getBigUint64(36)),
    payloadChecksum: view.getUint32(44),
  };
}

export function encodeSegmentHeader(
  previousPosition: number,
  heads: ReadonlyMap<RangeId, Sequence>,
): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_FIXED_BYTES + heads.size * SEGMENT_RANGE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, SEGMENT_MAGIC);
  view.setUint32(4, 1);
  view.setBigUint64(8, BigInt(previousPosition));
  view.setUint32(16, heads.size);
  let offset = SEGMENT_FIXED_BYTES;
  for (const [range, head] of heads) {
    view.setUint32(offset, range);
    view.setBigUint64(offset + 4, BigInt(head));
    offset += SEGMENT_RANGE_BYTES;
  }
  view.setUint32(20, segmentChecksum(bytes, bytes.length));
  return bytes;
}

/** The segment's header, or undefined where the bytes are not a whole and valid one. */
export function decodeSegmentHeader(bytes: Uint8Array, name: string): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_FIXED_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0) !== SEGMENT_MAGIC) return undefined;
  const count = view.getUint32(16);
  const byteLength = SEGMENT_FIXED_BYTES + count * SEGMENT_RANGE_BYTES;
  if (bytes.length < byteLength) return undefined;
  if (view.getUint32(20) !== segmentChecksum(bytes, byteLength)) return undefined;
  const version = view.getUint32(4);
  if (version !== 1) {
    throw dbError('feature_not_supported', {
      message: `commit log segment "${name}" has format version ${version}, which this server does not know`,
    });
  }
  const heads = new Map<RangeId, Sequence>();
  for (let i = 0, offset = SEGMENT_FIXED_BYTES; i < count; i++, offset += SEGMENT_RANGE_BYTES) {
    heads.set(view.getUint32(offset), Number(view.getBigUint64(offset + 4)));
  }
  return { previousPosition: Number(view.getBigUint64(8)), heads, byteLength };
}

function segmentChecksum(bytes: Uint8Array, length: number): number {
  return crc32c(bytes, crc32c(bytes, 0, 0, 20), SEGMENT_FIXED_BYTES, length);
}

export function damagedLog(segment: string, offset: number, what: string): DbError {
  return dbError('data_corrupted', {
    message: `commit log segment "${segment}" is damaged at byte ${offset}`,
    detail: what,
    hint: 'Restore the data directory from a backup.',
  });
}
