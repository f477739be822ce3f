/** CRC-32C (Castagnoli), eight bytes a step: the checksum on everything that we store. */

const POLYNOMIAL = 0x82f63b78;
const TABLES = buildTables();
const T0 = TABLES[0] as Int32Array;
const T1 = TABLES[1] as Int32Array;
const T2 = TABLES[2] as Int32Array;
const T3 = TABLES[3] as Int32Array;
const T4 = TABLES[4] as Int32Array;
const T5 = TABLES[5] as Int32Array;
const T6 = TABLES[6] as Int32Array;
const T7 = TABLES[7] as Int32Array;

function buildTables(): Int32Array[] {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256));
  const first = tables[0] as Int32Array;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    first[byte] = crc;
  }
  for (let k = 1; k < 8; k++) {
    const previous = tables[k - 1] as Int32Array;
    const table = tables[k] as Int32Array;
    for (let byte = 0; byte < 256; byte++) {
      const crc = previous[byte] as number;
      table[byte] = (crc >>> 8) ^ (first[crc & 0xff] as number);
    }
  }
  return tables;
}

/**
 * The checksum of `bytes[start, end)`, as an unsigned number. Pass the checksum of what comes before as
 * `previous` to go on from there.
 */
export function crc32c(bytes: Uint8Array, previous = 0, start = 0, end = bytes.length): number {
  let crc = ~previous;
  let i = start;
  for (const stop = end - 7; i < stop; i += 8) {
    crc ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    crc =
      (T7[crc & 0xff] as number) ^
      (T6[(crc >>> 8) & 0xff] as number) ^
      (T5[(crc >>> 16) & 0xff] as number) ^
      (T4[crc >>> 24] as number) ^
      (T3[bytes[i + 4] as number] as number) ^
      (T2[bytes[i + 5] as number] as number) ^
      (T1[bytes[i + 6] as number] as number) ^
      (T0[bytes[i + 7] as number] as number);
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ (T0[(crc ^ (bytes[i] as number)) & 0xff] as number);
  return ~crc >>> 0;
}
