/** Which requests sketches help with, and what is read of them for these. */
import type { SummaryColumn, SummaryRequest } from '../storage.ts';
import type { Added } from './column-totals.ts';
import type { RowSource, Zones } from './row-source.ts';
import { rowCount, type RowRanges } from './select-rows.ts';
import { isAligned } from './sketch-cuts.ts';
import { HAS, hasStatistics, SKETCH_PART, type SketchPart } from './sketch-parts.ts';
import type { SourceSketch } from './source-sketch.ts';

/** With fewer rows, and less of a source's, it is less work to read them. */
const ROWS_MANY = 65_536;
const SHARE_MIN = 1 / 8;
/** With so few there is nothing to gain. */
const ROWS_MIN = 2048;

/** The sketches of a source, where they help with a request for these rows. */
export function usableSketch(
  source: RowSource,
  { bucket, columns }: SummaryRequest,
  ranges: RowRanges,
): SourceSketch | undefined {
  const { sketch } = source;
  if (sketch === undefined || !isAligned(sketch.width, bucket)) return undefined;
  if (columns.some(({ statistics }) => statistics.has('ends'))) return undefined;
  const rows = rowCount(ranges);
  if (rows < ROWS_MIN || (rows < ROWS_MANY && rows < source.rows * SHARE_MIN)) return undefined;
  const isAny = columns.some((column) => isSketched(source, sketch, column));
  // Without columns it spares reading times.
  return isAny || (columns.length === 0 && bucket !== null) ? sketch : undefined;
}

function isSketched(source: RowSource, sketch: SourceSketch, column: SummaryColumn): boolean {
  const has = sketch.has(column.attnum);
  if (!hasStatistics(has, column.statistics)) return false;
  if ((has & HAS.counts) !== 0 && column.allowsNulls !== true) return false;
  return isWithin(source, column);
}

/** Whether no value is above the column's limit. */
function isWithin(source: RowSource, { attnum, limit = Infinity }: SummaryColumn): boolean {
  return limit === Infinity || largestOf(source, attnum) <= limit;
}

const LARGEST = new WeakMap<Zones, number>();

/** The size of a column's largest value. */
export function largestOf(source: RowSource, attnum: number): number {
  const zones = source.zones(attnum);
  if (zones === undefined) return Infinity;
  let largest = LARGEST.get(zones);
  if (largest === undefined) {
    largest = 0;
    // Vectors of nothing but NULLs have infinities the wrong way round.
    for (const low of zones.minimums) if (low < Infinity) largest = Math.max(largest, -low);
    for (const high of zones.maximums) if (high > -Infinity) largest = Math.max(largest, high);
    LARGEST.set(zones, largest);
  }
  return largest;
}

/** What is kept of a column's intervals, as far as it is asked for. */
export interface ColumnParts extends Added {
  readonly hasNegativeZero: boolean;
}

/** By column; undefined for those whose rows are to be read. */
export type SketchColumns = readonly (ColumnParts | undefined)[];

export async function loadSketch(
  source: RowSource,
  sketch: SourceSketch,
  columns: readonly SummaryColumn[],
): Promise<SketchColumns> {
  return Promise.all(
    columns.map((column) =>
      isSketched(source, sketch, column) ? partsOf(sketch, column) : undefined,
    ),
  );
}

async function partsOf(
  sketch: SourceSketch,
  { attnum, statistics }: SummaryColumn,
): Promise<ColumnParts> {
  const part = (isWanted: boolean, which: SketchPart) =>
    isWanted ? sketch.part(attnum, which) : undefined;
  const hasNulls = (sketch.has(attnum) & HAS.counts) !== 0;
  const extremes = statistics.has('extremes');
  const [sums, minimums, maximums, counts] = await Promise.all([
    part(statistics.has('sum'), SKETCH_PART.sums),
    part(extremes, SKETCH_PART.minimums),
    part(extremes, SKETCH_PART.maximums),
    part(hasNulls, SKETCH_PART.counts),
  ]);
  const hasNegativeZero = (sketch.has(attnum) & HAS.negativeZero) !== 0;
  return { sums, minimums, maximums, counts, hasNegativeZero };
}
