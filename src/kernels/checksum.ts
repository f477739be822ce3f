/** CRC-32C of many bytes: a kernel goes through a copy of them faster than JavaScript through themselves. */
import { crc32c, crcTables } from '../base/crc32c.ts';
import { kernels } from './kernels.ts';
import { kernelViews, tryAllocate, type KernelBlock } from './memory.ts';

/** Fewer bytes are not worth a copy. */
const KERNEL_BYTES = 4096;
/** Bytes that are copied at a time: they are still in the first caches when the kernel reads them. */
const PIECE_BYTES = 32_768;
const ALIGNMENT = 8;

/** Memory for the tables, and a piece behind them. */
interface Workplace {
  readonly tables: number;
  readonly piece: number;
  readonly held: KernelBlock;
}

/** Undefined where a thread has no memory to give out, or none is left. */
let workplace: Workplace | undefined;
let isTried = false;

/** As `crc32c`. */
export function checksumOf(bytes: Uint8Array, previous = 0, start = 0, end = bytes.length): number {
  const place = end - start < KERNEL_BYTES ? undefined : ownWorkplace();
  if (place === undefined) return crc32c(bytes, previous, start, end);
  const { u8 } = kernelViews();
  let crc = ~previous;
  for (let at = start; at < end; at += PIECE_BYTES) {
    const part = bytes.subarray(at, Math.min(at + PIECE_BYTES, end));
    // Copies are fastest where both ends are aligned alike.
    const target = place.piece + (part.byteOffset % ALIGNMENT);
    u8.set(part, target);
    crc = kernels.checksum(place.tables, target, part.length, crc);
  }
  return ~crc >>> 0;
}

/** Not scratch memory: whoever wants a checksum may be using that. */
function ownWorkplace(): Workplace | undefined {
  if (isTried) return workplace;
  isTried = true;
  const tables = crcTables();
  const held = tryAllocate(tables.byteLength + PIECE_BYTES + ALIGNMENT);
  if (held === undefined) return undefined;
  kernelViews().i32.set(tables, held.pointer / 4);
  workplace = { tables: held.pointer, piece: held.pointer + tables.byteLength, held };
  return workplace;
}
