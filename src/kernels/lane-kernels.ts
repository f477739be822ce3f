/** Kernels over lanes: columns of unsigned integers of 8, 16 or 32 bits, which stand for doubles. */

/** Writes (base + lane * factor) / divisor for `count` lanes as doubles. */
type Widen = (
  source: number,
  target: number,
  count: number,
  base: number,
  factor: number,
  divisor: number,
) => void;

/** The same for stretches of lanes, each given by its first lane and the one behind its last, u32 both. */
type WidenRanges = (
  source: number,
  borders: number,
  ranges: number,
  target: number,
  base: number,
  factor: number,
  divisor: number,
) => void;

/** Writes lane = (number - base) / factor for `count` whole doubles that fit. */
type Narrow = (source: number, target: number, count: number, base: number, factor: number) => void;

/** Writes the encoded vectors; returns their bytes, at most those of the lanes and one for each vector. */
type EncodeLanes = (source: number, rows: number, target: number, work: number) => number;

/** Decodes exactly `rows` lanes; returns the bytes of [source, end) that were read, -1 for damage. */
type DecodeLanes = (
  source: number,
  end: number,
  target: number,
  rows: number,
  symbols: number,
  symbolsEnd: number,
  work: number,
) => number;

/**
 * Rows with lanes from `low` to `high` as ranges: first rows and the rows behind the last, in turn, u32
 * each, counted from `row`. Returns how many numbers were written, at most count + 1.
 */
type Select = (
  source: number,
  count: number,
  low: number,
  high: number,
  row: number,
  target: number,
) => number;

/** Writes the rows (u32) whose code of 32 bits is this one, or another one; returns how many. Writes up to three more. */
type SelectCodes = (codes: number, count: number, code: number, target: number) => number;

/** Writes the lanes of the `count` rows that `order` lists, 32 bits each. */
type PickLanes = (lanes: number, order: number, count: number, target: number) => void;

/** Smallest and largest (u32 each, at `target`) of at least one lane; uses 32 bytes there. */
type LaneBounds = (lanes: number, count: number, target: number) => void;

/** Bytes of the working memory that encoders and decoders take. */
export const LANE_WORK_BYTES = 16_384;

export interface LaneKernels {
  readonly widenU8: Widen;
  readonly widenU16: Widen;
  readonly widenU32: Widen;
  readonly widenRangesU8: WidenRanges;
  readonly widenRangesU16: WidenRanges;
  readonly widenRangesU32: WidenRanges;
  readonly narrowU8: Narrow;
  readonly narrowU16: Narrow;
  readonly narrowU32: Narrow;
  readonly selectU8: Select;
  readonly selectU16: Select;
  readonly selectU32: Select;
  readonly equalCodes: SelectCodes;
  readonly otherCodes: SelectCodes;
  readonly pickLanesU8: PickLanes;
  readonly pickLanesU16: PickLanes;
  readonly pickLanesU32: PickLanes;
  readonly laneBoundsU8: LaneBounds;
  readonly laneBoundsU16: LaneBounds;
  readonly laneBoundsU32: LaneBounds;
  /** Lanes of `from` bits less `lowest`, in `to` bits modulo their width; in place where these are not more. */
  shiftLanes(
    source: number,
    from: number,
    target: number,
    to: number,
    count: number,
    lowest: number,
  ): void;
  readonly encodeLanesU8: EncodeLanes;
  readonly encodeLanesU16: EncodeLanes;
  readonly encodeLanesU32: EncodeLanes;
  readonly decodeLanesU8: DecodeLanes;
  readonly decodeLanesU16: DecodeLanes;
  readonly decodeLanesU32: DecodeLanes;
  /**
   * Multiplies, rounds, and finds the smallest and largest (two doubles at `bounds`). Returns `count`, or
   * a row shortly before the first whose product is not whole below 2^53 or does not give its value back,
   * bit for bit, when divided. With a power of 1 nothing is written.
   */
  scaleAll(source: number, target: number, count: number, power: number, bounds: number): number;
  /** The same with exceptions, whose positions (u16) are listed; returns how many there are. */
  scaleMost(
    source: number,
    target: number,
    count: number,
    power: number,
    exceptions: number,
    bounds: number,
  ): number;
  /** First position from `start` whose distance from the base is not a multiple; `count` for none. */
  firstNotMultiple(
    source: number,
    start: number,
    count: number,
    base: number,
    factor: number,
  ): number;
  /**
   * value[i] = value[i - 1] + least + lane[i] with lanes of 32 bits, `before` standing before the first;
   * returns the last value.
   */
  addWideDeltas(
    lanes: number,
    target: number,
    count: number,
    before: number,
    least: number,
  ): number;
  /** value[i] = base + high[i] * 2^32 + low[i], lanes of 32 bits. */
  joinParts(low: number, high: number, target: number, count: number, base: number): void;
  /** Smallest and largest of each vector of 1,024; NaN counts as infinity. */
  vectorBounds(source: number, count: number, minimums: number, maximums: number): void;
  /**
   * Makes the decoder's table of 16 KB from entries of symbol u8 and frequency u16; 0 where these do not
   * add up to 4,096.
   */
  symbolTable(entries: number, count: number, table: number): number;
  /** Decodes exactly `count` symbols; returns the bytes of [source, end) that were read, -1 for damage. */
  decodeSymbols(source: number, end: number, target: number, count: number, table: number): number;
  /**
   * Encodes symbols so that the bytes end at `end`; returns where they begin, at most 2 * count + 16 before.
   * The table has for each symbol its frequency and, from bit 16 on, the sum of those before it.
   */
  encodeSymbols(source: number, count: number, end: number, table: number, work: number): number;
  /** What a CRC-32C, not inverted, becomes by so many bytes; `tables` are those of base/crc32c.ts. */
  checksum(tables: number, at: number, length: number, crc: number): number;
  /** Bits, lowest first, to bytes of 0 and 1, and back. */
  expandBits(source: number, target: number, count: number): void;
  collectBits(source: number, target: number, count: number): void;
}
