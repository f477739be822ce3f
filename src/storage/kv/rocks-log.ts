/**
 * The format that RocksDB writes its own logs and manifests in: blocks of 32 KiB with pieces of records,
 * each with a checksum. We read it ourselves before RocksDB does, because RocksDB passes over damage:
 * it leaves out the rest of a block, or takes a wrong length for the end of the file.
 */
import { crc32c } from '../../base/crc32c.ts';

const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const TYPE_BYTE = 6;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

/** `torn`: the file ends within a record, as a crash may leave it. */
export type LogEnd = 'whole' | 'torn' | 'damaged';

export interface LogScan {
  readonly end: LogEnd;
  /** Bytes up to the end of the last whole record. */
  readonly validBytes: number;
}

interface Piece {
  readonly type: number;
  readonly body: Uint8Array;
}

/**
 * Checks the records from the first to the last and shows each, in the pieces it was written in, to
 * `accept`, which answers false to one that cannot stand there.
 */
export function scanRocksLog(
  bytes: Uint8Array,
  accept: (pieces: readonly Uint8Array[]) => boolean,
): LogScan {
  let validBytes = 0;
  let offset = 0;
  let pieces: Uint8Array[] = [];
  for (;;) {
    const room = BLOCK_BYTES - (offset % BLOCK_BYTES);
    if (room < HEADER_BYTES) offset += room;
    if (offset >= bytes.length) return { end: pieces.length > 0 ? 'torn' : 'whole', validBytes };
    const piece = readPiece(bytes, offset);
    if (typeof piece === 'string') return { end: piece, validBytes };
    const { type, body } = piece;
    const begins = type === FULL || type === FIRST;
    if (type < FULL || type > LAST || begins !== (pieces.length === 0)) {
      return { end: 'damaged', validBytes };
    }
    offset += HEADER_BYTES + body.length;
    pieces.push(body);
    if (type !== FULL && type !== LAST) continue;
    if (!accept(pieces)) return { end: 'damaged', validBytes };
    validBytes = offset;
    pieces = [];
  }
}

function readPiece(bytes: Uint8Array, offset: number): Piece | 'torn' | 'damaged' {
  const body = offset + HEADER_BYTES;
  if (body > bytes.length) return 'torn';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const checksum = unmaskedChecksum(view.getUint32(offset, true));
  const length = view.getUint16(offset + 4, true);
  const type = view.getUint8(offset + TYPE_BYTE);
  if (length > BLOCK_BYTES - (body % BLOCK_BYTES || BLOCK_BYTES)) return 'damaged';
  if (body + length > bytes.length) {
    return isShorter(bytes, offset, checksum) ? 'damaged' : 'torn';
  }
  if (crc32c(bytes, 0, offset + TYPE_BYTE, body + length) === checksum) {
    return { type, body: bytes.subarray(body, body + length) };
  }
  return isZero(bytes, offset) ? 'torn' : 'damaged';
}

/** Whether fewer bytes than the record's length says match its checksum: the length is wrong then. */
function isShorter(bytes: Uint8Array, offset: number, checksum: number): boolean {
  let sum = crc32c(bytes, 0, offset + TYPE_BYTE, offset + HEADER_BYTES);
  for (let end = offset + HEADER_BYTES; sum !== checksum; end++) {
    if (end >= bytes.length) return false;
    sum = crc32c(bytes, sum, end, end + 1);
  }
  return true;
}

/** Space that was allocated and never written. */
function isZero(bytes: Uint8Array, from: number): boolean {
  for (let i = from; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** RocksDB stores checksums turned by 15 bits, plus a constant. */
export function unmaskedChecksum(stored: number): number {
  const turned = (stored - 0xa282ead8) >>> 0;
  return ((turned >>> 17) | (turned << 15)) >>> 0;
}

/** A record in one piece, or its first bytes. */
export function joined(pieces: readonly Uint8Array[], limit = Infinity): Uint8Array {
  const first = pieces[0] as Uint8Array;
  if (pieces.length === 1 || first.length >= limit) return first;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const result = new Uint8Array(Math.min(length, limit));
  let at = 0;
  for (const piece of pieces) {
    const part = piece.subarray(0, result.length - at);
    result.set(part, at);
    at += part.length;
  }
  return result;
}
