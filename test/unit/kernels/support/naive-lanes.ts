/** Decodes vectors of lanes as docs/format/segment.md says, number by number. */

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function take(cursor: Cursor, size: number): number {
  if (cursor.at + size > cursor.bytes.length) throw new RangeError('end of bytes');
  let value = 0;
  for (let i = 0; i < size; i++) value += cursor.bytes[cursor.at++]! * 2 ** (8 * i);
  return value;
}

function list(cursor: Cursor, count: number, size: number): number[] {
  return Array.from({ length: count }, () => take(cursor, size));
}

/** Numbers in groups of 128; each group over lanes of 8, 16 or 32 bits. */
function packed(cursor: Cursor, count: number, width: number): number[] {
  const groups = Math.ceil(count / 128);
  const laneBits = width <= 8 ? 8 : width <= 16 ? 16 : 32;
  const lanes = 128 / laneBits;
  const numbers: number[] = [];
  for (let group = 0; group < groups; group++) {
    const bytes = list(cursor, 16 * width, 1);
    const bit = (lane: number, index: number): number => {
      const word = Math.floor(index / laneBits);
      const inside = (word * lanes + lane) * laneBits + (index % laneBits);
      return (bytes[inside >> 3]! >> (inside & 7)) & 1;
    };
    for (let i = 0; i < 128; i++) {
      let value = 0;
      const first = Math.floor(i / lanes) * width;
      for (let b = 0; b < width; b++) value += bit(i % lanes, first + b) * 2 ** b;
      numbers.push(value);
    }
  }
  return numbers.slice(0, count);
}

function repeated(value: number, length: number): number[] {
  return Array.from({ length }, () => value);
}

function vector(cursor: Cursor, count: number, size: number, symbols: number[]): number[] {
  const wrap = (value: number): number => {
    const limit = 2 ** (size * 8);
    return ((value % limit) + limit) % limit;
  };
  const scheme = take(cursor, 1);
  if (scheme === 0) return repeated(take(cursor, size), count);
  if (scheme === 1) {
    const runs = take(cursor, 2);
    const values = list(cursor, runs, size);
    const lengths = list(cursor, runs, 2);
    // Damaged lengths add up to many millions: they are not written out before they are known to fit.
    if (lengths.reduce((sum, length) => sum + length, 0) !== count) throw new RangeError('runs');
    return values.flatMap((value, i) => repeated(value, lengths[i]!));
  }
  if (scheme === 2) return list(cursor, count, size);
  if (scheme === 5) {
    const highest = take(cursor, 1);
    const values = list(cursor, highest + 1, size);
    const codes = packed(cursor, count, highest === 0 ? 0 : 32 - Math.clz32(highest));
    if (codes.some((code) => code > highest)) throw new RangeError('code');
    return codes.map((code) => values[code]!);
  }
  if (scheme > 7) throw new RangeError('scheme');
  const areSymbols = scheme >= 6;
  if (areSymbols && symbols.length < count) throw new RangeError('symbols');
  const width = areSymbols ? 0 : take(cursor, 1);
  if (width > size * 8) throw new RangeError('width');
  const exceptions = take(cursor, 2);
  const first = take(cursor, size);
  const areDeltas = scheme === 4 || scheme === 7;
  const step = areDeltas ? take(cursor, size) : 0;
  const positions = list(cursor, exceptions, 2);
  const others = list(cursor, exceptions, size);
  const numbers = areSymbols ? symbols.splice(0, count) : packed(cursor, count, width);
  positions.forEach((position, i) => {
    if (position >= count) throw new RangeError('position');
    numbers[position] = others[i]!;
  });
  if (!areDeltas) return numbers.map((number) => wrap(first + number));
  let lane = first - step;
  return numbers.map((number) => (lane = wrap(lane + step + number)));
}

/** The lanes and how many bytes they took; undefined for damaged bytes. */
export function naiveLanes(
  bytes: Uint8Array,
  rows: number,
  size: number,
  symbols: readonly number[] = [],
): { lanes: number[]; used: number } | undefined {
  const cursor = { bytes, at: 0 };
  const left = [...symbols];
  const lanes: number[] = [];
  try {
    for (let row = 0; row < rows; row += 1024) {
      lanes.push(...vector(cursor, Math.min(1024, rows - row), size, left));
    }
  } catch {
    return undefined;
  }
  return { lanes, used: cursor.at };
}
