/** CRC-32C (Castagnoli), sixteen bytes a step: the checksum on everything that we store. */

const POLYNOMIAL = 0x82f63b78;
/** Bytes of a step, each with a table of what it adds to the checksum of those behind it. */
const STEP = 16;
/** Bytes from which on a view of them as words pays. */
const WORDS_MIN = 1024;
const TABLES = buildTables();
const [T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15] = TABLES as [
  ...Eight,
  ...Eight,
];

type Table = Int32Array;
type Eight = [Table, Table, Table, Table, Table, Table, Table, Table];

function buildTables(): Table[] {
  const tables = Array.from({ length: STEP }, () => new Int32Array(256));
  const first = tables[0] as Table;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    first[byte] = crc;
  }
  for (let k = 1; k < STEP; k++) {
    const previous = tables[k - 1] as Table;
    const table = tables[k] as Table;
    for (let byte = 0; byte < 256; byte++) {
      const crc = previous[byte] as number;
      table[byte] = (crc >>> 8) ^ (first[crc & 0xff] as number);
    }
  }
  return tables;
}

/** All tables one after the other: for byte 15 of a step the first, for byte 0 the last. */
export function crcTables(): Int32Array {
  const all = new Int32Array(STEP * 256);
  TABLES.forEach((table, k) => all.set(table, k * 256));
  return all;
}

/**
 * The checksum of `bytes[start, end)`, as an unsigned number. Pass the checksum of what comes before as
 * `previous` to go on from there.
 */
export function crc32c(bytes: Uint8Array, previous = 0, start = 0, end = bytes.length): number {
  if (end - start < WORDS_MIN) return ~byBytes(bytes, ~previous, start, end) >>> 0;
  // Whole words stand at multiples of four.
  const aligned = start + (-(bytes.byteOffset + start) & 3);
  const steps = Math.floor((end - aligned) / STEP);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, steps * 4);
  const crc = byWords(words, byBytes(bytes, ~previous, start, aligned));
  return ~byBytes(bytes, crc, aligned + steps * STEP, end) >>> 0;
}

function byBytes(bytes: Uint8Array, crc: number, start: number, end: number): number {
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
  return crc;
}

/** Little-endian words, as every machine that we run on has them. */
function byWords(words: Int32Array, crc: number): number {
  for (let i = 0; i < words.length; i += 4) {
    const a = crc ^ (words[i] as number);
    const b = words[i + 1] as number;
    const c = words[i + 2] as number;
    const d = words[i + 3] as number;
    crc =
      (T15[a & 0xff] as number) ^
      (T14[(a >>> 8) & 0xff] as number) ^
      (T13[(a >>> 16) & 0xff] as number) ^
      (T12[a >>> 24] as number) ^
      (T11[b & 0xff] as number) ^
      (T10[(b >>> 8) & 0xff] as number) ^
      (T9[(b >>> 16) & 0xff] as number) ^
      (T8[b >>> 24] as number) ^
      (T7[c & 0xff] as number) ^
      (T6[(c >>> 8) & 0xff] as number) ^
      (T5[(c >>> 16) & 0xff] as number) ^
      (T4[c >>> 24] as number) ^
      (T3[d & 0xff] as number) ^
      (T2[(d >>> 8) & 0xff] as number) ^
      (T1[(d >>> 16) & 0xff] as number) ^
      (T0[d >>> 24] as number);
  }
  return crc;
}
