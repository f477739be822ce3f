/** Reading one log segment from start to end, and telling a torn tail from damage. */
import { checksumOf } from '../../kernels/checksum.ts';
import {
  RECORD_HEADER_BYTES,
  damagedLog,
  decodeSegmentHeader,
  readRecordHeader,
  type RecordHeader,
  type SegmentHeader,
} from './record.ts';

export interface ScannedRecord {
  readonly header: RecordHeader;
  readonly payload: Uint8Array;
}

export interface SegmentScan {
  readonly header: SegmentHeader;
  readonly records: readonly ScannedRecord[];
  /** Bytes that hold whole atomic appends; what follows is a torn tail. */
  readonly validBytes: number;
}

/**
 * Checks and splits a segment. `isNewest` allows a torn tail: a crash may leave the last, never
 * acknowledged append incomplete. Undefined means that not even the header was written.
 */
export function scanSegment(
  bytes: Uint8Array,
  name: string,
  isNewest: boolean,
): SegmentScan | undefined {
  const header = decodeSegmentHeader(bytes, name);
  if (header === undefined) {
    if (isNewest && !holdsDurableRecord(bytes, 0, 0)) return undefined;
    throw damagedLog(name, 0, 'The segment header does not match its checksum.');
  }
  const records: ScannedRecord[] = [];
  let complete = 0;
  let validBytes = header.byteLength;
  let offset = header.byteLength;
  let position = header.previousPosition;
  while (offset < bytes.length) {
    const record = readRecord(bytes, offset);
    if (record === undefined) break;
    if (record.header.position !== position + 1) {
      throw damagedLog(
        name,
        offset,
        `Record ${record.header.position} follows record ${position}.`,
      );
    }
    position++;
    offset += RECORD_HEADER_BYTES + record.header.length;
    records.push(record);
    if (record.header.last) {
      complete = records.length;
      validBytes = offset;
    }
  }
  if (validBytes < bytes.length && (!isNewest || holdsDurableRecord(bytes, offset, validBytes))) {
    throw damagedLog(name, offset, 'A record does not match its checksum.');
  }
  return { header, records: records.slice(0, complete), validBytes };
}

function readRecord(bytes: Uint8Array, offset: number): ScannedRecord | undefined {
  const header = readRecordHeader(bytes, offset);
  if (header === undefined) return undefined;
  const start = offset + RECORD_HEADER_BYTES;
  if (header.length > bytes.length - start) return undefined;
  const payload = bytes.subarray(start, start + header.length);
  return checksumOf(payload) === header.payloadChecksum ? { header, payload } : undefined;
}

/**
 * True where a later record proves that the bytes at `from` had been durable: a lost write cannot
 * explain them then.
 */
function holdsDurableRecord(bytes: Uint8Array, from: number, damagedAt: number): boolean {
  for (let offset = from; offset + RECORD_HEADER_BYTES <= bytes.length; offset++) {
    if (bytes[offset] !== 0x56) continue;
    const header = readRecordHeader(bytes, offset);
    if (header !== undefined && header.durable > damagedAt && header.durable <= offset) return true;
  }
  return false;
}
